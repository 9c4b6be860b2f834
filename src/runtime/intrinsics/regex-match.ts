import type { Int64 } from '../../int64/int64.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';

/** What the last `=~` or `!~` of the running handler matched; stap(1), REGULAR EXPRESSION MATCHING. */
export const regexMatchFunctions = {
  matched: (context: HandlerContext, group: Int64): string => {
    const { lastMatch } = context;
    if (lastMatch === undefined) {
      throw new ScriptError(`Attempted to get subexpression ${group} from failed match`);
    }
    const text = lastMatch[Number(group)];
    if (text === undefined) throw new ScriptError(`Attempted to get nonexistent subexpression ${group}`);
    return text;
  },

  /** Number of groups, the whole match included. */
  ngroups: (context: HandlerContext): Int64 => {
    if (context.lastMatch === undefined) {
      throw new ScriptError('Attempted to get subexpression count from failed match');
    }
    return context.lastMatch.length;
  },
};
