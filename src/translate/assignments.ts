import type {
  ArithmeticOperator,
  Assignment,
  AssignmentOperator,
  Expression,
  Index,
  Update,
  Variable,
} from '../ast/expression.ts';
import type { VariableSymbol } from '../semantic/program.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import { defaultValue } from './arrays.ts';
import { arithmetic, sum } from './arithmetic.ts';
import type { BodyWriter } from './body-writer.ts';
import { elementAddress } from './element-address.ts';
import { isLeaf, mayAssign } from './leaf.ts';
import { addToStatistic } from './statistics.ts';

/**
 * JavaScript of an assignment. Indices come first, then the right side, and for `op=` only then the current value
 * is read. The value is the new one.
 */
export function assignment(writer: BodyWriter, expression: Assignment, wanted: boolean): string {
  const { target, operator } = expression;
  if (operator === '<<<') return addToStatistic(writer, expression, wanted);
  if (target.kind === 'variable') return assignVariable(writer, expression, target);
  if (target.kind === 'index') return assignElement(writer, expression, target, wanted);
  throw new BugError(`assignment to a ${target.kind} expression`);
}

/** JavaScript of `++` and `--`. The value is the new one for the prefix form, the old one otherwise. */
export function update(writer: BodyWriter, expression: Update, wanted: boolean): string {
  const { operand, prefix, operator } = expression;
  const amount = operator === '++' ? '1' : '-1';
  if (operand.kind === 'variable') {
    const symbol = writer.scope.bindings.variable(operand);
    const name = writer.variable(symbol);
    if (writer.scope.isCell(symbol)) {
      const added = addToCell(writer, symbol, amount);
      return wanted && !prefix ? `(${writer.scope.helper('sub')}(${added}, ${amount}))` : added;
    }
    const store = `${name} = ${sum(writer, '+', name, amount)}`;
    if (!wanted) return store;
    if (prefix) return `(${store})`;
    const old = writer.temporary();
    return `(${old} = ${name}, ${store}, ${old})`;
  }
  if (operand.kind !== 'index') throw new BugError(`update of a ${operand.kind} expression`);
  const address = elementAddress(writer, operand, true);
  const { array, key, keys, setup } = address;
  const helper = writer.scope.helper('addToElement');
  const added = `${helper}(${array}, ${key}, ${keys}, ${amount}, ${writer.at(operand.token)})`;
  if (!wanted || prefix) return setup === '' ? added : `(${setup}${added})`;
  return `(${setup}${writer.scope.helper('sub')}(${added}, ${amount}))`;
}

/** The kernel may add to a cell at the same time, so the sum is made there. */
function addToCell(writer: BodyWriter, symbol: VariableSymbol, amount: string): string {
  return `${writer.scope.globalName(symbol)}.add(${amount})`;
}

function assignVariable(writer: BodyWriter, expression: Assignment, target: Variable): string {
  const symbol = writer.scope.bindings.variable(target);
  const name = writer.variable(symbol);
  const right = writer.value(expression.value);
  if (writer.scope.isCell(symbol)) {
    if (expression.operator === '+=') return addToCell(writer, symbol, right);
    if (expression.operator === '-=')
      return addToCell(writer, symbol, `${writer.scope.helper('neg')}(${right})`);
  }
  if (expression.operator === '=') return `(${name} = ${right})`;
  if (!mayAssign(expression.value)) return `(${name} = ${combine(writer, expression, name, right)})`;
  const kept = writer.temporary();
  return `(${kept} = ${right}, ${name} = ${combine(writer, expression, name, kept)})`;
}

function assignElement(writer: BodyWriter, expression: Assignment, target: Index, wanted: boolean): string {
  const assigns = mayAssign(expression.value);
  const { array, symbol, setup, key, keys } = elementAddress(writer, target, !assigns);
  const at = writer.at(target.token);
  const right = writer.value(expression.value);
  if (expression.operator === '=') {
    if (!wanted) return sequence(setup, `${array}.set(${key}, ${keys}, ${right}, ${at})`);
    const kept = keepUnlessLeaf(writer, expression.value, right);
    return `(${setup}${kept.setup}${array}.set(${key}, ${keys}, ${kept.name}, ${at}), ${kept.name})`;
  }
  if (!assigns && (expression.operator === '+=' || expression.operator === '-=')) {
    const amount = expression.operator === '+=' ? right : `${writer.scope.helper('neg')}(${right})`;
    return sequence(
      setup,
      `${writer.scope.helper('addToElement')}(${array}, ${key}, ${keys}, ${amount}, ${at})`,
    );
  }
  const kept = keepUnlessLeaf(writer, expression.value, right);
  const current = `(${array}.get(${key}) ?? ${defaultValue(symbol)})`;
  const combined = combine(writer, expression, current, kept.name);
  if (!wanted) return `(${setup}${kept.setup}${array}.set(${key}, ${keys}, ${combined}, ${at}))`;
  const result = writer.temporary();
  return `(${setup}${kept.setup}${result} = ${combined}, ${array}.set(${key}, ${keys}, ${result}, ${at}), ${result})`;
}

/** The new value of an `op=` assignment. */
function combine(writer: BodyWriter, expression: Assignment, current: string, right: string): string {
  const { operator } = expression;
  if (operator === '.=') return `${writer.scope.helper('concat')}(${current}, ${right})`;
  return arithmetic(writer, arithmeticOperator(operator), {
    left: current,
    right,
    at: () => writer.at(expression.value.token),
  });
}

function arithmeticOperator(operator: AssignmentOperator): ArithmeticOperator {
  switch (operator) {
    case '+=':
      return '+';
    case '-=':
      return '-';
    case '*=':
      return '*';
    case '/=':
      return '/';
    case '%=':
      return '%';
    case '<<=':
      return '<<';
    case '>>=':
      return '>>';
    case '&=':
      return '&';
    case '^=':
      return '^';
    case '|=':
      return '|';
    case '=':
    case '.=':
    case '<<<':
      throw new BugError(`${operator} is no arithmetic assignment`);
  }
}

function keepUnlessLeaf(
  writer: BodyWriter,
  expression: Expression,
  code: string,
): { readonly setup: string; readonly name: string } {
  if (isLeaf(expression)) return { setup: '', name: code };
  const name = writer.temporary();
  return { setup: `${name} = ${code}, `, name };
}

function sequence(setup: string, last: string): string {
  return setup === '' ? last : `(${setup}${last})`;
}
