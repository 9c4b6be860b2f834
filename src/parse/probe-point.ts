import type { ProbePoint, ProbePointComponent } from '../ast/declaration.ts';
import type { Expression } from '../ast/expression.ts';
import type { Token } from '../source/token.ts';
import { parseLiteral } from './literal.ts';
import { failureAt } from './parse-failure.ts';
import type { Parser } from './parser.ts';

/** Braces multiply: more points than this is a mistake, or an attack. */
const POINT_LIMIT = 100_000;

/** What may follow the last component. */
interface PointSuffix {
  readonly optional: boolean;
  readonly sufficient: boolean;
  readonly condition?: Expression;
}

/** One element of a probe point list: several points when it has braces. */
export function parsePoints(parser: Parser): ProbePoint[] {
  parser.enter();
  const heads = parseComponent(parser);
  const points = parser.skipOperator('.')
    ? combine(parser, heads, parsePoints(parser))
    : applySuffix(parser, heads, parseSuffix(parser));
  parser.leave();
  return points;
}

/** One component; each alternative of a brace group is a whole point already. */
function parseComponent(parser: Parser): ProbePoint[] {
  const token = parser.next();
  if (token.kind === 'operator' && token.text === '{') {
    parser.forgetSeen();
    const points: ProbePoint[] = [];
    do points.push(...parsePoints(parser));
    while (parser.skipOperator(','));
    parser.expectOperator('}');
    return points;
  }
  if (!isNamePiece(token)) throw parser.failure('expected-point-component');
  const name = parseName(parser, token);
  const component: ProbePointComponent = parser.skipOperator('(')
    ? { name, argument: parseArgument(parser), token }
    : { name, token };
  return [{ components: [component], optional: false, sufficient: false, token }];
}

function parseArgument(parser: Parser): ReturnType<typeof parseLiteral> {
  const argument = parseLiteral(parser);
  parser.expectOperator(')');
  return argument;
}

/** Words and stars that follow each other without white space are one name. */
function parseName(parser: Parser, first: Token): string {
  let name = first.text;
  for (let piece = parser.peek(); piece !== undefined && isNamePiece(piece); piece = parser.peek()) {
    if (piece.spaceBefore) break;
    name += piece.text;
    parser.next();
  }
  return name;
}

function isNamePiece(token: Token): boolean {
  return (
    token.kind === 'identifier' ||
    token.kind === 'keyword' ||
    (token.kind === 'operator' && token.text === '*')
  );
}

function combine(parser: Parser, heads: readonly ProbePoint[], tails: readonly ProbePoint[]): ProbePoint[] {
  if (heads.length * tails.length > POINT_LIMIT) throw parser.failure('too-many-points', [POINT_LIMIT]);
  const early = heads.find(({ optional, condition }) => optional || condition !== undefined);
  if (early !== undefined) throw failureAt(early.token, 'point-suffix');
  return heads.flatMap((head) =>
    tails.map((tail) => ({
      ...tail,
      components: [...head.components, ...tail.components],
      token: head.token,
    })),
  );
}

function parseSuffix(parser: Parser): PointSuffix {
  const sufficient = parser.skipOperator('!');
  const optional = sufficient || parser.skipOperator('?');
  if (!parser.peekKeyword('if')) return { optional, sufficient };
  parser.swallow();
  parser.expectOperator('(');
  const condition = parser.expression();
  parser.expectOperator(')');
  return { optional, sufficient, condition };
}

/** The points with a suffix added; a group's own suffixes must not say the same thing already. */
function applySuffix(
  parser: Parser,
  points: readonly ProbePoint[],
  { optional, sufficient, condition }: PointSuffix,
): ProbePoint[] {
  return points.map((point) => {
    if (optional && point.optional) throw failureAt(point.token, 'point-optional-twice');
    if (condition !== undefined && point.condition !== undefined)
      throw failureAt(point.token, 'point-condition-twice');
    return {
      ...point,
      optional: optional || point.optional,
      sufficient: sufficient || point.sufficient,
      ...(condition && { condition }),
    };
  });
}
