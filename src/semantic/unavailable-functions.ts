import { visitExpression, visitStatement } from '../ast/walk.ts';
import type { Expression } from '../ast/expression.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { unavailableMessage } from '../tapset/unavailable.ts';
import { bodiesOfProbes, forEachScriptFunction, type Draft } from './draft.ts';
import { semanticError } from './messages.ts';

/**
 * Reports calls of functions that are known but cannot be had. Runs after the optimiser, so that code which is never
 * reached does not count.
 */
export function checkUnavailableFunctions(draft: Draft, sink: DiagnosticSink): void {
  const visitor = {
    expression: (expression: Expression): boolean => {
      if (expression.kind === 'call') {
        for (const { name, body } of draft.symbols.functions(expression.callee)) {
          if (body.kind !== 'unavailable') continue;
          const message = unavailableMessage(name, body.reason);
          sink.report(semanticError('unavailable-function', message, expression.callee.token));
        }
      }
      return true;
    },
  };
  if (!draft.functions.some(({ body }) => body.kind === 'unavailable')) return;
  forEachScriptFunction(draft, (_, body) => visitStatement(body.block, visitor));
  for (const { body } of bodiesOfProbes(draft)) visitStatement(body, visitor);
  for (const { condition } of draft.probes) if (condition) visitExpression(condition, visitor);
}
