import type { Histogram, Index, Statistic, StatisticFunction } from '../ast/expression.ts';
import type { Token } from '../source/token.ts';
import { parseInteger } from './literal.ts';
import { failureAt } from './parse-failure.ts';
import type { Parser } from './parser.ts';

const STATISTIC_FUNCTIONS: ReadonlyMap<string, StatisticFunction> = new Map([
  ['@count', 'count'],
  ['@sum', 'sum'],
  ['@min', 'min'],
  ['@max', 'max'],
  ['@avg', 'avg'],
  ['@variance', 'variance'],
]);

/** The extractor an `@` word names, undefined for other words. */
export function statisticFunction(word: string): StatisticFunction | undefined {
  return STATISTIC_FUNCTIONS.get(word);
}

/** True for `@hist_log` and `@hist_linear`. */
export function isHistogramWord(word: string): boolean {
  return word === '@hist_log' || word === '@hist_linear';
}

/** `@count(x)` … `@variance(x, shift)` after the word. */
export function parseStatistic(parser: Parser, name: StatisticFunction, token: Token): Statistic {
  parser.expectOperator('(');
  const operand = parser.expression();
  const shift = name === 'variance' && parser.skipOperator(',') ? parseInteger(parser) : 0;
  const extra = parser.peek();
  if (extra?.kind === 'operator' && extra.text === ',') {
    if (name === 'variance') throw failureAt(extra, 'too-many-operator-parameters-plural', [2]);
    throw failureAt(extra, 'too-many-operator-parameters', [1]);
  }
  parser.expectOperator(')');
  return { kind: 'statistic', function: name, operand, shift, token };
}

/** `@hist_log(x)` or `@hist_linear(x, low, high, width)` after the word. */
export function parseHistogram(parser: Parser, token: Token): Histogram {
  parser.expectOperator('(');
  const operand = parser.expression();
  const isLinear = token.text === '@hist_linear';
  const parameter = (): ReturnType<typeof parseInteger> => {
    parser.expectOperator(',');
    return parseInteger(parser);
  };
  const [low, high, width] = isLinear ? [parameter(), parameter(), parameter()] : [0, 0, 0];
  parser.expectOperator(')');
  return { kind: 'histogram', function: isLinear ? 'linear' : 'log', operand, low, high, width, token };
}

/** `[i]` behind a histogram. */
export function parseBucketIndex(parser: Parser, base: Histogram): Index {
  parser.expectOperator('[');
  const key = parser.expression();
  parser.expectOperator(']');
  return { kind: 'index', base, keys: [key], token: base.token };
}

/** A histogram in an expression, where it must be indexed. */
export function parseBucket(parser: Parser, token: Token): Index {
  const histogram = parseHistogram(parser, token);
  if (!parser.peekOperator('[')) throw failureAt(token, 'bare-histogram');
  return parseBucketIndex(parser, histogram);
}
