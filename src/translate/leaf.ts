import type { Expression } from '../ast/expression.ts';
import { visitExpression } from '../ast/walk.ts';

/** A literal or a bare name: reading it again gives the same value unless something assigns in between. */
export function isLeaf(expression: Expression): boolean {
  return expression.kind === 'number' || expression.kind === 'string' || expression.kind === 'variable';
}

/** Whether evaluating the expression may change a variable. */
export function mayAssign(expression: Expression): boolean {
  let assigns = false;
  visitExpression(expression, {
    expression: (inner) => {
      if (inner.kind === 'assignment' || inner.kind === 'update' || inner.kind === 'call') assigns = true;
      return !assigns;
    },
  });
  return assigns;
}
