import type { Assignment, Expression, Histogram, Index, Statistic } from '../ast/expression.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { BodyWriter } from './body-writer.ts';
import { elementAddress, lookupKey, plainKeys } from './element-address.ts';
import { isLeaf, mayAssign } from './leaf.ts';

/** `@count(x)` … `@variance(x)`: 0 or an error for an empty or missing statistic. */
export function statisticValue(writer: BodyWriter, expression: Statistic): string {
  const statistic = statisticObject(writer, expression.operand);
  if (expression.function === 'count') return `${statistic}.count`;
  return `${statistic}.${expression.function}(${writer.at(expression.token)})`;
}

/** JavaScript of the Statistic object read; a missing element reads as an empty one and is not created. */
export function statisticObject(writer: BodyWriter, operand: Expression): string {
  if (operand.kind === 'variable') return writer.variable(writer.scope.bindings.variable(operand));
  if (operand.kind !== 'index' || operand.base.kind !== 'variable')
    throw new BugError(`a statistic is read from a ${operand.kind} expression`);
  const symbol = writer.scope.bindings.variable(operand.base);
  const empty = `${writer.scope.helper('emptyStatistic')}(${writer.scope.globalIndex(symbol)})`;
  const missing = writer.scope.constant(`empty_${symbol.name}`, empty);
  const key = lookupKey(writer, plainKeys(operand.keys));
  return `(${writer.variable(symbol)}.get(${key}) ?? ${missing})`;
}

/** `@hist_log(x)[i]`: the count of a bucket. */
export function histogramBucket(writer: BodyWriter, histogram: Histogram, index: Index): string {
  const [key] = plainKeys(index.keys);
  if (key === undefined) throw new BugError('a histogram without an index');
  const statistic = statisticObject(writer, histogram.operand);
  return `${statistic}.bucket(${writer.value(key)}, ${writer.at(histogram.token)})`;
}

/** `x <<< v` and `a[k] <<< v`: indices, then the value, then the statistic. The value is v. */
export function addToStatistic(writer: BodyWriter, expression: Assignment, wanted: boolean): string {
  const { target, value: added } = expression;
  if (target.kind === 'variable') {
    const statistic = writer.variable(writer.scope.bindings.variable(target));
    const amount = writer.value(added);
    if (!wanted) return `${statistic}.add(${amount})`;
    const kept = writer.temporary();
    return `(${kept} = ${amount}, ${statistic}.add(${kept}), ${kept})`;
  }
  if (target.kind !== 'index') throw new BugError(`<<< on a ${target.kind} expression`);
  const { symbol, setup, key, keys } = elementAddress(writer, target, !mayAssign(added));
  const amount = writer.value(added);
  // The element is created last: the value may fail, or read the array.
  const kept = isLeaf(added) ? amount : writer.temporary();
  const evaluate = kept === amount ? '' : `${kept} = ${amount}, `;
  const fetch = `${writer.scope.helper('statisticElement')}(${writer.scope.globalIndex(symbol)})`;
  const element = writer.scope.constant(`element_${symbol.name}`, fetch);
  const add = `${element}(${key}, ${keys}, ${writer.at(target.token)}).add(${kept})`;
  return `(${setup}${evaluate}${add}${wanted ? `, ${kept}` : ''})`;
}
