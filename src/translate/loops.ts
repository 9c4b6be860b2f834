import type { Histogram, StatisticFunction, Variable } from '../ast/expression.ts';
import type { For, Foreach, Sort, Statement } from '../ast/statement.ts';
import type { VariableSymbol } from '../semantic/program.ts';
import { keyPattern } from './arrays.ts';
import type { BodyWriter } from './body-writer.ts';
import { statisticObject } from './statistics.ts';

/** Limits up to this one are sorted partially. */
const PARTIAL_SORT_MAX = 30;

/**
 * Writes `for` and `while`. One action is counted for entering and one for each iteration; the action of the
 * update clause is counted with what follows the loop.
 */
export function forLoop(writer: BodyWriter, loop: For): void {
  if (loop.init !== undefined) writer.statement(loop.init);
  writer.charge(1, loop.token, true);
  const test = writer.condition(loop.condition);
  const update = loop.update === undefined ? '' : ` ${writer.effect(loop.update.expression)}`;
  writer.braces(`for (; ${test};${update})`, () => {
    writer.charge(1, loop.token, false);
    writer.subordinate(loopBody(loop));
  });
  if (loop.update !== undefined) writer.charge(1, loop.update.token, false);
}

/** Writes `foreach`. One action is counted for entering and one for each element. */
export function foreachLoop(writer: BodyWriter, loop: Foreach): void {
  if (loop.base.kind === 'histogram') histogramLoop(writer, loop, loop.base);
  else arrayLoop(writer, loop, loop.base);
}

/** An empty body is reported at the loop's own keyword. */
function loopBody(loop: For | Foreach): Statement {
  return loop.body.kind === 'null' ? { kind: 'null', token: loop.token } : loop.body;
}

function arrayLoop(writer: BodyWriter, loop: Foreach, base: Variable): void {
  const symbol = writer.scope.bindings.variable(base);
  const array = writer.variable(symbol);
  const slice = loop.slice && keep(writer, keyPattern(writer, loop.slice));
  const limit = loop.limit && keep(writer, writer.value(loop.limit));
  if (loop.sort !== undefined) writer.line(`${array}.sort(${sortArguments(symbol, loop.sort, limit)});`);
  writer.charge(1, loop.token, true);
  const element = writer.fresh('e');
  const counter = limit === undefined ? undefined : writer.fresh('n');
  if (counter !== undefined) writer.line(`let ${counter} = 0;`);
  writer.braces(`for (const ${element} of ${array}.elements())`, () => {
    // `delete array` in the body ends the loop.
    writer.line(`if (${array}.size === 0) break;`);
    if (slice !== undefined)
      writer.line(`if (!${writer.scope.helper('matchesKeys')}(${element}.keys, ${slice})) continue;`);
    if (counter !== undefined) writer.line(`if (${counter}++ >= ${limit ?? 0}) break;`);
    loop.keys.forEach((key, position) => {
      store(writer, key, `${element}.keys[${position}]`);
    });
    if (loop.value !== undefined)
      store(writer, loop.value, symbol.type === 'stats' ? `${element}.value.count` : `${element}.value`);
    writer.charge(1, loop.token, false);
    writer.subordinate(loopBody(loop));
  });
}

function histogramLoop(writer: BodyWriter, loop: Foreach, histogram: Histogram): void {
  const limit = loop.limit && keep(writer, writer.value(loop.limit));
  const statistic = statisticObject(writer, histogram.operand);
  writer.charge(1, loop.token, true);
  const buckets = writer.fresh('b');
  const index = writer.fresh('n');
  writer.line(`const ${buckets} = ${statistic}.buckets(${writer.at(histogram.token)});`);
  const bound = limit === undefined ? '' : ` && ${index} < ${limit}`;
  writer.braces(`for (let ${index} = 0; ${index} < ${buckets}.length${bound}; ${index}++)`, () => {
    for (const key of loop.keys) store(writer, key, index);
    if (loop.value !== undefined) store(writer, loop.value, `${buckets}[${index}]`);
    writer.charge(1, loop.token, false);
    writer.subordinate(loopBody(loop));
  });
}

function store(writer: BodyWriter, variable: Variable, code: string): void {
  writer.line(`${writer.variable(writer.scope.bindings.variable(variable))} = ${code};`);
}

function keep(writer: BodyWriter, code: string): string {
  const name = writer.temporary();
  writer.line(`${name} = ${code};`);
  return name;
}

function sortArguments(symbol: VariableSymbol, sort: Sort, limit: string | undefined): string {
  const by = sort.by === 'value' ? "'value'" : String(sort.by);
  const bound = limit === undefined ? '0' : `${limit} > 0 && ${limit} <= ${PARTIAL_SORT_MAX} ? ${limit} : 0`;
  const valueOf = symbol.type === 'stats' ? aggregate(sort.aggregate) : '(v) => v';
  return `${by}, ${String(sort.ascending)}, ${bound}, ${valueOf}`;
}

/** SystemTap knows no order by variance and sorts by count then. */
function aggregate(statistic: StatisticFunction | undefined): string {
  if (statistic === undefined || statistic === 'count' || statistic === 'variance') return '(s) => s.count';
  return `(s) => s.${statistic}()`;
}
