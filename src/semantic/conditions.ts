import type { Expression } from '../ast/expression.ts';
import { visitExpression } from '../ast/walk.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { semanticError } from './messages.ts';
import type { DerivedProbe } from './program.ts';

/** Reports what a probe's `if (…)` must not do besides what name resolution refuses: change variables. */
export function checkCondition(probe: DerivedProbe, sink: DiagnosticSink): void {
  if (probe.condition === undefined) return;
  visitExpression(probe.condition, {
    expression: (expression) => {
      if (modifies(expression)) {
        const message = 'probe condition must not modify any variables';
        sink.report(semanticError('condition-modifies', message, expression.token));
      }
      return true;
    },
  });
}

function modifies(expression: Expression): boolean {
  return expression.kind === 'update' || expression.kind === 'assignment';
}
