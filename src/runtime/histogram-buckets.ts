import type { Int64 } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';

/** Number of buckets of a logarithmic histogram, and the one that counts the value 0. */
export const LOG_BUCKETS = 128;
export const LOG_ZERO_BUCKET = 64;
/** Buckets of a linear histogram besides those of whole steps: underflow, the last step, overflow. */
const LINEAR_EXTRA_BUCKETS = 3;
const LINEAR_BUCKETS_MAX = 128;

type LinearShape = Extract<HistogramShape, { kind: 'linear' }>;

/** Number of buckets. A linear histogram has underflow first and overflow last. */
export function bucketCount(shape: HistogramShape): number {
  return shape.kind === 'log' ? LOG_BUCKETS : linearBucketCount(shape);
}

/** Bucket that counts a value. */
export function bucketOf(shape: HistogramShape, value: Int64): number {
  return shape.kind === 'log' ? logBucket(value) : linearBucket(shape, value);
}

/**
 * Warning (one text of one or three lines) about parameters no histogram can have; the session then ends
 * before any probe runs. Undefined when they are fine.
 */
export function histogramShapeProblem(shape: HistogramShape): string | undefined {
  if (shape.kind === 'log') return undefined;
  if (shape.width === 0) return 'histogram: interval cannot be zero.';
  const count = linearBucketCount(shape);
  if (count >= LINEAR_EXTRA_BUCKETS && count <= LINEAR_BUCKETS_MAX) return undefined;
  return [
    'histogram: Number of buckets must be between 1 and 126',
    'Number_of_buckets = (stop - start) / interval.',
    'Please adjust your start, stop, and interval values.',
  ].join('\n');
}

function linearBucketCount(shape: LinearShape): number {
  const { low, high, width } = shape;
  // Asked for each value that is added, so small numbers do without bigint.
  const range = typeof low === 'number' && typeof high === 'number' ? high - low : Infinity;
  const steps =
    typeof width === 'number' && Number.isSafeInteger(range)
      ? Math.trunc(range / width)
      : Number((BigInt(high) - BigInt(low)) / BigInt(width));
  return steps + LINEAR_EXTRA_BUCKETS;
}

function linearBucket(shape: LinearShape, value: Int64): number {
  const { low, width } = shape;
  if (value < low) return 0;
  const overflow = linearBucketCount(shape) - 1;
  const step =
    typeof value === 'number' && typeof low === 'number' && typeof width === 'number'
      ? Math.floor((value - low) / width)
      : Number((BigInt(value) - BigInt(low)) / BigInt(width));
  return Math.min(step + 1, overflow);
}

function logBucket(value: Int64): number {
  if (value === 0) return LOG_ZERO_BUCKET;
  return value > 0 ? LOG_ZERO_BUCKET + 1 + floorLog2(value) : LOG_ZERO_BUCKET - 1 - floorLog2(-value);
}

/** Position of the highest one bit of a positive value of at most 2^63. */
function floorLog2(value: number | bigint): number {
  const high = typeof value === 'number' ? Math.floor(value / 2 ** 32) : Number(value >> 32n);
  return high === 0 ? 31 - Math.clz32(Number(value)) : 63 - Math.clz32(high);
}
