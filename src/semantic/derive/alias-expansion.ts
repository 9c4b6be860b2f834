import type { AliasDeclaration, ProbePoint } from '../../ast/declaration.ts';
import type { Expression } from '../../ast/expression.ts';
import type { Block } from '../../ast/statement.ts';
import type { Token } from '../../source/token.ts';
import { describePlace } from '../../diagnostic/render.ts';
import { pointError } from '../../probes/point-error.ts';
import { pointText, pointToken } from '../../probes/point-text.ts';
import { answerProbewrite } from './probewrite.ts';

/** Aliases behind one another; libraries have fewer than ten. */
const DEPTH_LIMIT = 200;

/** A probe on the way to its events: what the user wrote, or what an alias made of it. */
export interface ProbeUse {
  readonly points: readonly ProbePoint[];
  readonly body: Block;
  /** The keyword `probe`, or the point of the use behind which an alias was found. */
  readonly token: Token;
  /** The step that led here; absent for what the user wrote. */
  readonly expansion?: {
    readonly alias: AliasDeclaration;
    /** The use of the alias, wildcards expanded as far as they name the alias. */
    readonly point: ProbePoint;
    readonly from: ProbeUse;
  };
}

/**
 * The use of an alias, one level expanded: the points of the alias with the suffix of the use and the condition of
 * both, and the bodies joined as the alias says.
 * @throws DiagnosticError when the alias leads back to itself
 */
export function expandAlias(
  alias: AliasDeclaration,
  use: ProbeUse,
  point: ProbePoint,
  suffixStart: number,
): ProbeUse {
  const token = pointToken(point);
  if (isRecursive(use))
    throw pointError(
      'alias-recursion',
      `recursive loop in alias expansion of ${pointText(point)} at ${describePlace(token)}`,
    );
  if (expansionsOf(use).length >= DEPTH_LIMIT)
    throw pointError('alias-too-deep', `aliases nested too deeply (more than ${DEPTH_LIMIT} levels)`);
  const suffix = point.components.slice(suffixStart);
  const points = alias.points.map((location) => {
    const condition = bothConditions(location.condition, point.condition);
    return {
      ...location,
      components: [...location.components, ...suffix],
      ...(condition !== undefined && { condition }),
    };
  });
  return { points, body: joinBodies(alias, use.body), token, expansion: { alias, point, from: use } };
}

/** The steps from the innermost alias outwards to the user's probe, which is not among them. */
export function expansionsOf(use: ProbeUse): readonly NonNullable<ProbeUse['expansion']>[] {
  const steps = [];
  for (let step = use.expansion; step !== undefined; step = step.from.expansion) steps.push(step);
  return steps;
}

/** Has the alias that gave this use been expanded on the way to it before? */
function isRecursive(use: ProbeUse): boolean {
  const [current, ...outer] = expansionsOf(use);
  return current !== undefined && outer.some((step) => step.alias === current.alias);
}

function bothConditions(
  inner: Expression | undefined,
  outer: Expression | undefined,
): Expression | undefined {
  if (inner === undefined) return outer;
  if (outer === undefined) return inner;
  return { kind: 'logical', operator: '&&', left: inner, right: outer, token: inner.token };
}

function joinBodies(alias: AliasDeclaration, body: Block): Block {
  const own = answerProbewrite(alias.body, body);
  const statements =
    alias.operator === '+='
      ? [body, own]
      : [own, body, ...(alias.epilogue === undefined ? [] : [answerProbewrite(alias.epilogue, body)])];
  return { kind: 'block', statements, token: body.token };
}
