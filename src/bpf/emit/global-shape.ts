import { STATISTIC } from '../../module/kernel-part.ts';
import type { Emission } from './emission.ts';

/** Order of creation in front of an array's value. */
export const ORDER_BYTES = 8;

/** A global array in a map. */
export interface ArrayShape {
  readonly map: number;
  readonly keyBytes: readonly number[];
  readonly value: 'long' | 'string' | 'statistic';
  /** Without the order of creation. */
  readonly valueBytes: number;
}

/** Throws RangeError when the global with that index is no array of the kernel. */
export function arrayGlobal({ target }: Pick<Emission, 'target'>, global: number): ArrayShape {
  const found = target.globals[global];
  const map = found?.kind === 'array' ? target.maps[found.map] : undefined;
  if (found?.kind !== 'array' || map === undefined) throw new RangeError(`global ${global} is no array`);
  return { ...found, valueBytes: map.valueBytes - ORDER_BYTES };
}

/** Map of a scalar statistic. Throws RangeError when the global is none. */
export function statisticMap({ target }: Pick<Emission, 'target'>, global: number): number {
  const found = target.globals[global];
  if (found?.kind !== 'statistic') throw new RangeError(`global ${global} is no statistic`);
  return found.map;
}

/** Number of buckets of a histogram in a statistic of so many bytes. */
export function bucketsIn(statisticBytes: number): number {
  return (statisticBytes - STATISTIC.buckets) / 8;
}
