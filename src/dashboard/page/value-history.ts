import type { ApiGlobal, ApiHistory, ApiValue } from '../api.ts';

/** Points that are kept: a quarter of an hour, one a second. */
export const HISTORY_POINTS = 900;

/** Times in seconds since 1970, then one column for each series, as uPlot takes them. */
export type Columns = readonly (readonly (number | null)[])[];

/** The newest values of series that come and go; all have the same times. */
export class ValueHistory {
  private times: number[] = [];
  private readonly series = new Map<string, (number | null)[]>();
  private readonly capacity: number;

  constructor(capacity = HISTORY_POINTS) {
    this.capacity = capacity;
  }

  /** Names in the order in which they came. */
  get names(): string[] {
    return [...this.series.keys()];
  }

  /** Time of the newest values, milliseconds; 0 without any. */
  get newestMs(): number {
    return this.times.at(-1) ?? 0;
  }

  /** Forgets everything but what the server remembers. */
  replace(history: ApiHistory): void {
    this.series.clear();
    this.times = history.timesMs.slice(-this.capacity);
    for (const { name, values } of history.series) {
      const kept = values.slice(-this.times.length || Infinity);
      this.series.set(name, [...emptyPoints(this.times.length - kept.length), ...kept]);
    }
  }

  /** Values at a time that is later than all before; earlier ones are passed over. Missing series get a gap. */
  add(timeMs: number, values: ReadonlyMap<string, number>): void {
    if (timeMs <= this.newestMs) return;
    for (const name of values.keys())
      if (!this.series.has(name)) this.series.set(name, emptyPoints(this.times.length));
    this.times.push(timeMs);
    for (const [name, points] of this.series) points.push(values.get(name) ?? null);
    if (this.times.length <= this.capacity) return;
    this.times.shift();
    for (const [name, points] of this.series) {
      points.shift();
      if (points.every((point) => point === null)) this.series.delete(name);
    }
  }

  /** The newest points of a series, at most `limit`; empty for a name that is not known. */
  points(name: string, limit = this.capacity): readonly (number | null)[] {
    return this.series.get(name)?.slice(-limit) ?? [];
  }

  /** Of these series. */
  columns(names: readonly string[]): Columns {
    return [
      this.times.map((timeMs) => timeMs / 1000),
      ...names.map((name) => this.series.get(name)?.slice() ?? emptyPoints(this.times.length)),
    ];
  }

  /** How much each of these series grew a second, between neighbouring points; a fall is a new start, so a gap. */
  rates(names: readonly string[]): Columns {
    return [
      this.times.map((timeMs) => timeMs / 1000),
      ...names.map((name) => {
        const points = this.series.get(name) ?? emptyPoints(this.times.length);
        return points.map((point, index) => this.rate(points, point, index));
      }),
    ];
  }

  private rate(points: readonly (number | null)[], point: number | null, index: number): number | null {
    const before = points[index - 1] ?? null;
    const seconds = ((this.times[index] ?? 0) - (this.times[index - 1] ?? 0)) / 1000;
    return point === null || before === null || point < before ? null : (point - before) / seconds;
  }
}

/** What of the globals is plotted: scalars that are numbers, and how many values statistics have counted. */
export function plottedValues(globals: readonly ApiGlobal[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const { name, value } of globals) {
    const number = value === undefined ? undefined : plottedValue(value);
    if (number !== undefined) values.set(name, number);
  }
  return values;
}

/** A value as a number; beyond 2^53 rounded. Undefined for a text. */
export function plottedValue(value: ApiValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return undefined;
  return 'int64' in value ? Number(value.int64) : value.count;
}

function emptyPoints(count: number): null[] {
  return Array.from({ length: count }, () => null);
}
