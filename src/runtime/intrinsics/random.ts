import type { Int64 } from '../../int64/int64.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';

const RANGE_MAX = 1048576;

/** Random numbers; stapfuncs(3stap), RANDOM. */
export const randomFunctions = {
  /** Uniform in 0 … range - 1; 0 for an empty range. */
  randint: (_context: HandlerContext, range: Int64): Int64 => {
    if (range > RANGE_MAX) throw new ScriptError('range too wide');
    return range <= 0 ? 0 : Math.floor(Math.random() * Number(range));
  },
};
