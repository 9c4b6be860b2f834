import type { CompiledModule } from '../../module/compiled-module.ts';

/** Probes of one place in the script with the same answer get a line each up to so many. */
const MOST_ALIKE = 20;

/**
 * `probe kernel.trace("sched_switch") at FILE:L:C: deferred: calls sprintf`, a line for each probe of the kernel, or for
 * many of the same place one: `probe syscall.open and 363 others at FILE:L:C: deferred: calls sprintf`. And one for each
 * file that an iterator was asked to serve.
 */
export function placementLines({ kernel, probes }: CompiledModule): readonly string[] {
  if (kernel === undefined) return [];
  const groups = new Map<string, string[]>();
  for (const [index, { pp, location }] of probes.entries()) {
    const answer = answerFor(kernel, index);
    if (answer === undefined) continue;
    const text = `at ${location}: ${answer}`;
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [pp]);
    else group.push(pp);
  }
  return [...groups].flatMap(([answer, points]) =>
    points.length > MOST_ALIKE
      ? [`probe ${points[0] ?? ''} and ${points.length - 1} others ${answer}`]
      : points.map((point) => `probe ${point} ${answer}`),
  );
}

function answerFor(kernel: NonNullable<CompiledModule['kernel']>, probe: number): string | undefined {
  const file = kernel.files?.find((one) => one.probe === probe);
  if (file !== undefined)
    return `file served by ${'program' in file ? 'the kernel' : `its handler, which ${file.reason}`}`;
  const placement = kernel.placements[probe];
  if (placement === undefined) return undefined;
  return placement.where === 'kernel' ? 'in the kernel' : `deferred: ${placement.reason}`;
}
