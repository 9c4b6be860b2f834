import { BtfError } from './btf-error.ts';
import { BTF_KIND, EXTRA_WORDS } from './btf-kind.ts';
import type { BtfKind } from './btf-kind.ts';
import { isPrefixAt, isTextAt, NameIndex } from './name-index.ts';

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
/** Of `name_off`, `info` and `size`/`type`. */
const TYPE_WORDS = 3;
const LONGEST_NAME = 4096;
/** So many names of a kind are looked for one by one; then all of them are put into an index. */
const SEARCHES_BEFORE_INDEX = 3;

/**
 * BTF in the byte order of this machine (linux/btf.h), read where it lies: making one only finds where each type
 * begins. Every access is checked; what is wrong throws a `BtfError`.
 */
export class BtfReader {
  /** One more than the highest id; 0 is `void`. */
  readonly typeCount: number;
  readonly #words: Uint32Array;
  /** Word where each type begins, by id. */
  readonly #starts: Uint32Array;
  readonly #strings: Uint8Array;
  readonly #indexes = new Map<BtfKind, NameIndex>();
  readonly #searches = new Map<BtfKind, number>();

  /** `bytes` are kept, not copied, when they lie on a multiple of four; they must not change. */
  constructor(bytes: Uint8Array) {
    const sections = splitSections(bytes);
    this.#words = sections.types;
    this.#strings = sections.strings;
    this.#starts = findStarts(this.#words);
    this.typeCount = this.#starts.length;
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
    const strings = this.#strings;
    if (offset >= strings.length) throw new BtfError(`there is no string at ${offset}`);
    // The section ends with a zero byte: the search always finds one.
    const end = strings.indexOf(0, offset);
    if (end - offset > LONGEST_NAME) throw new BtfError(`the name at ${offset} is too long`);
    const bytes: ArrayLike<number> = strings.subarray(offset, end);
    // Spreading them would take five times as long.
    return String.fromCharCode.apply(undefined, bytes as number[]);
  }

  /** Whether the string at an offset is exactly `name`, without making it. */
  hasText(offset: number, name: string): boolean {
    return isTextAt(this.#strings, offset, name);
  }

  /** The first type of this kind and name. */
  find(kind: BtfKind, name: string): number | undefined {
    const index = this.#indexes.get(kind);
    if (index !== undefined) return index.find(name);
    const searches = (this.#searches.get(kind) ?? 0) + 1;
    this.#searches.set(kind, searches);
    if (searches > SEARCHES_BEFORE_INDEX) return this.#makeIndex(kind).find(name);
    for (let id = this.#next(kind, 0); id !== 0; id = this.#next(kind, id))
      if (isTextAt(this.#strings, this.#word(id, 0), name)) return id;
    return undefined;
  }

  /** Ids of all types of a kind whose names begin so, rising. */
  startingWith(kind: BtfKind, prefix: string): readonly number[] {
    return this.ids(kind).filter((id) => isPrefixAt(this.#strings, this.#word(id, 0), prefix));
  }

  /** Ids of all types of a kind, rising. */
  ids(kind: BtfKind): readonly number[] {
    const ids: number[] = [];
    for (let id = this.#next(kind, 0); id !== 0; id = this.#next(kind, id)) ids.push(id);
    return ids;
  }

  #makeIndex(kind: BtfKind): NameIndex {
    const ids = this.ids(kind);
    const index = new NameIndex(this.#strings, ids.length);
    for (const id of ids) index.add(id, this.#word(id, 0));
    this.#indexes.set(kind, index);
    return index;
  }

  /** The next id of this kind, 0 behind the last. A loop of its own, because it goes over all types again and again. */
  #next(kind: BtfKind, after: number): number {
    const words = this.#words;
    const starts = this.#starts;
    const count = this.typeCount;
    for (let id = after + 1; id < count; id++) {
      const info = words[(starts[id] ?? 0) + 1] ?? 0;
      if (((info >>> 24) & 0x1f) === kind) return id;
    }
    return 0;
  }

  #word(id: number, index: number): number {
    const start = id === 0 ? undefined : this.#starts[id];
    const word = start === undefined ? undefined : this.#words[start + index];
    if (word === undefined) throw new BtfError(`there is no type ${id}`);
    return word;
  }
}

/** Only for info words that `findStarts` has seen. */
function kindOf(info: number): BtfKind {
  return ((info >>> 24) & 0x1f) as BtfKind;
}

function splitSections(bytes: Uint8Array): { types: Uint32Array; strings: Uint8Array } {
  if (bytes.length < HEADER_BYTES) throw new BtfError('it is too short for a header');
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const header = new Uint32Array(aligned.buffer, aligned.byteOffset, HEADER_BYTES / 4);
  const [magic = 0, headerLength = 0, typeOffset = 0, typeLength = 0, stringOffset = 0, stringLength = 0] =
    header;
  // Version 1 and no flags are all that exist; the four bytes read as one word depend on the byte order.
  if (new Uint16Array(aligned.buffer, aligned.byteOffset, 1)[0] !== MAGIC || aligned[2] !== 1)
    throw new BtfError(`it begins with 0x${magic.toString(16)}, which is not BTF of this machine`);
  const typesAt = headerLength + typeOffset;
  const stringsAt = headerLength + stringOffset;
  if (headerLength < HEADER_BYTES || typesAt % 4 !== 0 || typeLength % 4 !== 0)
    throw new BtfError('its header is damaged');
  if (typesAt + typeLength > bytes.length || stringsAt + stringLength > bytes.length)
    throw new BtfError('it is shorter than its header says');
  // Not a part of a Buffer, which is several times as slow in everything.
  const strings = new Uint8Array(aligned.buffer, aligned.byteOffset + stringsAt, stringLength);
  if (strings[0] !== 0 || strings[strings.length - 1] !== 0)
    throw new BtfError('its strings do not begin and end with a zero byte');
  return { types: new Uint32Array(aligned.buffer, aligned.byteOffset + typesAt, typeLength / 4), strings };
}

function findStarts(words: Uint32Array): Uint32Array {
  const fixed = Uint32Array.from(EXTRA_WORDS, (extra) => extra.fixed);
  const each = Uint32Array.from(EXTRA_WORDS, (extra) => extra.each);
  const starts = new Uint32Array(Math.floor(words.length / TYPE_WORDS) + 1);
  let count = 1;
  let at = 0;
  while (at < words.length) {
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x1f;
    if (kind === 0 || kind >= fixed.length) throw new BtfError(`type ${count} is of unknown kind ${kind}`);
    starts[count++] = at;
    at += TYPE_WORDS + (fixed[kind] ?? 0) + (each[kind] ?? 0) * (info & 0xffff);
  }
  if (at !== words.length) throw new BtfError(`type ${count - 1} is cut off`);
  return starts.slice(0, count);
}
