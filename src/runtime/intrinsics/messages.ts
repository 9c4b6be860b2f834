import { toUnsignedBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { HandlerAbort, ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Messages and control of the session; stapfuncs(3stap), LOGGING. */
export const messageFunctions = {
  log: (context: HandlerContext, message: string): undefined => {
    context.print(`${message}\n`);
  },

  warn: (context: HandlerContext, message: string): undefined => {
    context.warn(message);
  },

  error: (_context: HandlerContext, message: string): undefined => {
    throw new ScriptError(message);
  },

  assert: (_context: HandlerContext, condition: Int64, message?: string): undefined => {
    if (condition === 0) throw new ScriptError(message ?? 'Assertion failed');
  },

  exit: (context: HandlerContext): undefined => {
    context.requestExit();
  },

  abort: (context: HandlerContext): undefined => {
    context.requestExit();
    throw new HandlerAbort();
  },

  /** Writes the first `count` (at most four) words as eight little-endian bytes each. */
  stp_print_binary: (context: HandlerContext, count: Int64, ...words: Int64[]): undefined => {
    const written = count < 0 ? 0 : count > words.length ? words.length : Number(count);
    context.print(words.slice(0, written).map(wordBytes).join(''));
  },

  system: (context: HandlerContext, command: string): undefined => {
    context.system(command);
  },

  switch_file: (context: HandlerContext): undefined => {
    context.switchFile();
  },
};

function wordBytes(word: Int64): string {
  const bits = toUnsignedBigInt(word);
  const bytes = Array.from({ length: 8 }, (_, index) => Number((bits >> BigInt(8 * index)) & 0xffn));
  return String.fromCharCode(...bytes);
}
