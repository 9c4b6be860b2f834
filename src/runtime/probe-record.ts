import type { CompiledProbe } from '../module/compiled-module.ts';
import type { TimingState } from './engine-state.ts';
import type { HandlerTiming } from './handler-timing.ts';

/** A probe as tools show it. Times are nanoseconds; absent until it ran while times were taken. */
export interface ProbeView {
  /** Place among the module's probes. */
  readonly index: number;
  readonly pp: string;
  readonly location: string;
  readonly on: boolean;
  /** How often its handler ran. */
  readonly hits: number;
  readonly minNs?: number;
  readonly avgNs?: number;
  readonly maxNs?: number;
  /** How many runs the times are of, and how long these took together. */
  readonly timedHits?: number;
  readonly totalNs?: number;
}

/** What an engine keeps about one probe: whether it is on, how often and, when times are taken, how long it ran. */
export class ProbeRecord {
  readonly probe: CompiledProbe;
  readonly index: number;
  /** Off: its handler is passed over. */
  on = true;
  /** How often its handler ran here. */
  hits = 0;
  readonly #hitsInKernel: () => number;
  #timedHits = 0;
  #totalNs = 0n;
  #minNs = 0n;
  #maxNs = 0n;

  /** `hitsInKernel`: how often its handler ran there so far. */
  constructor(probe: CompiledProbe, index: number, hitsInKernel: () => number = () => 0) {
    this.probe = probe;
    this.index = index;
    this.#hitsInKernel = hitsInKernel;
  }

  /** Adds the time of one run, which `hits` counts already. */
  addTime(durationNs: bigint): void {
    if (this.#timedHits === 0 || durationNs < this.#minNs) this.#minNs = durationNs;
    if (durationNs > this.#maxNs) this.#maxNs = durationNs;
    this.#timedHits += 1;
    this.#totalNs += durationNs;
  }

  /** What was collected so far. */
  timing(): HandlerTiming {
    return { probe: this.probe, ...this.state() };
  }

  /** What was collected so far, for `restore`. */
  state(): TimingState {
    const hits = this.hits + this.#hitsInKernel();
    const [timedHits, totalNs, minNs, maxNs] = [this.#timedHits, this.#totalNs, this.#minNs, this.#maxNs];
    return { hits, timedHits, totalNs, minNs, maxNs };
  }

  /** Goes on from what another record collected. */
  restore(state: TimingState): void {
    // What is counted in the kernel may have come along.
    this.hits = state.hits - this.#hitsInKernel();
    this.#timedHits = state.timedHits;
    this.#totalNs = state.totalNs;
    this.#minNs = state.minNs;
    this.#maxNs = state.maxNs;
  }

  /** As tools show it. */
  view(): ProbeView {
    const { index, on } = this;
    const hits = this.hits + this.#hitsInKernel();
    const { pp, location } = this.probe;
    const view = { index, pp, location, on, hits };
    const timedHits = this.#timedHits;
    if (timedHits === 0) return view;
    const avgNs = Number(this.#totalNs / BigInt(timedHits));
    const [minNs, maxNs] = [Number(this.#minNs), Number(this.#maxNs)];
    return { ...view, minNs, avgNs, maxNs, timedHits, totalNs: Number(this.#totalNs) };
  }
}
