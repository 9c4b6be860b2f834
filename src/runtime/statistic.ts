import { add, div, mul, sub } from '../int64/arithmetic.ts';
import { shl, shr } from '../int64/bits.ts';
import { toInt32 } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { StatisticState } from './engine-state.ts';
import { ScriptError } from './handler-context.ts';
import { bucketCount, bucketOf } from './histogram-buckets.ts';
import type { ScriptStatistic } from './script-statistic.ts';

/** A statistics aggregate in memory of our own. */
export class Statistic implements ScriptStatistic {
  readonly #shape: HistogramShape | undefined;
  readonly #varianceShift: number | undefined;
  readonly #perElement: boolean;
  #count = 0;
  #sum: Int64 = 0;
  #min: Int64 = 0;
  #max: Int64 = 0;
  #buckets: number[] | undefined;
  /** Running mean of the values times 2^shift, and sum of squared distances from it, both wrapping. */
  #scaledMean: Int64 = 0;
  #squares: Int64 = 0;

  /**
   * `varianceShift`: bit shift of `@variance`, undefined when the program never asks for a variance, which
   * makes adding cheaper. `perElement`: element of an array rather than a scalar; their variances differ.
   */
  constructor(shape: HistogramShape | undefined, varianceShift: number | undefined, perElement: boolean) {
    this.#shape = shape;
    this.#varianceShift = varianceShift;
    this.#perElement = perElement;
  }

  get shape(): HistogramShape | undefined {
    return this.#shape;
  }

  get count(): number {
    return this.#count;
  }

  add(value: Int64): void {
    if (this.#count === 0) {
      this.#min = value;
      this.#max = value;
    } else if (value < this.#min) this.#min = value;
    else if (value > this.#max) this.#max = value;
    this.#count += 1;
    this.#sum = add(this.#sum, value);
    if (this.#varianceShift !== undefined) this.#addToVariance(value, this.#varianceShift);
    if (this.#shape !== undefined) this.#addToHistogram(value, this.#shape);
  }

  sum(): Int64 {
    return this.#sum;
  }

  min(): Int64 {
    this.#requireValues();
    return this.#min;
  }

  max(): Int64 {
    this.#requireValues();
    return this.#max;
  }

  avg(): Int64 {
    this.#requireValues();
    return div(this.#sum, this.#count);
  }

  variance(): Int64 {
    this.#requireValues();
    const count = this.#count;
    const shift = this.#varianceShift ?? 0;
    if (count < 2) return 0;
    const inner = div(this.#squares, count - 1);
    if (this.#perElement) return shr(inner, 2 * shift);
    const distance = sub(this.#scaledMean, div(shl(this.#sum, shift), count));
    const between = mul(count, mul(distance, distance));
    return shr(div(add(between, mul(count - 1, inner)), count - 1), 2 * shift);
  }

  buckets(): readonly number[] {
    this.#requireValues();
    return this.#buckets ?? [];
  }

  bucket(index: Int64): Int64 {
    const count = this.buckets()[Number(index)];
    if (count === undefined) throw new ScriptError('histogram index out of range');
    return count;
  }

  clear(): void {
    this.#count = 0;
    this.#sum = 0;
    this.#scaledMean = 0;
    this.#squares = 0;
    this.#buckets = undefined;
  }

  state(): StatisticState {
    return {
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
      scaledMean: this.#scaledMean,
      squares: this.#squares,
      buckets: this.#buckets?.slice(),
    };
  }

  restore(state: StatisticState): void {
    this.#count = state.count;
    this.#sum = state.sum;
    this.#min = state.min;
    this.#max = state.max;
    this.#scaledMean = state.scaledMean;
    this.#squares = state.squares;
    this.#buckets = this.#shape === undefined ? undefined : state.buckets?.slice();
  }

  #requireValues(): void {
    if (this.#count === 0) throw new ScriptError('empty aggregate');
  }

  #addToVariance(value: Int64, shift: number): void {
    const scaled = shift === 0 ? value : shl(value, shift);
    if (this.#count === 1) {
      this.#scaledMean = scaled;
      this.#squares = 0;
      return;
    }
    const step = toInt32(sub(scaled, this.#scaledMean));
    this.#scaledMean = add(this.#scaledMean, Math.trunc(step / this.#count));
    this.#squares = add(this.#squares, mul(step, sub(scaled, this.#scaledMean)));
  }

  #addToHistogram(value: Int64, shape: HistogramShape): void {
    this.#buckets ??= new Array<number>(bucketCount(shape)).fill(0);
    const index = bucketOf(shape, value);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }
}
