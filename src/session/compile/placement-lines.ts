import type { CompiledModule } from '../../module/compiled-module.ts';

/**
 * `probe kernel.trace("sched_switch") at FILE:L:C: deferred: calls sprintf`, a line for each probe of the kernel, and one
 * for each file that an iterator was asked to serve.
 */
export function placementLines({ kernel, probes }: CompiledModule): readonly string[] {
  if (kernel === undefined) return [];
  return probes.flatMap(({ pp, location }, index) => {
    const file = kernel.files?.find(({ probe }) => probe === index);
    if (file !== undefined) {
      const server = 'program' in file ? 'the kernel' : `its handler, which ${file.reason}`;
      return [`probe ${pp} at ${location}: file served by ${server}`];
    }
    const placement = kernel.placements[index];
    if (placement === undefined) return [];
    const where = placement.where === 'kernel' ? 'in the kernel' : `deferred: ${placement.reason}`;
    return [`probe ${pp} at ${location}: ${where}`];
  });
}
