import type {
  ArithmeticOperator,
  Assignment,
  AssignmentOperator,
  Comparison,
  Expression,
  Unary,
  Wildcard,
} from '../ast/expression.ts';
import { parseArrayBase } from './array-base.ts';
import { parseString } from './literal.ts';
import { failureAt } from './parse-failure.ts';
import type { Parser } from './parser.ts';
import { parseTarget } from './target.ts';

const ASSIGNMENT_OPERATORS: ReadonlySet<string> = new Set<AssignmentOperator>([
  ...(['=', '<<<', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '^=', '|=', '.='] as const),
]);
const COMPARISON_OPERATORS: ReadonlySet<string> = new Set<Comparison['operator']>([
  ...(['==', '!=', '<', '>', '<=', '>='] as const),
]);
const UNARY_OPERATORS: ReadonlySet<string> = new Set<Unary['operator']>(['+', '-', '!', '~']);

/** Binary operators below membership, tighter ones first; `.` is concatenation. All group to the left. */
const TIGHT_LEVELS: readonly ReadonlySet<string>[] = [
  new Set(['*', '/', '%']),
  new Set(['+', '-']),
  new Set(['.']),
  new Set(['<<', '>>', '>>>']),
];
const TIGHTNESS: ReadonlyMap<string, number> = new Map(
  TIGHT_LEVELS.flatMap((operators, index) =>
    [...operators].map((operator): [string, number] => [operator, TIGHT_LEVELS.length - index]),
  ),
);
/** Binary operators above membership, looser ones with the smaller number. */
const LOOSENESS: ReadonlyMap<string, number> = new Map([
  ['||', 1],
  ['&&', 2],
  ['|', 3],
  ['^', 4],
  ['&', 5],
]);

/** A full expression: an assignment or anything tighter. */
export function parseExpression(parser: Parser): Expression {
  const target = parseConditional(parser);
  const token = parser.peek();
  if (token?.kind !== 'operator' || !ASSIGNMENT_OPERATORS.has(token.text)) return target;
  parser.swallow();
  const operator = token.text as Assignment['operator'];
  const value = parser.expression();
  return { kind: 'assignment', operator, target, value, token };
}

function parseConditional(parser: Parser): Expression {
  const condition = parseLoose(parser, 1);
  const token = parser.peek();
  if (token?.kind !== 'operator' || token.text !== '?') return condition;
  parser.swallow();
  const consequent = parser.expression();
  parser.expectOperator(':');
  if (!parser.level.narrowElse)
    return { kind: 'conditional', condition, consequent, alternate: parser.expression(), token };
  parser.enter();
  const alternate = parseConditional(parser);
  parser.leave();
  return { kind: 'conditional', condition, consequent, alternate, token };
}

/** Operators of `LOOSENESS` at or above a level, by precedence climbing. */
function parseLoose(parser: Parser, lowest: number): Expression {
  let left = parseMembership(parser);
  for (;;) {
    const token = parser.peek();
    const looseness = token?.kind === 'operator' ? LOOSENESS.get(token.text) : undefined;
    if (token === undefined || looseness === undefined || looseness < lowest) return left;
    parser.swallow();
    const right = parseLoose(parser, looseness + 1);
    const operator = token.text;
    if (operator === '&&' || operator === '||') left = { kind: 'logical', operator, left, right, token };
    else left = { kind: 'binary', operator: operator as ArithmeticOperator, left, right, token };
  }
}

/** `e`, `e in arr`, `[e, *, …] in arr`; brackets around a single value mean nothing. */
function parseMembership(parser: Parser): Expression {
  const keys = parser.skipOperator('[') ? parseBracketedKeys(parser) : [parseComparison(parser)];
  const token = parser.peek();
  if (token?.kind === 'keyword' && token.text === 'in') {
    parser.swallow();
    const array = parseArrayBase(parser);
    if (array.kind === 'histogram') throw failureAt(array.token, 'bare-histogram');
    return { kind: 'membership', keys, array, token };
  }
  const [only] = keys;
  if (keys.length !== 1 || only === undefined || only.kind === 'wildcard')
    throw parser.failure('unexpected-list');
  return only;
}

function parseBracketedKeys(parser: Parser): (Expression | Wildcard)[] {
  const keys: (Expression | Wildcard)[] = [];
  for (;;) {
    const star = parser.peek();
    if (star?.kind === 'operator' && star.text === '*') {
      parser.swallow();
      keys.push({ kind: 'wildcard', token: star });
    } else {
      parser.enter();
      keys.push(parseComparison(parser));
      parser.leave();
    }
    if (parser.skipOperator(',')) continue;
    if (parser.skipOperator(']')) return keys;
    throw parser.failure('expected-list-separator');
  }
}

/** Chained comparisons, or a single match against a regular expression. */
function parseComparison(parser: Parser): Expression {
  let left = parseTight(parser, 1);
  let token = parser.peek();
  if (token?.kind === 'operator' && (token.text === '=~' || token.text === '!~')) {
    parser.swallow();
    const pattern = parseString(parser, 'expected-literal-string');
    return { kind: 'regex', operator: token.text, left, pattern, token };
  }
  while (token?.kind === 'operator' && COMPARISON_OPERATORS.has(token.text)) {
    parser.swallow();
    const operator = token.text as Comparison['operator'];
    left = { kind: 'comparison', operator, left, right: parseTight(parser, 1), token };
    token = parser.peek();
  }
  return left;
}

/** Operators of `TIGHTNESS` at or above a level, by precedence climbing. */
function parseTight(parser: Parser, lowest: number): Expression {
  let left = parseUnary(parser);
  for (;;) {
    const token = parser.peek();
    const tightness = token?.kind === 'operator' ? TIGHTNESS.get(token.text) : undefined;
    if (token === undefined || tightness === undefined || tightness < lowest) return left;
    parser.swallow();
    const right = parseTight(parser, tightness + 1);
    if (token.text === '.') left = { kind: 'concatenation', left, right, token };
    else left = { kind: 'binary', operator: token.text as ArithmeticOperator, left, right, token };
  }
}

function parseUnary(parser: Parser): Expression {
  const token = parser.peek();
  if (token?.kind !== 'operator') return parsePostfix(parser);
  if (UNARY_OPERATORS.has(token.text)) {
    parser.swallow();
    parser.enter();
    const operand = parseUnary(parser);
    parser.leave();
    return { kind: 'unary', operator: token.text as Unary['operator'], operand, token };
  }
  if (token.text === '++' || token.text === '--') {
    parser.swallow();
    return { kind: 'update', operator: token.text, prefix: true, operand: parseTarget(parser), token };
  }
  return parsePostfix(parser);
}

function parsePostfix(parser: Parser): Expression {
  const operand = parseTarget(parser);
  const token = parser.peek();
  if (token?.kind !== 'operator' || (token.text !== '++' && token.text !== '--')) return operand;
  parser.swallow();
  return { kind: 'update', operator: token.text, prefix: false, operand, token };
}
