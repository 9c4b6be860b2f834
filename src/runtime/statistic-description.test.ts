import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBigInt } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import { bucketOf } from './histogram-buckets.ts';
import { describeStatistic } from './statistic-description.ts';
import { Statistic } from './statistic.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';

const LINEAR: HistogramShape = { kind: 'linear', low: -20, high: 20, width: 7 };

const INT64 = fc
  .oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -40n, max: 40n }))
  .map(fromBigInt);

function statisticOf(shape: HistogramShape | undefined, values: readonly Int64[]): Statistic {
  const statistic = new Statistic(shape, undefined, false);
  for (const value of values) statistic.add(value);
  return statistic;
}

test('without values there is only the count', () => {
  expect(describeStatistic(statisticOf({ kind: 'log' }, []))).toEqual({ count: 0 });
});

test('a statistic of which no histogram is made has none', () => {
  expect(describeStatistic(statisticOf(undefined, [3, -5]))).toEqual({
    ...{ count: 2, sum: -2, min: -5, max: 3, avg: -1 },
  });
});

test('buckets between the first and the last that counted are all told', () => {
  expect(describeStatistic(statisticOf({ kind: 'log' }, [-2, 0, 5, 6])).histogram).toEqual({
    kind: 'log',
    buckets: [
      { low: -3, high: -2, count: 1 },
      { low: -1, high: -1, count: 0 },
      { low: 0, high: 0, count: 1 },
      { low: 1, high: 1, count: 0 },
      { low: 2, high: 3, count: 0 },
      { low: 4, high: 7, count: 2 },
    ],
  });
});

test('what is outside a linear histogram has one bound', () => {
  const shape: HistogramShape = { kind: 'linear', low: 0, high: 10, width: 10 };
  expect(describeStatistic(statisticOf(shape, [-1, 0, 25])).histogram?.buckets).toEqual([
    { high: -1, count: 1 },
    { low: 0, high: 9, count: 1 },
    { low: 10, high: 19, count: 0 },
    { low: 20, count: 1 },
  ]);
});

test.each([{ kind: 'log' } as const, LINEAR])(
  'each value is within the bounds of its bucket, %o',
  (shape) => {
    fc.assert(
      fc.property(fc.array(INT64, { minLength: 1, maxLength: 20 }), (values) => {
        const buckets = describeStatistic(statisticOf(shape, values)).histogram?.buckets ?? [];
        const first = Math.min(...values.map((value) => bucketOf(shape, value)));
        expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
        for (const value of values) {
          const { low, high } = buckets[bucketOf(shape, value) - first] ?? {};
          if (low !== undefined) expect(low <= value).toBe(true);
          if (high !== undefined) expect(high >= value).toBe(true);
        }
        for (const [index, { low }] of buckets.entries()) {
          const before = buckets[index - 1]?.high;
          if (index > 0) expect(BigInt(low ?? 0)).toBe(BigInt(before ?? 0) + 1n);
        }
      }),
    );
  },
);
