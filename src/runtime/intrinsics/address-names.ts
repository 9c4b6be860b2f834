import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { formatHex } from '../../int64/numeral.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';
import { clipString } from '../script-string.ts';
import { backtraceLine, symbolData, symbolName } from '../symbol-names.ts';
import type { AddressPlace } from '../symbol-names.ts';

type Style = (address: Int64, place: AddressPlace | undefined) => string;

/** What the second argument may be. */
const STYLES: ReadonlyMap<string, Style> = new Map([
  /** The symbol, or the address in hexadecimal. */
  ['name', symbolName],
  /** `vfs_read+0x17/0x30 [kernel]`. */
  ['data', symbolData],
  /** `0xffffffff81234567 : vfs_read+0x17/0x30 [kernel]`: a line of a backtrace that is printed. */
  ['line', (address, place) => backtraceLine(address, place)],
  /** `vfs_read+0x17 [kernel]`, without folders: a line of a backtrace that is a string. */
  ['simple', simpleText],
  /** `vfs_read+0x17`: a line of a brief backtrace. */
  ['brief', briefText],
]);

/** Names of addresses in the kernel and in the process at hand, by the SymbolNames of the session. */
export const addressNameFunctions = {
  /** Text about an address of the kernel; `style` as in STYLES. */
  symbol_text: (context: HandlerContext, address: Int64, style: string): string =>
    styled(context, address, kernelPlace(context, address), style),

  /** Likewise, of the process at hand. */
  user_symbol_text: (context: HandlerContext, address: Int64, style: string): string =>
    styled(context, address, userPlace(context, address), style),

  /** `kernel` or the name of a module. */
  symbol_module: (context: HandlerContext, address: Int64): string => {
    const module = kernelPlace(context, address)?.module;
    if (module === undefined) throw new ScriptError('Cannot determine kernel module name');
    return module;
  },

  /** Address number `index`, from 0 on, of a text of them in hexadecimal; 0 behind the last. */
  stack_address: (_context: HandlerContext, stack: string, index: Int64): Int64 => {
    const word = index < 0 ? undefined : stack.split(' ').filter((text) => text !== '')[Number(index)];
    return word !== undefined && /^(?:0x)?[0-9a-f]{1,16}$/i.test(word)
      ? fromBigInt(BigInt(`0x${word.replace(/^0x/i, '')}`))
      : 0;
  },

  /** Name without its folders of the program or library. */
  user_symbol_module: (context: HandlerContext, address: Int64): string => {
    const module = userPlace(context, address)?.module;
    if (module === undefined) throw new ScriptError('module cannot be found');
    return withoutFolders(module);
  },
};

function kernelPlace(context: HandlerContext, address: Int64): AddressPlace | undefined {
  const { symbols } = context.session;
  const place = symbols?.kernelPlace(address);
  const problem = place === undefined ? symbols?.kernelProblem() : undefined;
  if (problem !== undefined) context.warn(problem);
  return place;
}

function userPlace(context: HandlerContext, address: Int64): AddressPlace | undefined {
  return context.session.symbols?.userPlace(context.process.pid(), address);
}

function styled(
  context: HandlerContext,
  address: Int64,
  place: AddressPlace | undefined,
  style: string,
): string {
  const text = STYLES.get(style);
  if (text === undefined) throw new ScriptError(`no text about addresses is called '${style}'`);
  return clipString(text(address, place), context.session.limits.MAXSTRINGLEN);
}

function simpleText(address: Int64, place: AddressPlace | undefined): string {
  if (place === undefined) return hexadecimal(address);
  return `${briefText(address, place)} [${withoutFolders(place.module)}]`;
}

function briefText(address: Int64, place: AddressPlace | undefined): string {
  return place?.symbol === undefined ? hexadecimal(address) : `${place.symbol}+${hexadecimal(place.offset)}`;
}

function withoutFolders(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function hexadecimal(number: Int64): string {
  return `0x${formatHex(number)}`;
}
