import { BtfError } from './btf-error.ts';
import { BTF_KIND } from './btf-kind.ts';
import type { BtfKind } from './btf-kind.ts';
import type { WholeBtf } from './whole-btf.ts';

/*
 * What is found by going over all of BTF, written down so that it need not be done again. In words of four bytes: those
 * of INDEX_HEADER; for each kind of INDEXED_KINDS the place and the length of its table of names; where each type
 * begins, by id; the tables; a text of the one who made the index, a byte a character.
 */
const INDEX_HEADER = {
  magic: 0,
  format: 1,
  btfBytes: 2,
  typeCount: 3,
  textAt: 4,
  textBytes: 5,
  checksum: 6,
} as const;
const HEADER_WORDS = 7;
const MAGIC = 0x69465442;
const FORMAT = 2;
const WORD_BYTES = 4;
const SAMPLE_WORDS = 64;
const CHECKSUM_FACTOR = 0x5bd1e995;

/** Kinds whose types are looked for by name. */
const INDEXED_KINDS: readonly BtfKind[] = [
  BTF_KIND.integer,
  BTF_KIND.struct,
  BTF_KIND.union,
  BTF_KIND.enum,
  BTF_KIND.typedef,
  BTF_KIND.function,
  BTF_KIND.float,
  BTF_KIND.enum64,
];

/** The index of `btf`, which has `btfBytes` bytes; `text` can be read from it again. */
export function makeBtfIndex(btf: WholeBtf, btfBytes: number, text: string): Uint8Array {
  const tables = INDEXED_KINDS.map((kind) => btf.nameTable(kind));
  const startsAt = HEADER_WORDS + 2 * INDEXED_KINDS.length;
  let at = startsAt + btf.typeCount;
  const places = tables.flatMap(({ length }) => {
    const place = [at, length];
    at += length;
    return place;
  });
  const bytes = new Uint8Array(at * WORD_BYTES + text.length);
  const words = new Uint32Array(bytes.buffer, 0, at);
  words.set([MAGIC, FORMAT, btfBytes, btf.typeCount, at * WORD_BYTES, text.length, 0, ...places]);
  words.set(btf.starts, startsAt);
  for (const [index, table] of tables.entries()) words.set(table, places[2 * index]);
  for (let index = 0; index < text.length; index++) bytes[at * WORD_BYTES + index] = text.charCodeAt(index);
  words[INDEX_HEADER.checksum] = checksum(bytes);
  return bytes;
}

/**
 * Of the length and a sample, two words of a disk's smallest block and all behind the last word: enough to notice a part that
 * never reached the disk. Going over everything would take as long as reading the types without an index.
 */
function checksum(bytes: Uint8Array): number {
  const words = wordsOf(bytes);
  let sum = bytes.length;
  for (let at = HEADER_WORDS; at < words.length; at += SAMPLE_WORDS) sum = mixed(sum, words[at] ?? 0);
  for (let at = words.length * WORD_BYTES; at < bytes.length; at++) sum = mixed(sum, bytes[at] ?? 0);
  return sum >>> 0;
}

/** The whole words among bytes that begin at the boundary of one. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / WORD_BYTES));
}

function mixed(sum: number, word: number): number {
  const product = Math.imul(sum ^ word, CHECKSUM_FACTOR);
  return product ^ (product >>> 15);
}

/** An index as it was written. */
export class BtfIndex {
  readonly typeCount: number;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;

  /** Throws BtfError when it is damaged or of other BTF than one of `btfBytes` bytes. */
  constructor(bytes: Uint8Array, btfBytes: number) {
    this.#bytes = bytes.byteOffset % WORD_BYTES === 0 ? bytes : bytes.slice();
    this.#words = wordsOf(this.#bytes);
    this.typeCount = this.word(INDEX_HEADER.typeCount);
    const isWhole = this.word(INDEX_HEADER.textAt) + this.word(INDEX_HEADER.textBytes) === bytes.length;
    if (this.word(INDEX_HEADER.magic) !== MAGIC || this.word(INDEX_HEADER.format) !== FORMAT || !isWhole)
      throw new BtfError('its index is damaged');
    if (this.word(INDEX_HEADER.checksum) !== checksum(this.#bytes) || !INDEXED_KINDS.every(this.#isSound))
      throw new BtfError('its index is damaged');
    if (this.word(INDEX_HEADER.btfBytes) !== btfBytes) throw new BtfError('its index is of another one');
  }

  /** Whether a table of names is within the index, and of a size that tables have. */
  readonly #isSound = (kind: BtfKind): boolean => {
    const { at, length } = this.table(kind) ?? { at: 0, length: 0 };
    return (length & (length - 1)) === 0 && at + length <= this.#words.length;
  };

  /** A word of the index, 0 behind its end. */
  word(at: number): number {
    return this.#words[at] ?? 0;
  }

  /** Word in the types where this one begins. */
  start(id: number): number | undefined {
    if (!(id > 0 && id < this.typeCount)) return undefined;
    return this.word(HEADER_WORDS + 2 * INDEXED_KINDS.length + id);
  }

  /** The table of names of a kind; undefined when there is none. */
  table(kind: BtfKind): { readonly at: number; readonly length: number } | undefined {
    const index = INDEXED_KINDS.indexOf(kind);
    if (index < 0) return undefined;
    return { at: this.word(HEADER_WORDS + 2 * index), length: this.word(HEADER_WORDS + 2 * index + 1) };
  }

  /** What its maker gave it. */
  text(): string {
    const at = this.word(INDEX_HEADER.textAt);
    return new TextDecoder('latin1').decode(this.#bytes.subarray(at));
  }
}
