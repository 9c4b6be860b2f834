import { expect, test } from 'vitest';
import { nextOrder, ordered, type SortKey } from './row-order.ts';

const sorted = (keys: SortKey[], descending = false) =>
  ordered(keys, { column: 0, descending }, (key) => key);

test('numbers of any size are ordered as numbers, texts with numbers in them too', () => {
  const big = { int64: '9223372036854775807' };
  expect(sorted([big, 3, 'b', undefined, 20])).toEqual([undefined, 3, 20, big, 'b']);
  expect(sorted(['cpu10', 'cpu9'])).toEqual(['cpu9', 'cpu10']);
  expect(sorted([1, 3, 2], true)).toEqual([3, 2, 1]);
});

test('without an order rows stay as they came', () => {
  const rows = [3, 1, 2];
  expect(ordered(rows, undefined, (row) => row)).toBe(rows);
});

test('a column is sorted one way, then the other, then not at all', () => {
  const first = nextOrder(undefined, 2, true);
  expect(first).toEqual({ column: 2, descending: true });
  const second = nextOrder(first, 2, true);
  expect(second).toEqual({ column: 2, descending: false });
  expect(nextOrder(second, 2, true)).toBeUndefined();
  expect(nextOrder(second, 1, false)).toEqual({ column: 1, descending: false });
});
