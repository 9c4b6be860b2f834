import type { Int64 } from '../../int64/int64.ts';
import { formatHex } from '../../int64/numeral.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext, Intrinsic } from '../handler-context.ts';

/** What reads of memory complain about, by the end of the function's name. */
const FAULTS: Readonly<Record<string, (hex: string) => string>> = {
  kernel_string: (hex) => `kernel string copy fault at 0x${hex} [man error::fault]`,
  kernel_char: (hex) => `kernel char copy fault at 0x${hex} [man error::fault]`,
  kernel_short: (hex) => `kernel short copy fault at 0x${hex} [man error::fault]`,
  kernel_int: (hex) => `kernel int copy fault at 0x${hex} [man error::fault]`,
  kernel_long: (hex) => `kernel long copy fault at 0x${hex} [man error::fault]`,
  kernel_pointer: (hex) => `kernel pointer copy fault at 0x${hex} [man error::fault]`,
  user_string: (hex) => `user string copy fault -14 at 0x${hex} [man error::fault]`,
  user_char: (hex) => `user char copy fault at 0x${hex} [man error::fault]`,
  user_short: (hex) => `user short copy fault 0x${hex} [man error::fault]`,
  user_ushort: (hex) => `user unsigned short copy fault 0x${hex} [man error::fault]`,
  user_int: (hex) => `user int copy fault 0x${hex} [man error::fault]`,
  user_long: (hex) => `user long copy fault 0x${hex} [man error::fault]`,
  user_ulong: (hex) => `user unsigned long copy fault 0x${hex} [man error::fault]`,
  memory: (hex) => `read fault [man error::fault] at 0x${hex}`,
};

function raising(text: (hex: string) => string): Intrinsic {
  return (_context: HandlerContext, address: Int64): string => {
    throw new ScriptError(text(formatHex(address)));
  };
}

function warning(text: (hex: string) => string): Intrinsic {
  return (context: HandlerContext, address: Int64): Int64 => {
    context.warn(text(formatHex(address)));
    return 0;
  };
}

/**
 * Reads of kernel or user memory where none can be read: `fault_NAME` raises the error that a bad address gives,
 * `warn_NAME` warns and answers 0.
 */
export const memoryFunctions: Readonly<Record<string, Intrinsic>> = Object.fromEntries(
  Object.entries(FAULTS).flatMap(([name, text]) => [
    [`fault_${name}`, raising(text)],
    [`warn_${name}`, warning(text)],
  ]),
);
