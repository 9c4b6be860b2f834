import type { CompiledGlobal, ScalarType } from '../module/compiled-module.ts';
import { CELLS } from '../module/kernel-part.ts';
import type { KernelGlobal, KernelPart } from '../module/kernel-part.ts';
import { KeyMemory, readScalar, readSequence, SEQUENCE_BYTES, writeScalar } from './array-memory.ts';
import type { AssociativeArrayOptions, MapKey } from './associative-array.ts';
import { bucketCount } from './histogram-buckets.ts';
import { KernelArray } from './kernel-array.ts';
import type { ValueMemory } from './kernel-array.ts';
import { KernelCell } from './kernel-cell.ts';
import type { KernelMaps } from './kernel-maps.ts';
import type { KernelPause } from './kernel-pause.ts';
import { KernelStatistic } from './kernel-statistic.ts';
import type { StatisticStorage } from './kernel-statistic.ts';
import { LITTLE_ENDIAN } from './native-memory.ts';
import type { ScriptArray } from './script-array.ts';
import type { ScriptStatistic } from './script-statistic.ts';
import { Statistic } from './statistic.ts';
import { readStatistics, writeStatistic } from './statistic-memory.ts';
import type { StatisticPlaces } from './statistic-memory.ts';
import type { Value } from './value.ts';

/** The element of an array of statistics, for adding to it. */
type StatisticElement = (key: MapKey, keys: readonly Value[]) => ScriptStatistic;

type ArrayGlobal = Extract<KernelGlobal, { kind: 'array' }>;

/** The only key of an array of one element. */
const FIRST = new Uint8Array(4);

/** The globals of a module that live in maps of the kernel, by index of the module's globals. */
export class KernelGlobals {
  readonly #part: KernelPart;
  readonly #maps: KernelMaps;
  readonly #pause: KernelPause;
  readonly #places: ReadonlyMap<number, KernelGlobal>;
  readonly #sequence: KernelCell;
  readonly #elements = new Map<number, StatisticElement>();

  constructor(part: KernelPart, maps: KernelMaps, pause: KernelPause) {
    this.#part = part;
    this.#maps = maps;
    this.#pause = pause;
    this.#places = new Map(part.globals.map((place) => [place.global, place]));
    this.#sequence = new KernelCell(maps.cells, CELLS.sequence);
  }

  /** Undefined for a global that is no long of the kernel; likewise below. */
  cell(index: number): KernelCell | undefined {
    const place = this.#places.get(index);
    return place?.kind === 'cell' ? new KernelCell(this.#maps.cells, place.offset) : undefined;
  }

  statistic(index: number, global: CompiledGlobal): ScriptStatistic | undefined {
    const place = this.#places.get(index);
    if (place?.kind !== 'statistic') return undefined;
    const places = this.#statisticPlaces(place.map, global, 0);
    const storage: StatisticStorage = {
      read: () => statisticOf(global, false, places, this.#maps.lookup(place.map, FIRST)),
      write: (statistic) => {
        const value = new Uint8Array(places.stride * this.#maps.processors);
        writeStatistic(value, places, statistic.state());
        this.#maps.update(place.map, FIRST, value);
      },
    };
    return new KernelStatistic(global.histogram, storage, this.#pause);
  }

  array(
    index: number,
    global: CompiledGlobal,
    options: AssociativeArrayOptions,
  ): ScriptArray<Value> | ScriptArray<ScriptStatistic> | undefined {
    const place = this.#places.get(index);
    if (place?.kind !== 'array') return undefined;
    if (place.value !== 'statistic')
      return this.#array(place, global, options, this.#scalars(place.map, place.value));
    const array = this.#array(place, global, options, this.#statistics(place.map, global));
    this.#elements.set(index, (key, keys) => {
      const storage: StatisticStorage = {
        read: () => array.get(key) ?? statisticOf(global, true),
        write: (statistic) => {
          array.set(key, keys, statistic);
        },
      };
      return new KernelStatistic(global.histogram, storage, this.#pause);
    });
    return array;
  }

  /** A function that returns the element of an array of statistics; what is added to it is written at once. */
  statisticElement(index: number): StatisticElement | undefined {
    return this.#elements.get(index);
  }

  #array<V>(
    place: ArrayGlobal,
    global: CompiledGlobal,
    options: AssociativeArrayOptions,
    values: ValueMemory<V>,
  ): KernelArray<V> {
    return new KernelArray<V>({
      maps: this.#maps,
      map: place.map,
      keys: new KeyMemory(global.keyTypes, place.keyBytes),
      values,
      options,
      pause: this.#pause,
      nextSequence: () => BigInt(this.#sequence.add(1)),
    });
  }

  #scalars(map: number, type: ScalarType): ValueMemory<Value> {
    const bytes = this.#valueBytes(map);
    return {
      read: (value) => readScalar(value, type),
      sequence: (value) => readSequence(value, bytes),
      write: (sequence, value) => writeScalar(sequence, value, bytes - SEQUENCE_BYTES),
    };
  }

  #statistics(map: number, global: CompiledGlobal): ValueMemory<Statistic> {
    const places = this.#statisticPlaces(map, global, SEQUENCE_BYTES);
    return {
      read: (value) => statisticOf(global, true, places, value),
      sequence: (value) => readSequence(value, places.stride),
      write: (sequence, statistic) => {
        const value = new Uint8Array(places.stride * this.#maps.processors);
        new DataView(value.buffer).setBigUint64(0, sequence, LITTLE_ENDIAN);
        writeStatistic(value, places, statistic.state());
        return value;
      },
    };
  }

  #statisticPlaces(map: number, { histogram }: CompiledGlobal, offset: number): StatisticPlaces {
    const stride = (this.#valueBytes(map) + 7) & ~7;
    return { offset, stride, buckets: histogram === undefined ? 0 : bucketCount(histogram) };
  }

  #valueBytes(map: number): number {
    const shape = this.#part.maps[map];
    if (shape === undefined) throw new RangeError(`no map ${map} in the kernel part`);
    return shape.valueBytes;
  }
}

/** The statistics of all processors as one in memory of our own; empty where there is no value. */
function statisticOf(
  { histogram, varianceShift }: CompiledGlobal,
  perElement: boolean,
  places?: StatisticPlaces,
  value?: Uint8Array,
): Statistic {
  const statistic = new Statistic(histogram, varianceShift, perElement);
  if (value !== undefined && places !== undefined) statistic.restore(readStatistics(value, places));
  return statistic;
}
