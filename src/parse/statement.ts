import type { Expression, Variable } from '../ast/expression.ts';
import type { Block, ExpressionStatement, For, If, Statement, Try } from '../ast/statement.ts';
import type { Token } from '../source/token.ts';
import { parseForeach } from './foreach.ts';
import type { Parser } from './parser.ts';

/** `{ statements }` */
export function parseBlock(parser: Parser): Block {
  const token = parser.expectOperator('{');
  const statements: Statement[] = [];
  for (;;) {
    const next = parser.peek();
    if (next?.kind === 'operator' && next.text === '}') {
      parser.swallow();
      return { kind: 'block', statements, token };
    }
    statements.push(parseStatement(parser));
  }
}

/** One statement with the semicolon that may follow it. */
function parseStatement(parser: Parser): Statement {
  const token = parser.peek();
  if (token === undefined || token.kind === 'junk') throw parser.failure('expected-statement');
  parser.enter();
  const statement =
    token.kind === 'keyword' ? parseKeywordStatement(parser, token) : parsePlain(parser, token);
  parser.leave();
  return statement;
}

function parsePlain(parser: Parser, token: Token): Statement {
  if (token.kind === 'operator' && token.text === ';') {
    parser.swallow();
    return { kind: 'null', token };
  }
  if (token.kind === 'operator' && token.text === '{') return parseBlock(parser);
  return withSemicolon(parser, parseExpressionStatement(parser, token));
}

function parseExpressionStatement(parser: Parser, token: Token): ExpressionStatement {
  return { kind: 'expression-statement', expression: parser.expression(), token };
}

function withSemicolon<Kind extends Statement>(parser: Parser, statement: Kind): Kind {
  parser.skipOperator(';');
  return statement;
}

function parseKeywordStatement(parser: Parser, token: Token): Statement {
  switch (token.text) {
    case 'if':
      return parseIf(parser);
    case 'for':
      return parseFor(parser);
    case 'while':
      return parseWhile(parser);
    case 'foreach':
      return parseForeach(parser, parseStatement);
    case 'try':
      return parseTry(parser);
    case 'return':
      return withSemicolon(parser, parseReturn(parser));
    case 'delete':
      parser.swallow();
      return withSemicolon(parser, { kind: 'delete', operand: parser.expression(), token });
    case 'next':
    case 'break':
    case 'continue':
      parser.swallow();
      return withSemicolon(parser, { kind: token.text, token });
    default:
      throw parser.failure('expected-statement');
  }
}

function parseCondition(parser: Parser): Expression {
  parser.expectOperator('(');
  const condition = parser.expression();
  parser.expectOperator(')');
  return condition;
}

/** An if with its `else if`s, gathered in a loop: long chains are common in generated scripts. */
function parseIf(parser: Parser): If {
  const chain: Omit<If, 'alternate'>[] = [];
  let alternate: Statement | undefined;
  for (;;) {
    const token = parser.next();
    const condition = parseCondition(parser);
    chain.push({ kind: 'if', condition, consequent: parseStatement(parser), token });
    if (!parser.peekKeyword('else')) break;
    parser.swallow();
    if (parser.peekKeyword('if')) continue;
    alternate = parseStatement(parser);
    break;
  }
  return chain.reduceRight<If | undefined>((rest, { kind, condition, consequent, token }) => {
    const other = rest ?? alternate;
    return { kind, condition, consequent, ...(other && { alternate: other }), token };
  }, undefined) as If;
}

function parseWhile(parser: Parser): For {
  const token = parser.next();
  const condition = parseCondition(parser);
  return { kind: 'for', keyword: 'while', condition, body: parseStatement(parser), token };
}

function parseFor(parser: Parser): For {
  const token = parser.next();
  parser.expectOperator('(');
  const init = parseClause(parser, ';');
  parser.expectOperator(';');
  const semicolon = parser.peek();
  const condition = parseClause(parser, ';')?.expression ?? endlessCondition(semicolon ?? token);
  parser.expectOperator(';');
  const update = parseClause(parser, ')');
  parser.expectOperator(')');
  const body = parseStatement(parser);
  return {
    kind: 'for',
    keyword: 'for',
    ...(init && { init }),
    condition,
    ...(update && { update }),
    body,
    token,
  };
}

function endlessCondition(token: Token): Expression {
  return { kind: 'number', value: 1, token };
}

/** A part of a for head; undefined when left out. */
function parseClause(parser: Parser, end: string): ExpressionStatement | undefined {
  const token = parser.peek();
  if (token === undefined || parser.peekOperator(end)) return undefined;
  return parseExpressionStatement(parser, token);
}

function parseTry(parser: Parser): Try {
  const token = parser.next();
  const body = parseBlock(parser);
  parser.expectKeyword('catch');
  const error = parser.skipOperator('(') ? parseCaught(parser) : undefined;
  const handler = parseBlock(parser);
  return { kind: 'try', body, ...(error && { error }), handler, token };
}

function parseCaught(parser: Parser): Variable {
  const token = parser.expectIdentifier();
  parser.expectOperator(')');
  return { kind: 'variable', name: token.text, token };
}

function parseReturn(parser: Parser): Statement {
  const token = parser.next();
  if (!parser.inFunction) throw parser.failure('return-outside-function');
  if (parser.peekOperator(';') || parser.peekOperator('}')) return { kind: 'return', token };
  return { kind: 'return', value: parser.expression(), token };
}
