import { type ElfPart, ElfError } from './elf-bytes.ts';
import { type ElfFile, sectionPart } from './elf-file.ts';

/** The function that an address belongs to. */
export interface FunctionAtAddress {
  readonly name: string;
  /** Virtual address of its first instruction. */
  readonly start: number;
  /** Bytes; up to the next function where the file does not tell. */
  readonly size: number;
}

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SYMBOL_SIZE = 24;
const STT_FUNC = 2;
const STB_LOCAL = 0;
/** Addresses below times so many entries are whole numbers in a double. */
const MOST_ENTRIES = 2 ** 21;
const HIGHEST_ADDRESS = 2 ** 32;

/**
 * Functions of a file by address, of `.symtab` or, when the file was stripped, `.dynsym`. Made for programs with
 * hundred thousands of them: names are read when they are found.
 */
export class FunctionTable {
  readonly #symbols: ElfPart;
  readonly #names: ElfPart;
  /** Offsets in the table of symbols, by rising address; starts and sizes in the same order. */
  readonly #entries: Uint32Array;
  readonly #starts: Float64Array;

  /** Undefined for a file without symbols. Throws ElfError. */
  static of(elf: ElfFile): FunctionTable | undefined {
    const table =
      elf.sections.find((section) => section.type === SHT_SYMTAB && section.size > 0) ??
      elf.sections.find((section) => section.type === SHT_DYNSYM);
    if (table === undefined) return undefined;
    const texts = elf.sections[table.link];
    if (texts === undefined) throw new ElfError('damaged', 'its symbols have no names');
    return new FunctionTable(sectionPart(elf.bytes, table), sectionPart(elf.bytes, texts));
  }

  private constructor(symbols: ElfPart, names: ElfPart) {
    this.#symbols = symbols;
    this.#names = names;
    this.#entries = sortedFunctions(symbols);
    this.#starts = Float64Array.from(this.#entries, (entry) => symbols.unsigned64(entry + 8));
  }

  /** The function that holds this virtual address; undefined between functions. Throws ElfError. */
  find(address: number): FunctionAtAddress | undefined {
    const last = lastUpTo(this.#starts, address);
    const start = this.#starts[last];
    if (start === undefined) return undefined;
    const end = this.#starts[last + 1] ?? Infinity;
    let best: { readonly name: string; readonly rank: number } | undefined;
    let size = 0;
    for (let index = last; this.#starts[index] === start; index--) {
      const entry = this.#entries[index] ?? 0;
      size = Math.max(size, this.#symbols.unsigned64(entry + 16));
      const name = this.#names.text(this.#symbols.unsigned32(entry));
      const rank = rankOf(name, this.#symbols.unsigned8(entry + 4) >> 4 === STB_LOCAL);
      if (name !== '' && (best === undefined || rank <= best.rank)) best = { name, rank };
    }
    if (size === 0) size = end === Infinity ? 0 : end - start;
    if (best === undefined || address - start >= Math.max(size, 1)) return undefined;
    return { name: withoutVersion(best.name), start, size };
  }
}

/** Index of the last number of a rising list that is not above `limit`; -1 when all are. */
export function lastUpTo(rising: Float64Array, limit: number): number {
  let low = -1;
  let high = rising.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? Infinity) <= limit) low = middle;
    else high = middle;
  }
  return low;
}

/** Of several names of one function the public and plain one is shown: `read`, not `__GI___libc_read`. */
function rankOf(name: string, isLocal: boolean): number {
  const underscores = /^_*/.exec(name)?.[0].length ?? 0;
  return underscores + (isLocal ? 1000 : 0);
}

/** Entries of the functions that are defined here, by address and then by their place in the table. */
function sortedFunctions(symbols: ElfPart): Uint32Array {
  const count = Math.floor(symbols.size / SYMBOL_SIZE);
  if (count > MOST_ENTRIES) throw new ElfError('damaged', 'it has too many symbols');
  // One double for both orders: sorting numbers without a function that compares is ten times as fast.
  const keys = new Float64Array(count);
  let found = 0;
  for (let index = 0; index < count; index++) {
    const at = index * SYMBOL_SIZE;
    if ((symbols.unsigned8(at + 4) & 15) !== STT_FUNC || symbols.unsigned16(at + 6) === 0) continue;
    const address = symbols.unsigned64(at + 8);
    if (address < HIGHEST_ADDRESS) keys[found++] = address * MOST_ENTRIES + index;
  }
  return Uint32Array.from(keys.subarray(0, found).sort(), (key) => (key % MOST_ENTRIES) * SYMBOL_SIZE);
}

function withoutVersion(name: string): string {
  const at = name.indexOf('@');
  return at > 0 ? name.slice(0, at) : name;
}
