import type { Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import { rewriteBlock } from '../ast/walk.ts';
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts';
import type { EventCalls } from './event-calls.ts';
import type { ExpandedBody } from './probe-family.ts';

/**
 * Puts what `replace` answers in place of each context variable of a body, and collects what it built with `calls`. A
 * variable for which it throws a `DiagnosticError` stays, and is listed with the reason, at its own place unless the
 * reason names one.
 */
export function expandTargets(
  body: Block,
  calls: EventCalls,
  replace: (target: TargetSymbol) => Expression,
): ExpandedBody {
  const unresolvedTargets = new Map<Expression, Diagnostic>();
  const rewritten = rewriteBlock(body, {
    expression: (expression) => {
      if (expression.kind !== 'target') return expression;
      try {
        return replace(expression);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        const { diagnostic } = error;
        unresolvedTargets.set(expression, { ...diagnostic, token: diagnostic.token ?? expression.token });
        return expression;
      }
    },
  });
  const { contextCallees, pointers } = calls;
  return { body: rewritten, contextCallees, pointers, unresolvedTargets };
}
