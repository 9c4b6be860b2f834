import type { Expression, Wildcard } from '../ast/expression.ts';
import type { Token } from '../source/token.ts';
import { parseLiteral } from './literal.ts';
import { parseOperatorWord } from './operator-word.ts';
import type { Parser } from './parser.ts';
import { isPrintFunction, parsePrint } from './print-call.ts';

/** A literal, name, call, array element, `( expression )`, embedded code or one of the `@` operators. */
export function parseValue(parser: Parser): Expression {
  const token = parser.peek();
  if (token === undefined) throw parser.failure('expected-value');
  if (token.kind === 'identifier') return parseName(parser);
  if (token.kind === 'operator') {
    if (token.text === '(') {
      parser.swallow();
      const expression = parser.expression();
      parser.expectOperator(')');
      return expression;
    }
    if (token.text.startsWith('@')) return parseOperatorWord(parser, parser.next());
  }
  if (token.kind === 'embedded-code') {
    if (!parser.isPrivileged) throw parser.failure('embedded-expression-unprivileged');
    parser.swallow();
    return { kind: 'embedded', code: token.text, token };
  }
  return parseLiteral(parser);
}

/** `name`, `name(…)` or `name[…]`. */
function parseName(parser: Parser): Expression {
  const token = parser.next();
  const name = token.text;
  if (isPrintFunction(name)) return parsePrint(parser, token);
  if (parser.skipOperator('(')) {
    const args = parseArguments(parser);
    return { kind: 'call', callee: { kind: 'callee', name, token }, args, token };
  }
  if (parser.skipOperator('[')) {
    const keys = parseKeys(parser);
    return { kind: 'index', base: { kind: 'variable', name, token }, keys, token };
  }
  return { kind: 'variable', name, token };
}

function parseArguments(parser: Parser): Expression[] {
  const args: Expression[] = [];
  if (parser.skipOperator(')')) return args;
  for (;;) {
    args.push(parser.expression());
    if (isOperator(parser.next(), ')')) return args;
    expectComma(parser, 'expected-argument-separator');
  }
}

/** Array keys up to and including the `]`; `*` is allowed. */
export function parseKeys(parser: Parser): (Expression | Wildcard)[] {
  const keys: (Expression | Wildcard)[] = [];
  for (;;) {
    const token = parser.peek();
    if (token !== undefined && isOperator(token, '*')) {
      parser.swallow();
      keys.push({ kind: 'wildcard', token });
    } else keys.push(parser.expression());
    if (isOperator(parser.next(), ']')) return keys;
    expectComma(parser, 'expected-index-separator');
  }
}

function isOperator(token: Token, text: string): boolean {
  return token.kind === 'operator' && token.text === text;
}

/** The token just taken must be a comma. */
function expectComma(parser: Parser, code: 'expected-argument-separator' | 'expected-index-separator'): void {
  if (!parser.lastIsOperator(',')) throw parser.failure(code);
}
