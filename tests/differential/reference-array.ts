import { ScriptFailure } from './reference-failure.ts';
import type { ReferenceStatistic } from './reference-statistic.ts';

/** A long, a string or a statistic. */
export type Scalar = bigint | string | ReferenceStatistic;
export type Key = bigint | string;

/** One element of an array. */
export interface Entry {
  readonly keys: readonly Key[];
  value: Scalar;
}

/** A slice pattern: undefined is `*`. */
export type Pattern = readonly (Key | undefined)[];

/** An array as a plain list in its current order, searched from the front. */
export class ReferenceArray {
  entries: Entry[] = [];
  readonly #size: number;
  readonly #declared: boolean;
  readonly #wraps: boolean;

  constructor(declaredSize: number | undefined, wraps: boolean) {
    this.#size = declaredSize ?? 2048;
    this.#declared = declaredSize !== undefined;
    this.#wraps = wraps;
  }

  find(keys: readonly Key[]): Entry | undefined {
    return this.entries.find((entry) => fits(entry, keys));
  }

  store(keys: readonly Key[], value: Scalar): void {
    const known = this.find(keys);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    if (this.entries.length >= this.#size) {
      if (!this.#wraps)
        throw new ScriptFailure(
          this.#declared
            ? `Array overflow, check size limit (${this.#size})`
            : 'Array overflow, check MAXMAPENTRIES',
        );
      this.entries.shift();
    }
    this.entries.push({ keys, value });
  }

  remove(pattern: Pattern): void {
    this.entries = this.entries.filter((entry) => !fits(entry, pattern));
  }

  /** Sorts for good; `best`: how many places matter when few do. */
  sort(valueOf: (entry: Entry) => Key, ascending: boolean, best: bigint | undefined): void {
    const isBetter = (left: Entry, right: Entry): boolean =>
      ascending ? valueOf(left) < valueOf(right) : valueOf(left) > valueOf(right);
    const partial = best !== undefined && best >= 1n && best <= 30n;
    const count = partial ? Math.min(Number(best), this.entries.length) : this.entries.length;
    bubble(this.entries, count, isBetter);
    for (let index = count; index < this.entries.length; index++) {
      const entry = at(this.entries, index);
      if (!isBetter(entry, at(this.entries, count - 1))) continue;
      this.entries.splice(index, 1);
      const place = this.entries.findIndex((other) => isBetter(entry, other));
      this.entries.splice(place, 0, entry);
    }
  }
}

/** Whether the keys of an entry equal the pattern where it is no `*`. */
export function fits(entry: Entry, pattern: Pattern): boolean {
  return pattern.every((key, position) => key === undefined || key === entry.keys[position]);
}

function bubble(entries: Entry[], count: number, isBetter: (left: Entry, right: Entry) => boolean): void {
  for (let swapped = true; swapped;) {
    swapped = false;
    for (let index = 1; index < count; index++) {
      const left = at(entries, index - 1);
      const right = at(entries, index);
      if (!isBetter(right, left)) continue;
      entries[index - 1] = right;
      entries[index] = left;
      swapped = true;
    }
  }
}

function at(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index];
  if (entry === undefined) throw new RangeError(`no entry ${index}`);
  return entry;
}
