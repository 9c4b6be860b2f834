import { add, div, mul, neg, rem, sub } from '../../int64/arithmetic.ts';
import { and, not, or, shl, shr, ushr, xor } from '../../int64/bits.ts';
import type { Int64 } from '../../int64/int64.ts';
import type { LongExpression, StringExpression } from '../ir.ts';

/*
 * Makes expressions for the kernel, simplified. What cannot be evaluated without an error keeps its place: an
 * expression that fails never becomes one that does not.
 */

type BinaryOperator = Extract<LongExpression, { kind: 'binary' }>['operator'];
type ComparisonOperator = Extract<LongExpression, { kind: 'compare-strings' }>['operator'];

const OPERATIONS: Readonly<Record<BinaryOperator, (left: Int64, right: Int64) => Int64>> = {
  '+': add,
  '-': sub,
  '*': mul,
  '/': div,
  '%': rem,
  '&': and,
  '|': or,
  '^': xor,
  '<<': shl,
  '>>': shr,
  '>>>': ushr,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<': (left, right) => Number(left < right),
  '<=': (left, right) => Number(left <= right),
  '>': (left, right) => Number(left > right),
  '>=': (left, right) => Number(left >= right),
};

const OPPOSITE: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

/** A constant. */
export function constant(value: Int64): LongExpression {
  return { kind: 'constant', value };
}

/** Value of a constant expression; undefined for any other. */
export function constantValue(expression: LongExpression): Int64 | undefined {
  return expression.kind === 'constant' ? expression.value : undefined;
}

/** left OPERATOR right; a division by a constant 0 stays as it is. */
export function binary(
  operator: BinaryOperator,
  left: LongExpression,
  right: LongExpression,
): LongExpression {
  const divides = operator === '/' || operator === '%';
  if (right.kind === 'constant') {
    const { value } = right;
    if (left.kind === 'constant' && !(divides && value === 0))
      return constant(OPERATIONS[operator](left.value, value));
    if (value === 0 && (operator === '+' || operator === '-')) return left;
    if (value === 1 && operator === '*') return left;
    if (operator === '-') return binary('+', left, constant(neg(value)));
    const isSumAgain = operator === '+' && left.kind === 'binary' && left.operator === '+';
    if (isSumAgain && left.right.kind === 'constant')
      return binary('+', left.left, constant(add(left.right.value, value)));
  }
  if (left.kind === 'constant' && right.kind !== 'constant' && (operator === '+' || operator === '*'))
    return binary(operator, right, left);
  return { kind: 'binary', operator, left, right };
}

/** -operand or ~operand. */
export function unary(operator: '-' | '~', operand: LongExpression): LongExpression {
  if (operand.kind === 'constant')
    return constant(operator === '-' ? neg(operand.value) : not(operand.value));
  return { kind: 'unary', operator, operand };
}

/** !operand: 0 or 1. */
export function negation(operand: LongExpression): LongExpression {
  if (operand.kind === 'constant') return constant(Number(operand.value === 0));
  if (operand.kind === 'unary' && operand.operator === '!') return truth(operand.operand);
  if (operand.kind === 'compare-strings') return { ...operand, operator: OPPOSITE[operand.operator] };
  if (operand.kind === 'binary' && isComparison(operand.operator))
    return { ...operand, operator: OPPOSITE[operand.operator] };
  return { kind: 'unary', operator: '!', operand };
}

/** 1 when the operand is not 0, else 0. */
export function truth(operand: LongExpression): LongExpression {
  return isBoolean(operand) ? operand : binary('!=', operand, constant(0));
}

/** Both or either, 0 or 1; the right side counts only where the left one leaves it open. */
export function logical(operator: '&&' | '||', left: LongExpression, right: LongExpression): LongExpression {
  const decides = (value: Int64): boolean => (value !== 0) === (operator === '||');
  if (left.kind === 'constant')
    return decides(left.value) ? constant(Number(operator === '||')) : truth(right);
  if (right.kind === 'constant') {
    if (!decides(right.value)) return truth(left);
    if (!canFail(left)) return constant(Number(operator === '||'));
  }
  return { kind: 'logical', operator, left, right };
}

/** One of two values. */
export function conditional(
  condition: LongExpression,
  consequent: LongExpression,
  alternate: LongExpression,
): LongExpression {
  if (condition.kind === 'constant') return condition.value === 0 ? alternate : consequent;
  if (!canFail(condition) && structureKey(consequent) === structureKey(alternate)) return consequent;
  return { kind: 'conditional', condition, consequent, alternate };
}

/** One of two texts. */
export function stringConditional(
  condition: LongExpression,
  consequent: StringExpression,
  alternate: StringExpression,
): StringExpression {
  if (condition.kind === 'constant') return condition.value === 0 ? alternate : consequent;
  if (!canFail(condition) && structureKey(consequent) === structureKey(alternate)) return consequent;
  return { kind: 'string-conditional', condition, consequent, alternate };
}

/** Comparison of texts, byte by byte. */
export function compareStrings(
  operator: ComparisonOperator,
  left: StringExpression,
  right: StringExpression,
): LongExpression {
  if (left.kind !== 'literal' || right.kind !== 'literal')
    return { kind: 'compare-strings', operator, left, right };
  const order = left.text < right.text ? -1 : left.text > right.text ? 1 : 0;
  return constant(OPERATIONS[operator](order, 0));
}

function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return operator in OPPOSITE;
}

function isBoolean(expression: LongExpression): boolean {
  switch (expression.kind) {
    case 'constant':
      return expression.value === 0 || expression.value === 1;
    case 'binary':
      return isComparison(expression.operator);
    case 'unary':
      return expression.operator === '!';
    case 'logical':
    case 'compare-strings':
      return true;
    default:
      return false;
  }
}

/** Whether the evaluation may end in an error: it reads memory, or divides by what may be 0. */
export function canFail(expression: LongExpression | StringExpression): boolean {
  if (expression.kind === 'read' || expression.kind === 'read-string') return true;
  if (expression.kind === 'binary' && (expression.operator === '/' || expression.operator === '%')) {
    const divisor = constantValue(expression.right);
    if (divisor === undefined || divisor === 0) return true;
  }
  return operands(expression).some(canFail);
}

/** Number of nodes. */
export function nodeCount(expression: LongExpression | StringExpression): number {
  return operands(expression).reduce((total, operand) => total + nodeCount(operand), 1);
}

function operands(
  expression: LongExpression | StringExpression,
): readonly (LongExpression | StringExpression)[] {
  switch (expression.kind) {
    case 'read':
    case 'read-string':
      return [expression.address];
    case 'unary':
    case 'string-length':
      return [expression.operand];
    case 'binary':
    case 'logical':
    case 'compare-strings':
      return [expression.left, expression.right];
    case 'conditional':
    case 'string-conditional':
      return [expression.condition, expression.consequent, expression.alternate];
    case 'element':
    case 'contains':
    case 'string-element':
      return expression.keys.map(({ value }) => value);
    default:
      return [];
  }
}

/** A text that is the same for expressions of the same structure, and only for these. */
export function structureKey(expression: LongExpression | StringExpression): string {
  return valueKey(expression);
}

/** The same for any plain data. */
export function valueKey(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(valueKey).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([name, entry]) => `${name}:${valueKey(entry)}`).join(',')}}`;
}
