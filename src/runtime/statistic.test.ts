import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBigInt } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import { bucketCount, bucketOf, histogramShapeProblem } from './histogram-buckets.ts';
import { Statistic } from './statistic.ts';

function statistic(values: readonly Int64[], shift = 0, perElement = false): Statistic {
  const made = new Statistic(undefined, shift, perElement);
  for (const value of values) made.add(value);
  return made;
}

function range(count: number, value: (index: number) => Int64): Int64[] {
  return Array.from({ length: count }, (_, index) => value(index));
}

describe('extractors', () => {
  it('count, sum, min, max and avg', () => {
    const made = statistic([-5, 5, -6]);
    expect([made.count, made.sum(), made.min(), made.max(), made.avg()]).toEqual([3, -6, -6, 5, -2]);
  });
  it('refuse an empty aggregate, except count and sum', () => {
    const empty = statistic([]);
    expect([empty.count, empty.sum()]).toEqual([0, 0]);
    for (const read of [
      () => empty.min(),
      () => empty.max(),
      () => empty.avg(),
      () => empty.variance(),
      () => empty.buckets(),
    ]) {
      expect(read).toThrow('empty aggregate');
    }
  });
  it('start again after clear', () => {
    const made = statistic([1, 100]);
    made.clear();
    made.add(7);
    expect([made.count, made.min(), made.max(), made.sum(), made.variance()]).toEqual([1, 7, 7, 7, 0]);
  });
  it('wraps the sum', () => {
    expect(statistic([2n ** 63n - 1n, 1]).sum()).toBe(-(2n ** 63n));
  });
});

describe('variance', () => {
  it.each<[string, readonly Int64[], number, Int64]>([
    ['one value', [5], 0, 0],
    ['two values', [5, 7], 0, 2],
    ['1…10', range(10, (i) => i + 1), 0, 48],
    ['1…10, shift 3', range(10, (i) => i + 1), 3, 9],
    ['0…99', range(100, (i) => i), 0, 5741],
    ['0…99, shift 1', range(100, (i) => i), 1, 841],
    ['0…99, shift 20', range(100, (i) => i), 20, 841],
    ['thousands', range(100, (i) => i * 1000), 0, 841666666],
    ['a step beyond 32 bits', [1, 1000000000000], 0, 1001879101512378371n],
    ['negative', range(20, (i) => -i), 0, 215],
    ['two levels', range(20, (i) => (i % 2) * 10), 0, 26],
    ['equal values', [3, 3, 3], 0, 0],
    ['negative, shift 5', range(20, (i) => -i * 3), 5, 315],
    ['squares, shift 8', range(20, (i) => i * i), 8, 13562],
  ])('%s', (_name, values, shift, expected) => {
    expect(
      statistic(
        values.map((value) => fromBigInt(BigInt(value))),
        shift,
      ).variance(),
    ).toBe(expected);
  });
  it('of array elements leaves out the distance of the means', () => {
    const squares = range(50, (i) => i * i);
    const variances = [0, 1, 2].map((key) =>
      statistic(
        squares.filter((_, index) => index % 3 === key),
        0,
        true,
      ).variance(),
    );
    expect(variances).toEqual([574829, 620092, 526799]);
  });
});

describe('histograms', () => {
  const linear = (low: number, high: number, width: number): HistogramShape => ({
    kind: 'linear',
    low,
    high,
    width,
  });
  it('counts into logarithmic buckets by the highest bit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const magnitude = value < 0n ? -value : value;
        const log = BigInt(magnitude.toString(2).length - 1);
        const expected = value === 0n ? 64n : value > 0n ? 65n + log : 63n - log;
        expect(bucketOf({ kind: 'log' }, fromBigInt(value))).toBe(Number(expected));
      }),
    );
    for (const bit of [0, 1, 30, 31, 32, 52, 53, 62]) {
      expect(bucketOf({ kind: 'log' }, fromBigInt(2n ** BigInt(bit)))).toBe(65 + bit);
      expect(bucketOf({ kind: 'log' }, fromBigInt(2n ** BigInt(bit) - 1n))).toBe(64 + bit);
    }
  });
  it('puts what is outside a linear histogram into its end buckets', () => {
    const shape = linear(0, 100, 10);
    expect(bucketCount(shape)).toBe(13);
    expect([-1, 0, 9, 100, 109, 110, 5000].map((value) => bucketOf(shape, value))).toEqual([
      0, 1, 1, 11, 11, 12, 12,
    ]);
    expect(bucketOf(shape, 2n ** 63n - 1n)).toBe(12);
    expect(bucketOf(linear(-5, 5, 1), -(2n ** 63n))).toBe(0);
  });
  it('checks the index', () => {
    const made = new Statistic(linear(0, 20, 2), undefined, false);
    made.add(5);
    expect([made.bucket(0), made.bucket(3)]).toEqual([0, 1]);
    for (const index of [99, -1, 2n ** 60n]) {
      expect(() => made.bucket(index)).toThrow('histogram index out of range');
    }
  });
  it('tells what is wrong with the parameters', () => {
    expect(histogramShapeProblem({ kind: 'log' })).toBeUndefined();
    expect(histogramShapeProblem(linear(0, 100, 10))).toBeUndefined();
    expect(histogramShapeProblem(linear(0, 125, 1))).toBeUndefined();
    expect(histogramShapeProblem(linear(0, 100, 0))).toBe('histogram: interval cannot be zero.');
    const tooMany = [
      'histogram: Number of buckets must be between 1 and 126',
      'Number_of_buckets = (stop - start) / interval.',
      'Please adjust your start, stop, and interval values.',
    ].join('\n');
    expect(histogramShapeProblem(linear(0, 126, 1))).toBe(tooMany);
    expect(histogramShapeProblem(linear(10, 0, 1))).toBe(tooMany);
  });
});
