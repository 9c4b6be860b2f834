import type { GlobalDescription, ModuleDescription } from '../control/protocol.ts';
import type { ModuleObserver } from './module-observer.ts';

const SAMPLE_MS = 1000;
/** Ten minutes. */
const SAMPLES = 600;
/** Most variables that are followed; those declared first. */
const MAX_SERIES = 200;

/** What variables have been, oldest first; null where there was nothing. */
export interface HistoryView {
  readonly timesMs: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/**
 * Numbers of a module once a second for the last ten minutes: scalars, and the counts of statistics. It asks as long as it is
 * open; seconds in which the module does not answer are left out.
 */
export class ModuleHistory {
  readonly #observer: ModuleObserver;
  readonly #timer: NodeJS.Timeout;
  readonly #series = new Map<string, Float64Array>();
  readonly #timesMs = new Float64Array(SAMPLES);
  #count = 0;
  #isAsking = false;

  constructor(observer: ModuleObserver) {
    this.#observer = observer;
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS).unref();
    void this.#sample();
  }

  /** What is remembered now. */
  view(): HistoryView {
    const places = this.#places();
    const series = [...this.#series].map(([name, ring]) => {
      const values = places.map((place) => ring[place] ?? NaN);
      return { name, values: values.map((value) => (Number.isNaN(value) ? null : value)) };
    });
    return { timesMs: places.map((place) => this.#timesMs[place] ?? 0), series };
  }

  /** Adds what a module tells, as of now. */
  add(state: ModuleDescription, timeMs: number): void {
    const place = this.#count % SAMPLES;
    this.#count += 1;
    this.#timesMs[place] = timeMs;
    for (const ring of this.#series.values()) ring[place] = NaN;
    for (const global of state.globals) {
      const value = followed(global);
      if (value === undefined) continue;
      const ring = this.#ring(global.name);
      if (ring !== undefined) ring[place] = value;
    }
    this.#dropForgotten();
  }

  /** It asks no more. What is remembered stays. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #sample(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.add(await this.#observer.describe(SAMPLE_MS / 2), Date.now());
    } catch {
      // A stopped module, or none any more: there is nothing to add.
    } finally {
      this.#isAsking = false;
    }
  }

  #ring(name: string): Float64Array | undefined {
    const known = this.#series.get(name);
    if (known !== undefined || this.#series.size >= MAX_SERIES) return known;
    const ring = new Float64Array(SAMPLES).fill(NaN);
    this.#series.set(name, ring);
    return ring;
  }

  /** Variables of scripts that ran here before, once nothing of them is remembered. */
  #dropForgotten(): void {
    for (const [name, ring] of this.#series) if (ring.every(Number.isNaN)) this.#series.delete(name);
  }

  /** Of the samples, oldest first. */
  #places(): readonly number[] {
    const length = Math.min(this.#count, SAMPLES);
    return Array.from({ length }, (_, index) => (this.#count - length + index) % SAMPLES);
  }
}

function followed({ type, hidden, elements, value }: GlobalDescription): number | undefined {
  if (hidden === true || elements !== undefined) return undefined;
  if (type === 'long')
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
  if (type === 'string' || typeof value !== 'object' || value === null || !('count' in value))
    return undefined;
  return typeof value.count === 'number' ? value.count : undefined;
}
