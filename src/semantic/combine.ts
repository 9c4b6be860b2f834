import type { ProbeEvent } from '../module/probe-event.ts';
import { pointText } from '../probes/point-text.ts';
import type { Draft } from './draft.ts';
import type { DerivedProbe } from './program.ts';

/** Upstream's limit of handlers in one combined probe. */
const BATCH = 32;

/**
 * Merges probes at identical points (same printed text and instruction, no condition, not synthetic) into the first of them, in
 * batches; `DerivedProbe.merged` says what that means at run time. Each line for high verbosity goes to `note`.
 */
export function combineProbes(draft: Draft, note: (line: string) => void): void {
  const groups = new Map<string, DerivedProbe[]>();
  for (const probe of draft.probes) {
    if (probe.condition !== undefined || probe.synthetic) continue;
    const text = pointText(probe.point) + placeText(probe.event);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [probe]);
    else group.push(probe);
  }
  const absorbed = new Set<DerivedProbe>();
  for (const [text, group] of groups) {
    if (group.length < 2) continue;
    note(`Combining ${group.length} probe handlers for probe point: ${text}`);
    for (let start = 0; start < group.length; start += BATCH) {
      const [first, ...rest] = group.slice(start, start + BATCH);
      if (first === undefined || rest.length === 0) continue;
      first.merged = rest;
      for (const probe of rest) absorbed.add(probe);
    }
  }
  if (absorbed.size === 0) return;
  note(`Removing ${absorbed.size} duplicate probes`);
  draft.probes = draft.probes.filter((probe) => !absorbed.has(probe));
  note(`After combining: ${draft.probes.length} probes remain`);
}

/** A mark or function can be at several places, which share the text of their point. */
function placeText(event: ProbeEvent): string {
  return event.family === 'user' ? ` (${event.path}+0x${event.offset.toString(16)})` : '';
}
