import type { Block } from '../../ast/statement.ts';
import { pointText } from '../../probes/point-text.ts';
import type { DerivedProbe } from '../program.ts';
import type { OptimiseContext } from './optimise-context.ts';

/** Drops probes with nothing left to do; they are not registered at run time. */
export function dropEmptyProbes({ draft, warn }: OptimiseContext): void {
  draft.probes = draft.probes.filter((probe) => {
    if (!isEmptyBody(probe.body)) return true;
    if (!probe.synthetic)
      warn('empty-probe', `Probe '${firstComponent(probe)}' has been elided`, probe.token);
    return false;
  });
}

function isEmptyBody(body: Block): boolean {
  return body.statements.every(
    (statement) => statement.kind === 'null' || (statement.kind === 'block' && isEmptyBody(statement)),
  );
}

function firstComponent({ point }: DerivedProbe): string {
  return point.components[0]?.name ?? pointText(point);
}
