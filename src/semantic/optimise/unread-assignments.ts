import type { Assignment, Expression } from '../../ast/expression.ts';
import { rewriteBlock, type Rewriter } from '../../ast/walk.ts';
import { forEachScriptFunction } from '../draft.ts';
import type { OptimiseContext } from './optimise-context.ts';
import { programUsage } from './unused-variables.ts';

/** Replaces `x = e` and `x <<< e` by `e` where nothing reads the local x. True when something changed. */
export function dropUnreadAssignments({ draft, warn }: OptimiseContext): boolean {
  const usage = programUsage(draft);
  let changed = false;
  const isUnread = ({ operator, target }: Assignment): boolean => {
    if ((operator !== '=' && operator !== '<<<') || target.kind !== 'variable') return false;
    const variable = draft.symbols.variable(target);
    return variable.scope !== 'global' && !usage.read.has(variable) && !usage.updated.has(variable);
  };
  const rewriter: Rewriter = {
    expression: (expression): Expression => {
      if (expression.kind !== 'assignment' || !isUnread(expression)) return expression;
      const { target, token, value } = expression;
      if (target.kind === 'variable')
        warn('unread-assignment', `Eliding assignment to '${target.name}'`, token);
      changed = true;
      return value;
    },
  };
  for (const probe of draft.probes) probe.body = rewriteBlock(probe.body, rewriter);
  forEachScriptFunction(draft, (symbol, body) => {
    symbol.body = { kind: 'script', block: rewriteBlock(body.block, rewriter) };
  });
  return changed;
}
