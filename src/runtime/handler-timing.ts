import type { CompiledProbe } from '../module/compiled-module.ts';

/** How often a handler ran and how long it took. */
export interface HandlerTiming {
  readonly probe: CompiledProbe;
  readonly hits: number;
  readonly totalNs: bigint;
  readonly minNs: bigint;
  readonly maxNs: bigint;
}

/** Collects the run times of one handler. */
export class HandlerTimer {
  readonly #probe: CompiledProbe;
  #hits = 0;
  #totalNs = 0n;
  #minNs = 0n;
  #maxNs = 0n;

  constructor(probe: CompiledProbe) {
    this.#probe = probe;
  }

  /** Adds one run. */
  add(durationNs: bigint): void {
    if (this.#hits === 0 || durationNs < this.#minNs) this.#minNs = durationNs;
    if (durationNs > this.#maxNs) this.#maxNs = durationNs;
    this.#hits += 1;
    this.#totalNs += durationNs;
  }

  /** What was collected so far. */
  timing(): HandlerTiming {
    const { totalNs, minNs, maxNs } = { totalNs: this.#totalNs, minNs: this.#minNs, maxNs: this.#maxNs };
    return { probe: this.#probe, hits: this.#hits, totalNs, minNs, maxNs };
  }
}

/** The probe hit report of `-t`: one line per handler that ran, numbered in module order. */
export function timingReport(timings: readonly HandlerTiming[]): string {
  const lines = timings.flatMap((timing, index) => {
    const { probe, hits, minNs, totalNs, maxNs } = timing;
    if (hits === 0) return [];
    const from = probe.derivation.map((point) => `, from: ${point}`).join('');
    const times = `${minNs}min/${totalNs / BigInt(hits)}avg/${maxNs}max`;
    return [
      `${probe.pp}, (${probe.location}), hits: ${hits}, nsecs: ${times}, variance: 0${from}, index: ${index}\n`,
    ];
  });
  return `----- probe hit report: \n${lines.join('')}`;
}
