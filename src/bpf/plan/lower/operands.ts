import type { Expression, Wildcard } from '../../../ast/expression.ts';
import type { Token } from '../../../source/token.ts';
import type { KernelValue, LongExpression } from '../../ir.ts';
import { binary, constantValue } from '../fold.ts';
import { refuse } from './cannot-lower.ts';
import { textPart, type HandlerScope } from './handler-scope.ts';

/** Value of an expression of type long. */
export function lowerLong(scope: HandlerScope, expression: Expression): LongExpression {
  const value = scope.value(expression);
  return value.type === 'long' ? value.value : refuse('takes a string for a number');
}

/** Values of several expressions, evaluated in their order. */
export function lowerValues(scope: HandlerScope, expressions: readonly Expression[]): readonly KernelValue[] {
  let values: KernelValue[] = [];
  for (const expression of expressions) {
    const { result, statements } = scope.collect(() => scope.value(expression));
    // What comes later may change what was read before.
    if (statements.length > 0) values = values.map((value) => scope.settled(value));
    scope.append(statements);
    values.push(result);
  }
  return values;
}

/** Keys of an element. */
export function lowerKeys(
  scope: HandlerScope,
  keys: readonly (Expression | Wildcard)[],
): readonly KernelValue[] {
  return lowerValues(
    scope,
    keys.map((key) => (key.kind === 'wildcard' ? refuse('looks for keys by *') : key)),
  );
}

/** left OPERATOR right; what divides by 0 is an error at the token. */
export function arithmetic(
  scope: HandlerScope,
  operator: Parameters<typeof binary>[0],
  left: LongExpression,
  right: LongExpression,
  token: Token,
): LongExpression {
  const value = binary(operator, left, right);
  if (value.kind !== 'binary' || (value.operator !== '/' && value.operator !== '%')) return value;
  const divisor = constantValue(value.right);
  if (divisor !== undefined && divisor !== 0) return value;
  return { ...value, onZero: scope.error(token, [textPart('division by 0')]) };
}
