import type { Variable, Wildcard, Expression } from '../ast/expression.ts';
import type { Foreach, Sort, Statement } from '../ast/statement.ts';
import type { Token } from '../source/token.ts';
import { parseArrayBase } from './array-base.ts';
import type { Parser } from './parser.ts';
import { statisticFunction } from './statistic.ts';
import { parseKeys } from './value.ts';

/** A name in the head of a foreach with the sort mark behind it. */
interface MarkedName {
  readonly variable: Variable;
  readonly ascending: boolean | undefined;
}

/** `foreach (…) statement`; the parser stands at the keyword. */
export function parseForeach(parser: Parser, parseBody: (parser: Parser) => Statement): Foreach {
  const token = parser.next();
  parser.expectOperator('(');
  const { keys, value } = parseNames(parser);
  parser.expectKeyword('in');
  const base = parseArrayBase(parser);
  const slice = parser.skipOperator('[') ? parseKeys(parser) : undefined;
  const sort = parseSort(parser, keys, value);
  const limit = parser.peekKeyword('limit') ? parseLimit(parser) : undefined;
  parser.expectOperator(')');
  const body = parseBody(parser);
  return {
    kind: 'foreach',
    keys: keys.map(({ variable }) => variable),
    ...(value && { value: value.variable }),
    base,
    ...(slice && { slice: slice satisfies (Expression | Wildcard)[] }),
    ...(sort && { sort }),
    ...(limit && { limit }),
    body,
    token,
  };
}

/** `[value =] key` or `[value =] [key, …]` */
function parseNames(parser: Parser): { readonly keys: readonly MarkedName[]; readonly value?: MarkedName } {
  if (parser.skipOperator('[')) return { keys: parseKeyList(parser, undefined) };
  const first = parseMarkedName(parser);
  if (!parser.skipOperator('=')) return { keys: [first] };
  if (parser.skipOperator('[')) return { keys: parseKeyList(parser, first), value: first };
  const key = parseMarkedName(parser);
  refuseSecondMark(parser, [first], key);
  return { keys: [key], value: first };
}

function parseKeyList(parser: Parser, value: MarkedName | undefined): MarkedName[] {
  const keys: MarkedName[] = [];
  for (;;) {
    const key = parseMarkedName(parser);
    refuseSecondMark(parser, value === undefined ? keys : [value, ...keys], key);
    keys.push(key);
    const separator = parser.next();
    if (separator.kind === 'operator' && separator.text === ']') return keys;
    if (separator.kind !== 'operator' || separator.text !== ',')
      throw parser.failure('expected-list-separator');
  }
}

function refuseSecondMark(parser: Parser, before: readonly MarkedName[], name: MarkedName): void {
  if (name.ascending !== undefined && before.some(({ ascending }) => ascending !== undefined))
    throw parser.failure('multiple-sort-directives');
}

function parseMarkedName(parser: Parser): MarkedName {
  const token = parser.expectIdentifier();
  const variable: Variable = { kind: 'variable', name: token.text, token };
  const mark = peekMark(parser);
  if (mark !== undefined) parser.next();
  return { variable, ascending: mark && mark.text === '+' };
}

function peekMark(parser: Parser): Token | undefined {
  const token = parser.peek();
  return token?.kind === 'operator' && (token.text === '+' || token.text === '-') ? token : undefined;
}

/** The sort mark of the names, or the one behind the array: `+`, `-`, `@sum+` and so on. */
function parseSort(
  parser: Parser,
  keys: readonly MarkedName[],
  value: MarkedName | undefined,
): Sort | undefined {
  const position = keys.findIndex(({ ascending }) => ascending !== undefined);
  let sort: Sort | undefined;
  if (value?.ascending !== undefined) sort = { by: 'value', ascending: value.ascending };
  else if (position !== -1) sort = { by: position, ascending: keys[position]?.ascending === true };
  const word = parser.peek();
  const isWord = word?.kind === 'operator' && word.text.startsWith('@');
  if (!isWord && peekMark(parser) === undefined) return sort;
  if (sort !== undefined) throw parser.failure('multiple-sort-directives');
  if (!isWord) return { by: 'value', ascending: parser.next().text === '+' };
  const aggregate = statisticFunction(word.text);
  if (aggregate === undefined) throw parser.failure('expected-statistic');
  parser.swallow();
  const mark = peekMark(parser);
  if (mark === undefined) throw parser.failure('expected-sort-directive');
  parser.swallow();
  return { by: 'value', ascending: mark.text === '+', aggregate };
}

function parseLimit(parser: Parser): Expression {
  parser.expectKeyword('limit');
  return parser.expression();
}
