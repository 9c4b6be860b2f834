import type { CompiledProbe } from '../module/compiled-module.ts';
import type { TimingState } from './engine-state.ts';

/** How often a handler ran and how long it took. */
export interface HandlerTiming extends TimingState {
  readonly probe: CompiledProbe;
}

/** The probe hit report of `-t`: one line per handler that ran, numbered in module order. */
export function timingReport(timings: readonly HandlerTiming[]): string {
  const lines = timings.flatMap((timing, index) => {
    const { probe, hits, timedHits, minNs, totalNs, maxNs } = timing;
    if (hits === 0) return [];
    const from = probe.derivation.map((point) => `, from: ${point}`).join('');
    const averageNs = timedHits === 0 ? 0n : totalNs / BigInt(timedHits);
    const times = `${minNs}min/${averageNs}avg/${maxNs}max`;
    return [
      `${probe.pp}, (${probe.location}), hits: ${hits}, nsecs: ${times}, variance: 0${from}, index: ${index}\n`,
    ];
  });
  return `----- probe hit report: \n${lines.join('')}`;
}
