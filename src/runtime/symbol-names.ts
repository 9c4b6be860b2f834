import type { Int64 } from '../int64/int64.ts';
import { formatHex } from '../int64/numeral.ts';

/** What lies at an address. */
export interface AddressPlace {
  /** `kernel`, the name of a module of it, or the path of a program or library; `[vdso]` and the like as /proc has them. */
  readonly module: string;
  /** Name of the function or object; undefined when only the module is known. */
  readonly symbol: string | undefined;
  /** Bytes from the start of the symbol, else of the mapping. */
  readonly offset: Int64;
  /** Bytes of the symbol, 0 when that is not known; else of the mapping. */
  readonly size: Int64;
}

/**
 * Names of addresses: a port, because the run time reads no files. Lookups are cheap after the first, which may read
 * the kernel's or a program's table of symbols (some 10 ms).
 */
export interface SymbolNames {
  /** Undefined outside the kernel and its modules, and where there is a `kernelProblem`. */
  kernelPlace(address: Int64): AddressPlace | undefined;
  /** Why no address of the kernel has a name, a sentence without full stop; undefined when they have. */
  kernelProblem(): string | undefined;
  /** Where `pid` is, or was when it was last seen, at that address. */
  userPlace(pid: number, address: Int64): AddressPlace | undefined;
  /** Remembers what a process has mapped, as it may have ended when its addresses are asked for. Cheap when repeated. */
  rememberProcess(pid: number): void;
}

/** Symbol alone, as symname() and usymname() answer; the address in hexadecimal where there is none. */
export function symbolName(address: Int64, place: AddressPlace | undefined): string {
  return place?.symbol ?? hexadecimal(address);
}

/**
 * Symbol and module, as symdata() and usymdata() answer: `vfs_read+0x17/0x30 [kernel]`, without a symbol
 * `0x4007e4 [/usr/bin/sshd+0x7e4/0x8c000]`, else the address in hexadecimal.
 */
export function symbolData(address: Int64, place: AddressPlace | undefined): string {
  if (place === undefined) return hexadecimal(address);
  const distance = `+0x${formatHex(place.offset)}/0x${formatHex(place.size)}`;
  return place.symbol === undefined
    ? `${hexadecimal(address)} [${place.module}${distance}]`
    : `${place.symbol}${distance} [${place.module}]`;
}

/**
 * A line of a backtrace, without blank in front and newline behind, as print_backtrace() and print_ubacktrace() write
 * it: `0xffffffff81234567 : vfs_read+0x17/0x30 [kernel]`. `isInexact`: the unwinder only guesses that it is a caller.
 */
export function backtraceLine(
  address: Int64,
  place: AddressPlace | undefined,
  isInexact: boolean = false,
): string {
  const data = symbolData(address, place);
  const line = place?.symbol === undefined ? data : `${hexadecimal(address)} : ${data}`;
  return isInexact ? `${line} (inexact)` : line;
}

function hexadecimal(address: Int64): string {
  return `0x${formatHex(address)}`;
}
