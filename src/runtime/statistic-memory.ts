import { add } from '../int64/arithmetic.ts';
import { STATISTIC } from '../module/kernel-part.ts';
import type { StatisticState } from './engine-state.ts';
import { readLong, writeLong } from './native-memory.ts';

const LONG_BYTES = 8;

/** Where the statistics of an element are: one for each processor. */
export interface StatisticPlaces {
  /** From the start of a processor's value to its statistic. */
  readonly offset: number;
  /** From the value of one processor to that of the next. */
  readonly stride: number;
  /** Buckets of the histogram, 0 without one. */
  readonly buckets: number;
}

/** The statistics of all processors as one. There is no variance in the kernel. */
export function readStatistics(
  value: Uint8Array,
  { offset, stride, buckets }: StatisticPlaces,
): StatisticState {
  const view = viewOf(value);
  const merged = {
    count: 0,
    sum: 0 as StatisticState['sum'],
    min: 0 as StatisticState['min'],
    max: 0 as StatisticState['max'],
  };
  const counts = buckets === 0 ? undefined : new Array<number>(buckets).fill(0);
  for (let start = offset; start + STATISTIC.buckets <= value.length; start += stride) {
    const count = Number(readLong(view, start + STATISTIC.count));
    if (count === 0) continue;
    const [min, max] = [readLong(view, start + STATISTIC.min), readLong(view, start + STATISTIC.max)];
    if (merged.count === 0 || min < merged.min) merged.min = min;
    if (merged.count === 0 || max > merged.max) merged.max = max;
    merged.count += count;
    merged.sum = add(merged.sum, readLong(view, start + STATISTIC.sum));
    counts?.forEach((before, index) => {
      counts[index] = before + Number(readLong(view, start + STATISTIC.buckets + index * LONG_BYTES));
    });
  }
  return { ...merged, scaledMean: 0, squares: 0, buckets: merged.count === 0 ? undefined : counts };
}

/** Makes a statistic that of the first processor. The value must hold zeros there and for all others. */
export function writeStatistic(value: Uint8Array, { offset }: StatisticPlaces, state: StatisticState): void {
  const view = viewOf(value);
  writeLong(view, offset + STATISTIC.count, state.count);
  writeLong(view, offset + STATISTIC.sum, state.sum);
  writeLong(view, offset + STATISTIC.min, state.min);
  writeLong(view, offset + STATISTIC.max, state.max);
  state.buckets?.forEach((count, index) => {
    writeLong(view, offset + STATISTIC.buckets + index * LONG_BYTES, count);
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
