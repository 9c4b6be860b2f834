import { integerOf } from './number-format.ts';

/** What a cell of a table is sorted by. */
export type SortKey = number | { readonly int64: string } | string | undefined;

/** Which column a table is sorted by; undefined: the order in which rows came. */
export interface RowOrder {
  readonly column: number;
  readonly descending: boolean;
}

/** Rows that a table shows at most. */
export const MAX_SHOWN_ROWS = 500;

/** Order of two cells: nothing, then numbers, then texts, in which numbers count as such. */
export function compareKeys(left: SortKey, right: SortKey): number {
  const rank = (key: SortKey): number => (key === undefined ? 0 : typeof key === 'string' ? 2 : 1);
  if (rank(left) !== rank(right)) return rank(left) - rank(right);
  if (left === undefined || right === undefined) return 0;
  if (typeof left === 'string' && typeof right === 'string')
    return left.localeCompare(right, 'en', { numeric: true });
  if (typeof left === 'string' || typeof right === 'string') return 0;
  const [one, other] = [integerOf(left), integerOf(right)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The rows in that order; equal ones stay as they were. */
export function ordered<Row>(
  rows: readonly Row[],
  order: RowOrder | undefined,
  keyOf: (row: Row, column: number) => SortKey,
): readonly Row[] {
  if (order === undefined) return rows;
  const sign = order.descending ? -1 : 1;
  return rows
    .map((row) => ({ row, key: keyOf(row, order.column) }))
    .sort((left, right) => sign * compareKeys(left.key, right.key))
    .map(({ row }) => row);
}

/** The order after a click on a column: numbers are first wanted from the largest, so descending comes first. */
export function nextOrder(
  order: RowOrder | undefined,
  column: number,
  isNumeric: boolean,
): RowOrder | undefined {
  if (order?.column !== column) return { column, descending: isNumeric };
  return order.descending === isNumeric ? { column, descending: !isNumeric } : undefined;
}
