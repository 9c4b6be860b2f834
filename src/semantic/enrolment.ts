import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { semanticError } from './messages.ts';
import type { DerivedProbe } from './program.ts';

/** Reports procfs files with more than one read probe, after equal points have been merged. */
export function checkEnrolment(probes: readonly DerivedProbe[], sink: DiagnosticSink): void {
  const readPaths = new Set<string>();
  for (const { event } of probes) {
    if (event.family !== 'procfs' || event.access !== 'read') continue;
    if (readPaths.has(event.path)) {
      const message = `only one read procfs probe can exist for procfs path "${event.path}"`;
      sink.report(semanticError('procfs-two-readers', message));
    }
    readPaths.add(event.path);
  }
}
