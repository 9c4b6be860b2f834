import type { Histogram, Variable } from '../ast/expression.ts';
import { isHistogramWord, parseHistogram } from './statistic.ts';
import type { Parser } from './parser.ts';

/** What can be indexed or looped over: a name or a histogram. */
export function parseArrayBase(parser: Parser): Variable | Histogram {
  const token = parser.next();
  if (token.kind === 'operator' && isHistogramWord(token.text)) return parseHistogram(parser, token);
  if (token.kind !== 'identifier') throw parser.failure('expected-array');
  return { kind: 'variable', name: token.text, token };
}
