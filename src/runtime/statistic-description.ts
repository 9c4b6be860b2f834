import { fromBigInt } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import { LOG_ZERO_BUCKET } from './histogram-buckets.ts';
import type { ScriptStatistic } from './script-statistic.ts';

/** A bucket of a histogram that counts the values from `low` to `high`, both included; undefined: no bound. */
export interface BucketDescription {
  readonly low?: Int64;
  readonly high?: Int64;
  readonly count: number;
}

/** The histogram of a statistic that has values: from the first to the last bucket that has counted something. */
export interface HistogramDescription {
  readonly kind: 'log' | 'linear';
  readonly buckets: readonly BucketDescription[];
}

/** What a statistic holds, for tools. Without values there is only `count`. */
export interface StatisticDescription {
  readonly count: number;
  readonly sum?: Int64;
  readonly min?: Int64;
  readonly max?: Int64;
  readonly avg?: Int64;
  /** When the script makes a histogram of it. */
  readonly histogram?: HistogramDescription;
}

type LinearShape = Extract<HistogramShape, { kind: 'linear' }>;
type Bounds = Omit<BucketDescription, 'count'>;

const LARGEST = 2n ** 63n - 1n;
const SMALLEST = -(2n ** 63n);

/** What the statistic holds now. */
export function describeStatistic(statistic: ScriptStatistic): StatisticDescription {
  const { count, shape } = statistic;
  if (count === 0) return { count };
  return {
    count,
    sum: statistic.sum(),
    min: statistic.min(),
    max: statistic.max(),
    avg: statistic.avg(),
    ...(shape !== undefined && { histogram: describeHistogram(shape, statistic.buckets()) }),
  };
}

function describeHistogram(shape: HistogramShape, counts: readonly number[]): HistogramDescription {
  const first = counts.findIndex((count) => count > 0);
  const buckets: BucketDescription[] = [];
  if (first >= 0) {
    const last = counts.findLastIndex((count) => count > 0);
    for (let index = first; index <= last; index++)
      buckets.push({ ...boundsOf(shape, index, counts.length), count: counts[index] ?? 0 });
  }
  return { kind: shape.kind, buckets };
}

function boundsOf(shape: HistogramShape, index: number, length: number): Bounds {
  return shape.kind === 'log' ? logBounds(index - LOG_ZERO_BUCKET) : linearBounds(shape, index, length);
}

/** `step`: 0 for the value 0, n for 2^(n-1) to 2^n - 1, -n for the same with a minus sign. */
function logBounds(step: number): Bounds {
  if (step === 0) return { low: 0, high: 0 };
  const near = 2n ** BigInt(Math.abs(step) - 1);
  const far = 2n * near - 1n;
  return step > 0 ? bounds(near, far) : bounds(-far, -near);
}

function linearBounds({ low, width }: LinearShape, index: number, length: number): Bounds {
  const start = BigInt(low) + BigInt(width) * BigInt(index - 1);
  if (index === 0) return bounds(undefined, BigInt(low) - 1n);
  return index === length - 1 ? bounds(start, undefined) : bounds(start, start + BigInt(width) - 1n);
}

function bounds(low: bigint | undefined, high: bigint | undefined): Bounds {
  return {
    ...(low !== undefined && { low: clamped(low) }),
    ...(high !== undefined && { high: clamped(high) }),
  };
}

function clamped(value: bigint): Int64 {
  return fromBigInt(value < SMALLEST ? SMALLEST : value > LARGEST ? LARGEST : value);
}
