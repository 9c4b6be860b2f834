import type { Comparison, Expression, Index, Logical, Membership } from '../../../ast/expression.ts';
import { typeOf } from '../../../semantic/expression-type.ts';
import type { KernelStatement, KernelValue, LongExpression } from '../../ir.ts';
import {
  binary,
  compareStrings,
  conditional,
  constant,
  constantValue,
  logical,
  negation,
  stringConditional,
  truth,
  unary,
} from '../fold.ts';
import { assignmentValue, updateValue } from './assignments.ts';
import { callValue } from './calls.ts';
import { refuse } from './cannot-lower.ts';
import type { HandlerScope } from './handler-scope.ts';
import { arithmetic, lowerKeys, lowerLong, lowerValues } from './operands.ts';
import { printStatement } from './prints.ts';

/** Value of an expression; what it does besides is emitted first. */
export function lowerValue(scope: HandlerScope, expression: Expression): KernelValue {
  switch (expression.kind) {
    case 'string':
      return { type: 'string', value: { kind: 'literal', text: clipped(scope, expression.value) } };
    case 'variable': {
      const symbol = scope.facts.bindings.variable(expression);
      if (symbol.scope !== 'global') return scope.localValue(symbol);
      return { type: 'long', value: { kind: 'cell', offset: scope.facts.tables.cell(symbol, 'read') } };
    }
    case 'index':
      return element(scope, expression);
    case 'call': {
      const value = callValue(scope, expression, true);
      return value ?? refuse(`uses the value of ${expression.callee.name}()`);
    }
    case 'assignment':
      return assignmentValue(scope, expression);
    case 'update':
      return updateValue(scope, expression);
    case 'conditional':
      return choice(scope, expression);
    default:
      return { type: 'long', value: operation(scope, expression) };
  }
}

function clipped(scope: HandlerScope, text: string): string {
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).slice(0, scope.facts.limits.MAXSTRINGLEN - 1);
}

function element(scope: HandlerScope, { base, keys }: Index): KernelValue {
  if (base.kind === 'histogram') return refuse('reads a histogram');
  const symbol = scope.facts.bindings.variable(base);
  if (symbol.scope !== 'global' || symbol.type === 'stats') return refuse(`reads ${symbol.name}`);
  const values = lowerKeys(scope, keys);
  const global = scope.facts.tables.place(symbol, 'read', values);
  return symbol.type === 'string'
    ? { type: 'string', value: { kind: 'string-element', global, keys: values } }
    : { type: 'long', value: { kind: 'element', global, keys: values } };
}

function membership(scope: HandlerScope, { array, keys }: Membership): LongExpression {
  const symbol = scope.facts.bindings.variable(array);
  const values = lowerKeys(scope, keys);
  return { kind: 'contains', global: scope.facts.tables.place(symbol, 'read', values), keys: values };
}

function operation(scope: HandlerScope, expression: Expression): LongExpression {
  switch (expression.kind) {
    case 'number':
      return constant(expression.value);
    case 'unary': {
      const operand = lowerLong(scope, expression.operand);
      if (expression.operator === '+') return operand;
      return expression.operator === '!' ? negation(operand) : unary(expression.operator, operand);
    }
    case 'binary': {
      const [left, right] = longs(scope, [expression.left, expression.right]);
      return arithmetic(scope, expression.operator, left, right, expression.token);
    }
    case 'comparison':
      return comparison(scope, expression);
    case 'logical':
      return shortCircuit(scope, expression);
    case 'membership':
      return membership(scope, expression);
    case 'print':
      printStatement(scope, expression);
      return constant(0);
    case 'statistic':
      return refuse('reads a statistic');
    case 'concatenation':
      return refuse('joins strings');
    case 'regex':
      return refuse(`compares with a pattern (${expression.operator})`);
    case 'histogram':
      return refuse('reads a histogram');
    default:
      return refuse(`uses @${expression.kind}`);
  }
}

function longs(
  scope: HandlerScope,
  expressions: readonly [Expression, Expression],
): readonly [LongExpression, LongExpression] {
  const [left, right] = lowerValues(scope, expressions);
  if (left?.type !== 'long' || right?.type !== 'long') return refuse('takes a string for a number');
  return [left.value, right.value];
}

function comparison(scope: HandlerScope, { operator, left, right }: Comparison): LongExpression {
  if (typeOf(left, scope.facts.bindings) !== 'string')
    return binary(operator, ...longs(scope, [left, right]));
  const [one, other] = lowerValues(scope, [left, right]);
  if (one?.type !== 'string' || other?.type !== 'string') return refuse('takes a number for a string');
  return compareStrings(operator, one.value, other.value);
}

/** What the right side does is done only where it counts. */
function shortCircuit(scope: HandlerScope, { operator, left, right }: Logical): LongExpression {
  const first = lowerLong(scope, left);
  const { result, statements } = scope.collect(() => lowerLong(scope, right));
  if (statements.length === 0) return logical(operator, first, result);
  const slot = scope.newLong();
  scope.emit({ kind: 'set-local', slot, value: truth(first) });
  const place = statements[0]?.place ?? '';
  const second: readonly KernelStatement[] = [
    ...statements,
    { kind: 'set-local', slot, value: truth(result), place },
  ];
  const reached: LongExpression = { kind: 'local', slot };
  scope.emit({
    kind: 'if',
    condition: operator === '&&' ? reached : negation(reached),
    then: second,
    else: [],
  });
  return reached;
}

function choice(
  scope: HandlerScope,
  { condition, consequent, alternate }: Extract<Expression, { kind: 'conditional' }>,
): KernelValue {
  const test = lowerLong(scope, condition);
  const known = constantValue(test);
  if (known !== undefined) return scope.value(known === 0 ? alternate : consequent);
  const one = scope.collect(() => lowerValue(scope, consequent));
  const other = scope.collect(() => lowerValue(scope, alternate));
  if (one.statements.length + other.statements.length === 0) {
    if (one.result.type === 'long' && other.result.type === 'long')
      return { type: 'long', value: conditional(test, one.result.value, other.result.value) };
    if (one.result.type === 'string' && other.result.type === 'string')
      return { type: 'string', value: stringConditional(test, one.result.value, other.result.value) };
    return refuse('chooses between a number and a string');
  }
  const result = scope.newSlot(one.result.type);
  const [then, otherwise] = [one, other].map(({ statements, result: value }) => [
    ...statements,
    ...scope.collect(() => scope.store(result, value)).statements,
  ]);
  scope.emit({ kind: 'if', condition: test, then: then ?? [], else: otherwise ?? [] });
  return result;
}
