import type { NumberLiteral, StringLiteral } from '../ast/expression.ts';
import type { Int64 } from '../int64/int64.ts';
import { parseNegatedNumber, parseNumber } from '../int64/numeral.ts';
import type { Token } from '../source/token.ts';
import type { ParseMessageCode } from './messages.ts';
import type { Parser } from './parser.ts';
import { decodeEscapes, joinSpellings } from './string-escape.ts';

/** `STR` or a number with an optional minus. */
export function parseLiteral(parser: Parser): NumberLiteral | StringLiteral {
  const first = parser.next();
  if (first.kind === 'string') return glueStrings(parser, first);
  const negative = first.kind === 'operator' && first.text === '-';
  const token = negative ? parser.next() : first;
  if (token.kind !== 'number') throw parser.failure('expected-literal');
  return { kind: 'number', value: numberValue(parser, token, negative), token };
}

/** One or more adjacent string literals. */
export function parseString(parser: Parser, code: ParseMessageCode): StringLiteral {
  const first = parser.next();
  if (first.kind !== 'string') throw parser.failure(code);
  return glueStrings(parser, first);
}

/** `parseString`, but the empty string is refused. */
export function parseNonEmptyString(parser: Parser, code: ParseMessageCode): StringLiteral {
  const literal = parseString(parser, code);
  if (literal.value === '') throw parser.failure('expected-non-empty-string');
  return literal;
}

/** A number with an optional minus, as a value. Messages right after it have no token to show. */
export function parseInteger(parser: Parser): Int64 {
  let token = parser.next();
  const negative = token.kind === 'operator' && token.text === '-';
  if (negative) token = parser.next();
  if (token.kind !== 'number') throw parser.failure('expected-number');
  const value = numberValue(parser, token, negative);
  parser.forgetSeen();
  return value;
}

function numberValue(parser: Parser, token: Token, negative: boolean): Int64 {
  const value = negative ? parseNegatedNumber(token.text) : parseNumber(token.text);
  if (value === undefined) throw parser.failure('invalid-number');
  return value;
}

function glueStrings(parser: Parser, first: Token): StringLiteral {
  const { hexEscapes, gluesAcrossComments } = parser.level;
  if (parser.peek()?.kind !== 'string')
    return { kind: 'string', value: decodeEscapes(first.text, hexEscapes), raw: first.text, token: first };
  const raws = [first.text];
  const values = [decodeEscapes(first.text, hexEscapes)];
  for (let token = parser.peek(); token?.kind === 'string'; token = parser.peek()) {
    if (!gluesAcrossComments && parser.commentBefore(token)) break;
    parser.swallow();
    raws.push(token.text);
    values.push(decodeEscapes(token.text, hexEscapes));
  }
  return { kind: 'string', value: values.join(''), raw: joinSpellings(raws), token: first };
}
