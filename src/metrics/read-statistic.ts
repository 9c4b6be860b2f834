import type { BucketDescription } from '../control/protocol.ts';
import type { Int64 } from '../int64/int64.ts';
import { isRecord } from '../registry/json-checks.ts';

/** A StatisticDescription of which everything has been checked: it may come from another user's module. */
export interface Statistic {
  readonly count: number;
  readonly sum: Int64 | undefined;
  readonly min: Int64 | undefined;
  readonly max: Int64 | undefined;
  readonly avg: Int64 | undefined;
  readonly buckets: readonly BucketDescription[];
}

/** A number of a script. */
export function isNumber(value: unknown): value is Int64 {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value));
}

/** The value of a statistic; undefined when it is none. */
export function readStatistic(value: unknown): Statistic | undefined {
  if (!isRecord(value) || !isCount(value['count'])) return undefined;
  const { count, sum, min, max, avg, histogram } = value;
  const buckets = isRecord(histogram) ? histogram['buckets'] : undefined;
  return {
    count,
    ...{ sum: numberOf(sum), min: numberOf(min), max: numberOf(max), avg: numberOf(avg) },
    buckets: Array.isArray(buckets) ? buckets.flatMap(readBucket) : [],
  };
}

function readBucket(value: unknown): readonly BucketDescription[] {
  if (!isRecord(value) || !isCount(value['count'])) return [];
  const { count } = value;
  const [low, high] = [numberOf(value['low']), numberOf(value['high'])];
  return [{ count, ...(low !== undefined && { low }), ...(high !== undefined && { high }) }];
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function numberOf(value: unknown): Int64 | undefined {
  return isNumber(value) ? value : undefined;
}
