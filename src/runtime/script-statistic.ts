import type { Int64 } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { StatisticState } from './engine-state.ts';

/**
 * A statistics aggregate as handlers use it, wherever it is: what `<<<` adds to. Count and sum of an empty one are 0; the
 * other extractors throw `ScriptError('empty aggregate')`.
 */
export interface ScriptStatistic {
  /** Kind of histogram that is kept, undefined when none is. */
  readonly shape: HistogramShape | undefined;
  /** Number of values added. */
  readonly count: number;
  /** Adds a value. */
  add(value: Int64): void;
  /** Sum of the values, wrapping. */
  sum(): Int64;
  min(): Int64;
  max(): Int64;
  /** Sum divided by count, truncated toward zero. */
  avg(): Int64;
  /**
   * Variance by Welford's integer recurrence with a 32-bit step. A scalar combines its parts around the
   * exact mean, as is done with one part per processor; an element does not.
   */
  variance(): Int64;
  /** Counts of all buckets, the underflow and overflow buckets of a linear histogram included. */
  buckets(): readonly number[];
  /** Count of one bucket; throws `ScriptError('histogram index out of range')`. */
  bucket(index: Int64): Int64;
  /** Forgets all values. */
  clear(): void;
  /** Everything it holds, for `restore`. */
  state(): StatisticState;
  /** Goes on from what another statistic held; buckets are taken only where this one keeps a histogram. */
  restore(state: StatisticState): void;
}
