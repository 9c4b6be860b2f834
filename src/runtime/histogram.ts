import { formatDecimal } from '../int64/numeral.ts';
import type { Int64 } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import { LOG_ZERO_BUCKET } from './histogram-buckets.ts';
import { ScriptError } from './handler-context.ts';
import type { ScriptStatistic } from './script-statistic.ts';

/** How histograms are drawn, from `-DHIST_WIDTH` and `-DHIST_ELISION`. */
export interface HistogramStyle {
  /** Columns of the longest bar. */
  readonly width: number;
  /** Rows kept around a row that counts something; negative: never leave out a row. */
  readonly elision: number;
}

interface Rows {
  readonly first: number;
  readonly last: number;
}

const LABEL_WIDTH_MIN = 5;
const MARGIN_ROWS = 2;

/**
 * The text that printing a histogram gives: a header, a row per bucket, an empty line. Throws
 * `ScriptError('empty aggregate')` when nothing was added.
 */
export function formatHistogram(statistic: ScriptStatistic, style: HistogramStyle): string {
  const buckets = statistic.buckets();
  const shape = statistic.shape;
  if (shape === undefined) throw new ScriptError('empty aggregate');
  const rows = shownRows(shape, buckets);
  const largest = Math.max(...buckets);
  const scale = largest <= style.width ? 1 : Math.ceil(largest / style.width);
  const countWidth = String(largest).length;
  const labelWidth = Math.max(LABEL_WIDTH_MIN, widestLabel(shape, rows, buckets.length));
  const lines = [`${'value'.padStart(labelWidth)} |${'-'.repeat(style.width)} count`];
  let skipped = false;
  for (let index = rows.first; index <= rows.last; index += 1) {
    if (isElided(buckets, rows, index, style.elision)) {
      skipped = true;
      continue;
    }
    if (skipped) lines.push(`${' '.repeat(labelWidth)} ~`);
    skipped = false;
    const count = buckets[index] ?? 0;
    const bar = '@'.repeat(Math.floor(count / scale));
    const label = bucketLabel(shape, index, buckets.length).padStart(labelWidth);
    const counted = String(count).padStart(style.width - bar.length + 1 + countWidth);
    lines.push(`${label} |${bar}${counted}`);
  }
  return `${lines.join('\n')}\n\n`;
}

/** The buckets that count something, and two more on either side where they would show something. */
function shownRows(shape: HistogramShape, buckets: readonly number[]): Rows {
  const end = buckets.length - 1;
  const lowest = buckets.findIndex((count) => count > 0);
  const highest = buckets.findLastIndex((count) => count > 0);
  let first = Math.max(0, lowest - MARGIN_ROWS);
  let last = Math.min(end, highest + MARGIN_ROWS);
  if (shape.kind === 'log') {
    // Without negative values no row of a negative label is of interest.
    if (lowest >= LOG_ZERO_BUCKET) first = Math.max(first, LOG_ZERO_BUCKET);
  } else {
    if (first === 0 && buckets[0] === 0) first = 1;
    if (last === end && buckets[end] === 0) last = end - 1;
  }
  return { first, last };
}

function isElided(buckets: readonly number[], rows: Rows, index: number, elision: number): boolean {
  if (elision < 0) return false;
  const from = Math.max(rows.first, index - elision);
  const to = Math.min(rows.last, index + elision);
  return buckets.slice(from, to + 1).every((count) => count === 0);
}

function bucketLabel(shape: HistogramShape, index: number, bucketsLength: number): string {
  if (shape.kind === 'log') return logLabel(index);
  if (index === 0) return `<${formatDecimal(shape.low)}`;
  if (index === bucketsLength - 1) return `>${linearValue(shape, bucketsLength - 3)}`;
  return linearValue(shape, index - 1);
}

function logLabel(index: number): string {
  if (index === LOG_ZERO_BUCKET) return '0';
  return index > LOG_ZERO_BUCKET
    ? String(1n << BigInt(index - LOG_ZERO_BUCKET - 1))
    : `-${1n << BigInt(LOG_ZERO_BUCKET - 1 - index)}`;
}

function linearValue(shape: { readonly low: Int64; readonly width: Int64 }, steps: number): string {
  return String(BigInt(shape.low) + BigInt(shape.width) * BigInt(steps));
}

/** The column is made for one step more than the last row shows, as SystemTap does. */
function widestLabel(shape: HistogramShape, rows: Rows, bucketsLength: number): number {
  if (shape.kind === 'log') return Math.max(logLabel(rows.first).length, logLabel(rows.last).length);
  const under = rows.first === 0 ? 1 : 0;
  const over = rows.last === bucketsLength - 1 ? 1 : 0;
  return Math.max(formatDecimal(shape.low).length + under, linearValue(shape, rows.last).length + over);
}
