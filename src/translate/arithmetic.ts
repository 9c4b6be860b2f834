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

/** Largest integer that a JavaScript number holds safely. */
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const VARIABLE = /^[A-Za-z_$][\w$]*$/;
const SMALL_LITERAL = /^-?[0-9]{1,9}$/;

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
  if (operator === '+' || operator === '-') return sum(writer, operator, left, right);
  if (operator !== '/' && operator !== '%') return `${operation}(${left}, ${right})`;
  const safe = /^-?[1-9]/.test(right);
  return `${operation}(${left}, ${safe ? right : `${writer.scope.helper('nonzero')}(${right}, ${at()})`})`;
}

/**
 * A sum or difference. Of plain names and small literals it is written out for safe integers, which halves the
 * time of counting loops: the engine then learns the kinds of number for each place by itself.
 */
export function sum(writer: BodyWriter, operator: '+' | '-', left: string, right: string): string {
  const slow = `${writer.scope.helper(OPERATIONS[operator])}(${left}, ${right})`;
  if (!VARIABLE.test(left)) return slow;
  if (SMALL_LITERAL.test(right)) {
    const change = operator === '+' ? Number(right) : -Number(right);
    const safe = change >= 0 ? `${left} <= ${MAX_SAFE - change}` : `${left} >= ${-MAX_SAFE - change}`;
    return `(typeof ${left} === 'number' && ${safe} ? ${left} ${operator} ${right} : ${slow})`;
  }
  if (!VARIABLE.test(right)) return slow;
  const result = writer.temporary();
  const numbers = `typeof ${left} === 'number' && typeof ${right} === 'number'`;
  const compute = `(${result} = ${left} ${operator} ${right})`;
  return `(${numbers} && ${compute} <= ${MAX_SAFE} && ${result} >= ${-MAX_SAFE} ? ${result} : ${slow})`;
}
