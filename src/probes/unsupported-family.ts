import type { ProbePoint } from '../ast/declaration.ts';
import { UNSUPPORTED_FAMILY } from './pattern-tree.ts';
import { pointDiagnostic } from './point-error.ts';
import { pointToken } from './point-text.ts';
import type { ProbeFamily } from './probe-family.ts';
import { DiagnosticError } from '../diagnostic/diagnostic.ts';

/** A family whose points are known but cannot fire in this version. */
export function unsupportedFamily(
  name: string,
  patterns: readonly string[],
  unprivileged: boolean,
): ProbeFamily {
  return { name, patterns, unprivileged, build: refuse };
}

/** Components of points that only debugging information can place. */
const NEEDS_DEBUGGING_INFORMATION = /^(?:callees?|label|nearest|statement)$/;

function refuse(point: ProbePoint): never {
  const needsDebugging = point.components.some(({ name }) => NEEDS_DEBUGGING_INFORMATION.test(name));
  const reason = needsDebugging ? ': it needs debugging information, which is not read' : '';
  throw new DiagnosticError({
    ...pointDiagnostic(
      UNSUPPORTED_FAMILY,
      `this version does not provide this probe point${reason}`,
      pointToken(point),
    ),
    hint: 'Mark the probe point optional with a trailing "?" to go without it.',
  });
}
