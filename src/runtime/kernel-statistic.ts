import type { Int64 } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { StatisticState } from './engine-state.ts';
import type { KernelPause } from './kernel-pause.ts';
import type { ScriptStatistic } from './script-statistic.ts';
import type { Statistic } from './statistic.ts';

/** Where a statistic is kept. */
export interface StatisticStorage {
  /** What it holds now. */
  read(): Statistic;
  write(statistic: Statistic): void;
}

/** A statistic that handlers in the kernel add to. Everything is looked up when it is asked for. */
export class KernelStatistic implements ScriptStatistic {
  readonly shape: HistogramShape | undefined;
  readonly #storage: StatisticStorage;
  readonly #pause: KernelPause;

  constructor(shape: HistogramShape | undefined, storage: StatisticStorage, pause: KernelPause) {
    this.shape = shape;
    this.#storage = storage;
    this.#pause = pause;
  }

  get count(): number {
    return this.#storage.read().count;
  }

  add(value: Int64): void {
    this.#change((statistic) => {
      statistic.add(value);
    });
  }

  sum(): Int64 {
    return this.#storage.read().sum();
  }

  min(): Int64 {
    return this.#storage.read().min();
  }

  max(): Int64 {
    return this.#storage.read().max();
  }

  avg(): Int64 {
    return this.#storage.read().avg();
  }

  variance(): Int64 {
    return this.#storage.read().variance();
  }

  buckets(): readonly number[] {
    return this.#storage.read().buckets();
  }

  bucket(index: Int64): Int64 {
    return this.#storage.read().bucket(index);
  }

  clear(): void {
    this.#change((statistic) => {
      statistic.clear();
    });
  }

  state(): StatisticState {
    return this.#storage.read().state();
  }

  restore(state: StatisticState): void {
    this.#change((statistic) => {
      statistic.restore(state);
    });
  }

  #change(change: (statistic: Statistic) => void): void {
    this.#pause.request();
    const statistic = this.#storage.read();
    change(statistic);
    this.#storage.write(statistic);
  }
}
