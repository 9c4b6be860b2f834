import type { Autocast, AtVar, Cast, Expression, Selector, TargetSymbol } from '../ast/expression.ts';
import type { Token } from '../source/token.ts';
import { parseNonEmptyString, parseString } from './literal.ts';
import { failureAt } from './parse-failure.ts';
import type { Parser } from './parser.ts';
import { parseValue } from './value.ts';

type Target = TargetSymbol | AtVar | Cast | Autocast;

/** What stands behind a target: member and subscript selectors and the pretty-printing mark. */
interface Suffix {
  readonly selectors: readonly Selector[];
  readonly pretty: '' | '$' | '$$';
}

/** A value, or a target with its selectors: `$x->y[1]$`, `&@cast(…)->z`, `value->member`. */
export function parseTarget(parser: Parser): Expression {
  const ampersand = parser.peekOperator('&') ? parser.next() : undefined;
  const addressOf = ampersand !== undefined;
  const token = parser.peek();
  if (token !== undefined) {
    if (token.kind === 'identifier' && token.text.startsWith('$')) return parseSymbol(parser, addressOf);
    if (token.kind === 'operator' && token.text === '@cast') return parseCast(parser, addressOf);
    if (token.kind === 'operator' && token.text === '@var') return parseVar(parser, addressOf);
  }
  if (addressOf && !parser.level.autocast) throw parser.failure('expected-target');
  const operand = parseValue(parser);
  if (!parser.level.autocast) return operand;
  const selector = peekSelector(parser);
  if (ampersand !== undefined && isTarget(operand)) {
    if (operand.addressOf) throw failureAt(ampersand, 'nested-address');
    if (selector === undefined) return { ...operand, addressOf: true };
  }
  const place = ampersand ?? selector;
  if (place === undefined) return operand;
  return { kind: 'autocast', operand, ...parseSuffix(parser), addressOf, token: place };
}

function isTarget(expression: Expression): expression is Target {
  const { kind } = expression;
  return kind === 'target' || kind === 'atvar' || kind === 'cast' || kind === 'autocast';
}

/** `$name`; a pretty-printing mark may be glued to the name. */
function parseSymbol(parser: Parser, addressOf: boolean): TargetSymbol {
  const token = parser.next();
  const [name, pretty] = splitPretty(token.text);
  if (pretty !== '') {
    refuseSelectors(parser);
    return { kind: 'target', name, selectors: [], pretty, addressOf, token };
  }
  return { kind: 'target', name, ...parseSuffix(parser), addressOf, token };
}

function parseCast(parser: Parser, addressOf: boolean): Cast {
  const token = parser.next();
  parser.expectOperator('(');
  const operand = parser.expression();
  parser.expectOperator(',');
  const type = parseNonEmptyString(parser, 'expected-string');
  const module = parser.skipOperator(',') ? parseString(parser, 'expected-string') : undefined;
  parser.expectOperator(')');
  return { kind: 'cast', operand, type, ...(module && { module }), ...parseSuffix(parser), addressOf, token };
}

function parseVar(parser: Parser, addressOf: boolean): AtVar {
  const token = parser.next();
  parser.expectOperator('(');
  const name = parseString(parser, 'expected-string');
  const module = parser.skipOperator(',') ? parseString(parser, 'expected-string') : undefined;
  parser.expectOperator(')');
  return { kind: 'atvar', name, ...(module && { module }), ...parseSuffix(parser), addressOf, token };
}

/** The token that starts a selector or pretty-printing mark, if one comes next. */
function peekSelector(parser: Parser): Token | undefined {
  const token = parser.peek();
  if (token?.kind === 'operator') return token.text === '->' || token.text === '[' ? token : undefined;
  return token?.kind === 'identifier' && prettyMark(token.text) !== undefined ? token : undefined;
}

function parseSuffix(parser: Parser): Suffix {
  const selectors: Selector[] = [];
  for (let token = peekSelector(parser); token !== undefined; token = peekSelector(parser)) {
    parser.swallow();
    if (token.kind === 'identifier') return pretty(parser, selectors, prettyMark(token.text) ?? '$$');
    if (token.text === '[') {
      selectors.push({ kind: 'subscript', index: parser.expression(), token });
      parser.expectOperator(']');
      continue;
    }
    const member = parser.next();
    if (member.kind !== 'identifier' && member.kind !== 'keyword') throw parser.failure('expected-member');
    const mark = prettyMark(member.text);
    if (mark !== undefined) return pretty(parser, selectors, mark);
    const [name, memberPretty] = splitPretty(member.text);
    selectors.push({ kind: 'member', name, token });
    if (memberPretty !== '') return pretty(parser, selectors, memberPretty);
  }
  return { selectors, pretty: '' };
}

function pretty(parser: Parser, selectors: readonly Selector[], mark: '$' | '$$'): Suffix {
  refuseSelectors(parser);
  return { selectors, pretty: mark };
}

function refuseSelectors(parser: Parser): void {
  if (parser.peekOperator('->') || parser.peekOperator('[')) throw parser.failure('pretty-print-suffix');
}

/** `$` or `$$` standing alone. */
function prettyMark(text: string): '$' | '$$' | undefined {
  return text === '$' || text === '$$' ? text : undefined;
}

/** The name and its mark: `$x$$` -> `$x`, `$$`. Names of dollars only (`$$`) have none. */
function splitPretty(text: string): [string, '' | '$' | '$$'] {
  const match = /^(.*[^$])(\$\$?)$/.exec(text);
  const mark = prettyMark(match?.[2] ?? '');
  return match?.[1] === undefined || mark === undefined ? [text, ''] : [match[1], mark];
}
