import type { CompiledModule } from '../../module/compiled-module.ts';

/** `probe kernel.trace("sched_switch") at FILE:L:C: deferred: calls sprintf`, a line for each probe of the kernel. */
export function placementLines({ kernel, probes }: CompiledModule): readonly string[] {
  if (kernel === undefined) return [];
  return probes.flatMap(({ pp, location }, index) => {
    const placement = kernel.placements[index];
    if (placement === undefined) return [];
    const where = placement.where === 'kernel' ? 'in the kernel' : `deferred: ${placement.reason}`;
    return [`probe ${pp} at ${location}: ${where}`];
  });
}
