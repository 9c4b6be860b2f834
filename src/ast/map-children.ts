import { BugError } from '../diagnostic/bug-error.ts';
import type { Callee, Expression, Histogram, Selector, Variable } from './expression.ts';

type MapExpression = (child: Expression) => Expression;

/** Maps an array; returns the array itself when no element changed. */
export function mapKeys<Item>(items: readonly Item[], map: (item: Item) => Item): readonly Item[] {
  let changed: Item[] | undefined;
  let index = 0;
  for (const item of items) {
    const mapped = map(item);
    if (mapped !== item) (changed ??= [...items])[index] = mapped;
    index += 1;
  }
  return changed ?? items;
}

/**
 * The node with each direct child replaced by what the callbacks return; the node itself when nothing
 * changed. `variable` gets the variable leaves, `callee` the called names, `child` every other expression.
 */
export function mapExpressionChildren(
  expression: Expression,
  child: MapExpression,
  variable: (leaf: Variable) => Variable,
  callee: (leaf: Callee) => Callee,
): Expression {
  switch (expression.kind) {
    case 'variable':
      return variable(expression);
    case 'number':
    case 'string':
    case 'embedded':
    case 'probewrite':
    case 'perf':
    case 'const':
    case 'enum':
    case 'register':
      return expression;
    case 'index': {
      const base = mapBase(expression.base, child, variable);
      const keys = mapKeys(expression.keys, (key) => (key.kind === 'wildcard' ? key : child(key)));
      return base === expression.base && keys === expression.keys
        ? expression
        : { ...expression, base, keys };
    }
    case 'membership': {
      const keys = mapKeys(expression.keys, (key) => (key.kind === 'wildcard' ? key : child(key)));
      const array = variable(expression.array);
      return keys === expression.keys && array === expression.array
        ? expression
        : { ...expression, keys, array };
    }
    case 'call': {
      const name = callee(expression.callee);
      const args = mapKeys(expression.args, child);
      return name === expression.callee && args === expression.args
        ? expression
        : { ...expression, callee: name, args };
    }
    case 'print': {
      const args = mapKeys(expression.args, child);
      return args === expression.args ? expression : { ...expression, args };
    }
    case 'unary':
    case 'update':
    case 'statistic':
    case 'histogram':
    case 'defined':
    case 'entry':
    case 'enumname': {
      const operand = child(expression.operand);
      return operand === expression.operand ? expression : { ...expression, operand };
    }
    case 'binary':
    case 'concatenation':
    case 'comparison':
    case 'logical': {
      const left = child(expression.left);
      const right = child(expression.right);
      return left === expression.left && right === expression.right
        ? expression
        : { ...expression, left, right };
    }
    case 'regex': {
      const left = child(expression.left);
      return left === expression.left ? expression : { ...expression, left };
    }
    case 'conditional': {
      const condition = child(expression.condition);
      const consequent = child(expression.consequent);
      const alternate = child(expression.alternate);
      return condition === expression.condition &&
        consequent === expression.consequent &&
        alternate === expression.alternate
        ? expression
        : { ...expression, condition, consequent, alternate };
    }
    case 'assignment': {
      const target = child(expression.target);
      const value = child(expression.value);
      return target === expression.target && value === expression.value
        ? expression
        : { ...expression, target, value };
    }
    case 'target':
    case 'atvar': {
      const selectors = mapSelectors(expression.selectors, child);
      return selectors === expression.selectors ? expression : { ...expression, selectors };
    }
    case 'cast':
    case 'autocast': {
      const operand = child(expression.operand);
      const selectors = mapSelectors(expression.selectors, child);
      return operand === expression.operand && selectors === expression.selectors
        ? expression
        : { ...expression, operand, selectors };
    }
    case 'dereference': {
      const address = child(expression.address);
      return address === expression.address ? expression : { ...expression, address };
    }
  }
}

function mapSelectors(selectors: readonly Selector[], child: MapExpression): readonly Selector[] {
  return mapKeys(selectors, (selector) => {
    if (selector.kind === 'member') return selector;
    const index = child(selector.index);
    return index === selector.index ? selector : { ...selector, index };
  });
}

function mapBase(
  base: Variable | Histogram,
  child: MapExpression,
  variable: (leaf: Variable) => Variable,
): Variable | Histogram {
  if (base.kind === 'variable') return variable(base);
  const mapped = child(base);
  if (mapped.kind === 'histogram') return mapped;
  throw new BugError(`a histogram became a ${mapped.kind} expression`);
}
