import { ScriptFailure } from './reference-failure.ts';

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

/** How a histogram divides values. */
export type ReferenceHistogram =
  | { readonly kind: 'log' }
  | { readonly kind: 'linear'; readonly low: bigint; readonly high: bigint; readonly width: bigint };

/** A statistic that keeps every value it was given and computes everything when asked. */
export class ReferenceStatistic {
  values: bigint[] = [];

  /** The value of `@count`, `@sum`, …; `isElement`: of an array, which matters to the variance only. */
  extract(name: string, shift: bigint, isElement: boolean): bigint {
    const count = BigInt(this.values.length);
    const sum = wrap(this.values.reduce((total, value) => total + value, 0n));
    if (name === 'count') return count;
    if (name === 'sum') return sum;
    this.requireValues();
    if (name === 'min') return this.values.reduce((least, value) => (value < least ? value : least));
    if (name === 'max') return this.values.reduce((most, value) => (value > most ? value : most));
    if (name === 'avg') return sum / count;
    return variance(this.values, sum, shift, isElement);
  }

  /** Counts of the buckets. */
  buckets(shape: ReferenceHistogram): bigint[] {
    this.requireValues();
    const size = shape.kind === 'log' ? 128 : Number((shape.high - shape.low) / shape.width) + 3;
    const counts = Array.from({ length: size }, () => 0n);
    for (const value of this.values) {
      const index = shape.kind === 'log' ? logBucket(value) : linearBucket(shape, value, size);
      counts[index] = (counts[index] ?? 0n) + 1n;
    }
    return counts;
  }

  requireValues(): void {
    if (this.values.length === 0) throw new ScriptFailure('empty aggregate');
  }
}

/** Welford's recurrence in wrapping integers with a 32-bit step. */
function variance(values: readonly bigint[], sum: bigint, shift: bigint, isElement: boolean): bigint {
  let mean = 0n;
  let squares = 0n;
  values.forEach((value, index) => {
    const scaled = wrap(value << shift);
    if (index === 0) {
      mean = scaled;
      return;
    }
    const step = BigInt.asIntN(32, scaled - mean);
    mean = wrap(mean + step / BigInt(index + 1));
    squares = wrap(squares + step * wrap(scaled - mean));
  });
  const count = BigInt(values.length);
  if (count === 1n) return 0n;
  const inner = squares / (count - 1n);
  if (isElement) return inner >> (2n * shift);
  const distance = wrap(mean - wrap(sum << shift) / count);
  const total = wrap(wrap(count * wrap(distance * distance)) + wrap((count - 1n) * inner));
  return (total / (count - 1n)) >> (2n * shift);
}

function logBucket(value: bigint): number {
  if (value === 0n) return 64;
  const magnitude = (value < 0n ? -value : value).toString(2).length - 1;
  return value > 0n ? 65 + magnitude : 63 - magnitude;
}

function linearBucket(
  shape: { readonly low: bigint; readonly width: bigint },
  value: bigint,
  size: number,
): number {
  if (value < shape.low) return 0;
  const steps = (value - shape.low) / shape.width + 1n;
  return steps > BigInt(size - 1) ? size - 1 : Number(steps);
}

/** The block that printing a histogram gives, with the default width and elision. */
export function drawHistogram(statistic: ReferenceStatistic, shape: ReferenceHistogram): string {
  const counts = statistic.buckets(shape).map(Number);
  const end = counts.length - 1;
  let low = counts.findIndex((count) => count > 0);
  let high = counts.findLastIndex((count) => count > 0);
  for (let step = 0; step < 2; step++) {
    if (low > 0 && !(shape.kind === 'log' && low === 64)) low--;
    if (high < end) high++;
  }
  if (shape.kind === 'linear') {
    if (low === 0 && counts[0] === 0) low = 1;
    if (high === end && counts[end] === 0) high = end - 1;
  }
  const most = Math.max(...counts);
  const scale = most <= 50 ? 1 : Math.ceil(most / 50);
  const width = Math.max(5, labelColumn(shape, low, high, end));
  let text = `${'value'.padStart(width)} |${'-'.repeat(50)} count\n`;
  let elided = false;
  for (let row = low; row <= high; row++) {
    const near = counts.slice(Math.max(low, row - 2), Math.min(high, row + 2) + 1);
    if (near.every((count) => count === 0)) {
      elided = true;
      continue;
    }
    if (elided) text += `${' '.repeat(width)} ~\n`;
    elided = false;
    const count = counts[row] ?? 0;
    const bar = '@'.repeat(Math.floor(count / scale));
    const column = 50 - bar.length + 1 + String(most).length;
    text += `${label(shape, row, end).padStart(width)} |${bar}${String(count).padStart(column)}\n`;
  }
  return `${text}\n`;
}

function label(shape: ReferenceHistogram, row: number, end: number): string {
  if (shape.kind === 'log') {
    if (row === 64) return '0';
    return row > 64 ? `${1n << BigInt(row - 65)}` : `-${1n << BigInt(63 - row)}`;
  }
  if (row === 0) return `<${shape.low}`;
  if (row === end) return `>${shape.low + BigInt(end - 2) * shape.width}`;
  return `${shape.low + BigInt(row - 1) * shape.width}`;
}

function labelColumn(shape: ReferenceHistogram, low: number, high: number, end: number): number {
  if (shape.kind === 'log') return Math.max(label(shape, low, end).length, label(shape, high, end).length);
  const first = String(shape.low).length + (low === 0 ? 1 : 0);
  const last = String(shape.low + shape.width * BigInt(high)).length + (high === end ? 1 : 0);
  return Math.max(first, last);
}
