import type { Expression } from '../ast/expression.ts';
import type { Token } from '../source/token.ts';
import { parseInteger, parseNonEmptyString, parseString } from './literal.ts';
import type { Parser } from './parser.ts';
import { isHistogramWord, parseBucket, parseStatistic, statisticFunction } from './statistic.ts';

/** The operator an `@` word stands for, its parenthesised operands included. `token` is the word, already taken. */
export function parseOperatorWord(parser: Parser, token: Token): Expression {
  const statistic = statisticFunction(token.text);
  if (statistic !== undefined) return parseStatistic(parser, statistic, token);
  if (isHistogramWord(token.text)) return parseBucket(parser, token);
  switch (token.text) {
    case '@defined':
      return { kind: 'defined', operand: parseOperand(parser), token };
    case '@entry':
      return { kind: 'entry', operand: parseOperand(parser), token };
    case '@probewrite': {
      parser.expectOperator('(');
      const name = parser.expectIdentifier().text;
      parser.expectOperator(')');
      return { kind: 'probewrite', name, token };
    }
    case '@perf': {
      parser.expectOperator('(');
      const counter = parseNonEmptyString(parser, 'expected-literal-string');
      parser.expectOperator(')');
      return { kind: 'perf', counter, token };
    }
    case '@const': {
      requireGuru(parser, token);
      parser.expectOperator('(');
      const code = parseNonEmptyString(parser, 'expected-literal-string');
      parser.expectOperator(')');
      return { kind: 'const', code, token };
    }
    case '@enum':
      return parser.level.enumOperator ? parseEnum(parser, token) : unknown(parser, token);
    case '@enumname':
      return parser.level.enumNameOperator ? parseEnumName(parser, token) : unknown(parser, token);
    case '@kregister':
    case '@uregister':
      return parser.level.registerOperators ? parseRegister(parser, token) : unknown(parser, token);
    case '@kderef':
    case '@uderef':
      return parser.level.registerOperators ? parseDereference(parser, token) : unknown(parser, token);
    default:
      return unknown(parser, token);
  }
}

function unknown(parser: Parser, token: Token): never {
  throw parser.failure('unknown-operator', [token.text]);
}

function requireGuru(parser: Parser, token: Token): void {
  if (!parser.isPrivileged) throw parser.failure('guru-operator', [token.text]);
}

/** `( expression )` */
function parseOperand(parser: Parser): Expression {
  parser.expectOperator('(');
  const operand = parser.expression();
  parser.expectOperator(')');
  return operand;
}

function parseEnum(parser: Parser, token: Token): Expression {
  parser.expectOperator('(');
  const name = parseNonEmptyString(parser, 'expected-literal-string');
  parser.expectOperator(')');
  return { kind: 'enum', name, token };
}

function parseEnumName(parser: Parser, token: Token): Expression {
  parser.expectOperator('(');
  const operand = parser.expression();
  const type = parser.skipOperator(',') ? parseString(parser, 'expected-literal-string') : undefined;
  const module =
    type !== undefined && parser.skipOperator(',')
      ? parseString(parser, 'expected-literal-string')
      : undefined;
  parser.expectOperator(')');
  return { kind: 'enumname', operand, ...(type && { type }), ...(module && { module }), token };
}

function parseRegister(parser: Parser, token: Token): Expression {
  const userspace = token.text === '@uregister';
  if (!userspace) requireGuru(parser, token);
  parser.expectOperator('(');
  const number = parseInteger(parser);
  parser.expectOperator(')');
  return { kind: 'register', userspace, number, token };
}

function parseDereference(parser: Parser, token: Token): Expression {
  const userspace = token.text === '@uderef';
  if (!userspace) requireGuru(parser, token);
  parser.expectOperator('(');
  const size = parseInteger(parser);
  parser.expectOperator(',');
  const address = parser.expression();
  parser.expectOperator(')');
  return { kind: 'dereference', userspace, size, address, token };
}
