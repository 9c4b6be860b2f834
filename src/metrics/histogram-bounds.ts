import type { BucketDescription } from '../control/protocol.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { HistogramSample } from './metric-family.ts';

/**
 * Logarithmic histograms have the bounds 0, 1, 3, 7 … 2^48 - 1, always all of them: when hosts or elements had different
 * ones, `sum by (le)` would add up what does not belong together, and a bucket that comes later has lost its first values
 * for `rate`. 2^48 is three days of nanoseconds, or 256 TiB; what is larger is in `+Inf`.
 */
const LOG_STEPS = 48;

type Buckets = HistogramSample['buckets'];

/** What was counted, in buckets with the bounds that the shape gives, whatever there is; ascending. */
export function histogramBuckets(shape: HistogramShape, counted: readonly BucketDescription[]): Buckets {
  const positive = shape.kind === 'log' ? logBounds() : linearBounds(shape);
  const bounds = [...negativeBounds(counted, positive[0] ?? 0), ...positive];
  const counts = bounds.map(() => 0);
  for (const { high, count } of counted) {
    if (high === undefined) continue;
    const place = bounds.findIndex((bound) => Number(high) <= bound);
    if (place >= 0) counts[place] = (counts[place] ?? 0) + count;
  }
  return bounds.map((upperBound, index) => ({ upperBound, count: counts[index] ?? 0 }));
}

function logBounds(): readonly number[] {
  return Array.from({ length: LOG_STEPS + 1 }, (_, step) => 2 ** step - 1);
}

/** Bounds at or above zero; values below the first step are in its bucket, as buckets count all that is smaller. */
function linearBounds(shape: Extract<HistogramShape, { kind: 'linear' }>): readonly number[] {
  const [low, high, width] = [Number(shape.low), Number(shape.high), Number(shape.width)];
  const steps = Math.trunc((high - low) / width) + 1;
  if (!(steps >= 0 && steps <= MAX_LINEAR_STEPS)) return [];
  const bounds = Array.from({ length: steps + 1 }, (_, step) => low + step * width - 1);
  return bounds.filter((bound) => bound >= 0);
}

/** A script cannot ask for more. */
const MAX_LINEAR_STEPS = 128;

/**
 * Bounds below zero, only where something was counted: then there is no sum (OpenMetrics 1.0), and most statistics never
 * have them. Missing at the lower end, they mean zero. Each once and ascending, whatever a foreign program tells: a text with
 * one bound twice would be refused as a whole.
 */
function negativeBounds(counted: readonly BucketDescription[], below: number): readonly number[] {
  const bounds = counted.flatMap(({ high }) =>
    high !== undefined && high < 0 && Number(high) < below ? [Number(high)] : [],
  );
  return [...new Set(bounds)].sort((left, right) => left - right);
}
