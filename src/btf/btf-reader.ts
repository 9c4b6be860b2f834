import { BtfError } from './btf-error.ts';
import { BTF_KIND, EXTRA_WORDS } from './btf-kind.ts';
import type { BtfKind } from './btf-kind.ts';
import { TYPE_WORDS } from './btf-sections.ts';
import type { BtfStore } from './btf-store.ts';
import { isPrefixAt, isTextAt } from './section-text.ts';
import { WholeBtf } from './whole-btf.ts';

const LONGEST_NAME = 4096;
/** Most names are shorter; of a longer one more is asked for. */
const USUAL_NAME = 64;

/**
 * BTF in the byte order of this machine (linux/btf.h), read where it lies. Every access is checked; what is wrong throws
 * a `BtfError`.
 */
export class BtfReader {
  /** One more than the highest id; 0 is `void`. */
  readonly typeCount: number;
  readonly #store: BtfStore;

  /** Bytes must not change; they are kept, not copied, when they lie on a multiple of four. */
  constructor(source: Uint8Array | BtfStore) {
    this.#store = source instanceof Uint8Array ? new WholeBtf(source) : source;
    this.typeCount = this.#store.typeCount;
  }

  kind(id: number): BtfKind {
    return id === 0 ? BTF_KIND.void : kindOf(this.#word(id, 1));
  }

  /** Name of a type; empty for an anonymous one. */
  name(id: number): string {
    return id === 0 ? 'void' : this.text(this.#word(id, 0));
  }

  /** Number of members, enumerators or parameters. */
  partCount(id: number): number {
    return this.#word(id, 1) & 0xffff;
  }

  /** `kind_flag`: bit fields in a struct, signed values in an enum, `union` in a forward declaration. */
  flag(id: number): boolean {
    return this.#word(id, 1) >>> 31 === 1;
  }

  /** The size in bytes, or the type referred to, as the kind has it. */
  sizeOrType(id: number): number {
    return this.#word(id, 2);
  }

  /** A word of what follows the three words of every type. */
  extra(id: number, index: number): number {
    const { fixed, each } = EXTRA_WORDS[this.kind(id)] ?? { fixed: 0, each: 0 };
    if (index < 0 || index >= fixed + each * this.partCount(id))
      throw new BtfError(`type ${id} has no word ${index}`);
    return this.#word(id, TYPE_WORDS + index);
  }

  /** A string of the string section as a byte string. */
  text(offset: number): string {
    for (let most = USUAL_NAME; ; most = LONGEST_NAME) {
      const strings = this.#store.strings(offset, offset + most);
      if (offset >= strings.length) throw new BtfError(`there is no string at ${offset}`);
      // The section ends with a zero byte: the search always finds one, there or behind what is known so far.
      const end = strings.indexOf(0, offset);
      if (end - offset < most) return byteText(strings.subarray(offset, end));
      if (most === LONGEST_NAME) throw new BtfError(`the name at ${offset} is too long`);
    }
  }

  /** Whether the string at an offset is exactly `name`, without making it. */
  hasText(offset: number, name: string): boolean {
    return isTextAt(this.#store.strings(offset, offset + name.length + 1), offset, name);
  }

  /** The first type of this kind and name. */
  find(kind: BtfKind, name: string): number | undefined {
    return this.#store.find(kind, name);
  }

  /** Ids of all types of a kind whose names begin so, rising. */
  startingWith(kind: BtfKind, prefix: string): readonly number[] {
    return this.ids(kind).filter((id) => {
      const name = this.#word(id, 0);
      return isPrefixAt(this.#store.strings(name, name + prefix.length), name, prefix);
    });
  }

  /** Ids of all types of a kind, rising. */
  ids(kind: BtfKind): readonly number[] {
    return this.#store.ids(kind);
  }

  #word(id: number, index: number): number {
    const word = this.#store.word(id, index);
    if (word === undefined) throw new BtfError(`there is no type ${id}`);
    return word;
  }
}

function kindOf(info: number): BtfKind {
  return ((info >>> 24) & 0x1f) as BtfKind;
}

function byteText(bytes: ArrayLike<number>): string {
  // Spreading them would take five times as long.
  return String.fromCharCode.apply(undefined, bytes as number[]);
}
