import type { ArithmeticOperator } from '../ast/expression.ts';
import type { GeneratedRuntime } from '../runtime/generated-code.ts';
import type { BodyWriter } from './body-writer.ts';

type OperationName = 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'ushr' | 'div' | 'rem';

const OPERATIONS: Readonly<Record<ArithmeticOperator, OperationName & keyof GeneratedRuntime>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'rem',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'shl',
  '>>': 'shr',
  '>>>': 'ushr',
};

/**
 * JavaScript of an arithmetic operation on operands that are evaluated left to right. `at` gives the record of
 * the statement, asked for only if the operation can fail.
 */
export function arithmetic(
  writer: BodyWriter,
  operator: ArithmeticOperator,
  operands: { readonly left: string; readonly right: string; readonly at: () => string },
): string {
  const { left, right, at } = operands;
  const operation = writer.scope.helper(OPERATIONS[operator]);
  if (operator !== '/' && operator !== '%') return `${operation}(${left}, ${right})`;
  const safe = /^-?[1-9]/.test(right);
  return `${operation}(${left}, ${safe ? right : `${writer.scope.helper('nonzero')}(${right}, ${at()})`})`;
}
