import { isNumber, readStatistic } from '../metrics/read-statistic.ts';
import { textOfBytes } from '../monitor/byte-text.ts';
import { isRecord } from '../registry/json-checks.ts';
import type { ApiValue } from './api.ts';

type ApiKey = number | { readonly int64: string } | string;

/** A key of an array as the API shows it; what makes no sense, as another user's program may tell it, as 0. */
export function apiKey(key: unknown): ApiKey {
  return typeof key === 'string' ? textOfBytes(key) : (apiInteger(key) ?? 0);
}

/** A value as the API shows it; what makes no sense as 0. */
export function apiValue(value: unknown): ApiValue {
  if (typeof value === 'string') return textOfBytes(value);
  return apiInteger(value) ?? apiStatistic(value) ?? 0;
}

function apiInteger(value: unknown): Exclude<ApiKey, string> | undefined {
  if (!isNumber(value)) return undefined;
  return typeof value === 'bigint' ? { int64: value.toString() } : value;
}

function apiStatistic(value: unknown): ApiValue | undefined {
  const statistic = readStatistic(value);
  if (statistic === undefined) return undefined;
  const { count, sum, min, max, avg, buckets } = statistic;
  const shown = {
    count: Math.trunc(count),
    ...integers({ sum, min, max, avg }),
    ...histogram(value, () =>
      buckets.map((bucket) => ({
        ...integers({ low: bucket.low, high: bucket.high }),
        count: Math.trunc(bucket.count),
      })),
    ),
  };
  // In JSON integers beyond 2^53 are objects.
  return shown;
}

function histogram(value: unknown, buckets: () => readonly object[]): object {
  const told = isRecord(value) ? value['histogram'] : undefined;
  if (!isRecord(told)) return {};
  return { histogram: { kind: told['kind'] === 'linear' ? 'linear' : 'log', buckets: buckets() } };
}

function integers(facts: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => {
      const shown = apiInteger(value);
      return shown === undefined ? [] : [[name, shown]];
    }),
  );
}
