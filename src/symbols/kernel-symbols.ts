import { lastUpTo } from '../elf/function-table.ts';
import type { AddressPlace } from '../runtime/symbol-names.ts';

const NEWLINE = 10;
const BLANK = 32;
/** Of a line of /proc/kallsyms: sixteen digits, a blank, a letter, a blank, then the name. */
const NAME_AT = 19;
const ADDRESS_DIGITS = 16;
const PAGE_BYTES = 4096;

/**
 * Symbols of the running kernel and its modules out of the text of /proc/kallsyms. Addresses are signed numbers, as the
 * run time has them; those of the kernel are negative and above -2^53.
 */
export class KernelSymbols {
  readonly #text: Buffer;
  readonly #addresses: Float64Array;
  /** Where the name of the symbol begins in the text, in the same order. */
  readonly #names: Uint32Array;

  constructor(text: Buffer) {
    this.#text = text;
    const { addresses, names } = readSymbols(text);
    this.#addresses = addresses;
    this.#names = names;
  }

  /** False when the kernel shows no addresses to this user: there is nothing to find. */
  get hasAddresses(): boolean {
    return this.#addresses.length > 0;
  }

  /** The symbol that an address belongs to: the first of those that begin at or next before it. */
  find(address: number): AddressPlace | undefined {
    const last = lastUpTo(this.#addresses, address);
    const start = this.#addresses[last];
    if (start === undefined) return undefined;
    let first = last;
    while (this.#addresses[first - 1] === start) first--;
    const { name: symbol, module } = this.#nameAt(first);
    const size = this.#sizeOf(last, start, module);
    const offset = address - start;
    return offset < size ? { module, symbol, offset, size } : undefined;
  }

  /** Up to the next symbol; what lies behind the last one of a module, or of the kernel, belongs to nobody. */
  #sizeOf(index: number, start: number, module: string): number {
    const next = this.#addresses[index + 1];
    const pageEnd = Math.floor(start / PAGE_BYTES + 1) * PAGE_BYTES;
    if (next === undefined) return pageEnd - start;
    return this.#nameAt(index + 1).module === module ? next - start : Math.min(next, pageEnd) - start;
  }

  #nameAt(index: number): { readonly name: string; readonly module: string } {
    const start = this.#names[index] ?? 0;
    const lineEnd = this.#text.indexOf(NEWLINE, start);
    const line = this.#text.toString('latin1', start, lineEnd < 0 ? this.#text.length : lineEnd);
    const tab = line.indexOf('\t');
    // `name\t[module]`
    return tab < 0
      ? { name: line, module: 'kernel' }
      : { name: line.slice(0, tab), module: line.slice(tab + 2, -1) };
  }
}

interface SortedSymbols {
  readonly addresses: Float64Array;
  readonly names: Uint32Array;
}

function readSymbols(text: Buffer): SortedSymbols {
  const most = Math.floor(text.length / (NAME_AT + 2)) + 1;
  const addresses = new Float64Array(most);
  const names = new Uint32Array(most);
  let count = 0;
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(NEWLINE, at);
    const address = addressAt(text, at);
    // Per-processor symbols have small addresses, hidden ones zero: neither are places in the kernel.
    if (address < 0 && text[at + ADDRESS_DIGITS] === BLANK) {
      addresses[count] = address;
      names[count++] = at + NAME_AT;
    }
    if (end < 0) break;
    at = end + 1;
  }
  return sorted(addresses.subarray(0, count), names.subarray(0, count));
}

/** The upper half may be exact or not: what is not below 2^53 is no address of the kernel. */
function addressAt(text: Buffer, at: number): number {
  let high = 0;
  let low = 0;
  for (let index = 0; index < 8; index++) {
    high = (high << 4) | digit(text[at + index]);
    low = (low << 4) | digit(text[at + 8 + index]);
  }
  return high * 2 ** 32 + (low >>> 0);
}

function digit(character: number = 0): number {
  return character < 0x40 ? character & 15 : (character & 15) + 9;
}

/** The kernel lists its own symbols in order, and behind them those of modules as they come. */
function sorted(addresses: Float64Array, names: Uint32Array): SortedSymbols {
  let ordered = 1;
  while (ordered < addresses.length && (addresses[ordered - 1] ?? 0) <= (addresses[ordered] ?? 0)) ordered++;
  if (ordered >= addresses.length) return { addresses, names };
  const order = Uint32Array.from(addresses, (_, index) => index);
  order.sort((one, other) => (addresses[one] ?? 0) - (addresses[other] ?? 0) || one - other);
  return {
    addresses: Float64Array.from(order, (index) => addresses[index] ?? 0),
    names: Uint32Array.from(order, (index) => names[index] ?? 0),
  };
}
