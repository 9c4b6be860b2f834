import type { AliasDeclaration, ProbePoint } from '../../ast/declaration.ts';
import { compareBytes } from '../../probes/similar-names.ts';

/**
 * The lines of `stap --dump-probe-aliases`: `NAME = POINT, POINT` or `NAME += …`, sorted, each once. Names that
 * begin with `_` are left out unless `hidden` is set (`-v`). `pointText` gives a point with its marks and condition.
 */
export function listProbeAliases(
  aliases: readonly AliasDeclaration[],
  hidden: boolean,
  pointText: (point: ProbePoint) => string,
): readonly string[] {
  const lines = aliases
    .filter((alias) => hidden || alias.name.components[0]?.name.startsWith('_') !== true)
    .map((alias) => `${pointText(alias.name)} ${alias.operator} ${alias.points.map(pointText).join(', ')}`);
  return [...new Set(lines)].sort(compareBytes);
}
