import { expect, test } from 'vitest';
import { histogramBuckets } from './histogram-bounds.ts';

test('bounds below zero are there once and ascend, whatever is told', () => {
  const counted = [
    { high: -13, count: 1 },
    { high: -13, count: 2 },
    { high: -64, count: 4 },
    { high: 0, count: 8 },
  ];
  expect(histogramBuckets({ kind: 'log' }, counted).slice(0, 4)).toEqual([
    { upperBound: -64, count: 4 },
    { upperBound: -13, count: 3 },
    { upperBound: 0, count: 8 },
    { upperBound: 1, count: 0 },
  ]);
});
