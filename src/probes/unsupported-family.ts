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

function refuse(point: ProbePoint): never {
  throw new DiagnosticError({
    ...pointDiagnostic(
      UNSUPPORTED_FAMILY,
      'probe point needs kernel or process probes, which this version does not provide',
      pointToken(point),
    ),
    hint: 'Use procfs, timer, begin, end and error probes, or mark the probe point optional with a trailing "?".',
  });
}
