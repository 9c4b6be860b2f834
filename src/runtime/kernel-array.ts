import { AssociativeArray, mapKeyN } from './associative-array.ts';
import type { AssociativeArrayOptions, Element, MapKey } from './associative-array.ts';
import type { KeyMemory } from './array-memory.ts';
import { overflowError } from './array-overflow.ts';
import type { KernelMaps } from './kernel-maps.ts';
import type { KernelPause } from './kernel-pause.ts';
import type { ScriptArray } from './script-array.ts';
import type { Value } from './value.ts';

const E2BIG = 7;

/** How the values of an array lie in its map. */
export interface ValueMemory<V> {
  read(value: Uint8Array): V;
  sequence(value: Uint8Array): bigint;
  write(sequence: bigint, value: V): Uint8Array;
}

/** What an array of the kernel is made of. */
export interface KernelArrayParts<V> {
  readonly maps: KernelMaps;
  /** Index of its map. */
  readonly map: number;
  readonly keys: KeyMemory;
  readonly values: ValueMemory<V>;
  readonly options: AssociativeArrayOptions;
  readonly pause: KernelPause;
  /** A number for an element that is created, larger than those before. */
  readonly nextSequence: () => bigint;
}

/** The elements as they are while the module is paused. */
interface Listing<V> {
  readonly period: number;
  readonly array: AssociativeArray<V>;
  readonly sequences: Map<MapKey, bigint>;
}

/** Place of an element in the last order that a sort made, while it is the element of then. */
interface Rank {
  readonly sequence: bigint;
  readonly place: number;
}

/**
 * A global array whose elements are in a map of the kernel, where handlers change them. Reading single elements is all
 * that happens while they do; for everything else the module is paused, and lists are read once in a pause.
 */
export class KernelArray<V> implements ScriptArray<V> {
  readonly #parts: KernelArrayParts<V>;
  #listing: Listing<V> | undefined;
  #ranks: ReadonlyMap<MapKey, Rank> = new Map();

  constructor(parts: KernelArrayParts<V>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#list().array.size;
  }

  get(key: MapKey): V | undefined {
    const value = this.#lookup(key);
    return value === undefined ? undefined : this.#parts.values.read(value);
  }

  has(key: MapKey): boolean {
    return this.#lookup(key) !== undefined;
  }

  element(key: MapKey): Element<V> | undefined {
    this.#parts.pause.request();
    const present = this.get(key);
    if (present === undefined) return undefined;
    const keys = this.#parts.keys.split(key);
    const store = (value: V): void => {
      this.set(key, keys, value);
    };
    let current = present;
    return {
      keys,
      get value() {
        return current;
      },
      set value(value) {
        current = value;
        store(value);
      },
    };
  }

  set(key: MapKey, keys: readonly Value[], value: V): void {
    const { pause, values, nextSequence } = this.#parts;
    pause.request();
    const present = this.#lookup(key);
    const sequence = present === undefined ? nextSequence() : values.sequence(present);
    this.#put(keys, values.write(sequence, value));
    const listing = this.#current();
    listing?.sequences.set(key, sequence);
    listing?.array.set(key, keys, value);
  }

  delete(key: MapKey): void {
    const { pause, maps, map, keys } = this.#parts;
    pause.request();
    maps.delete(map, keys.write(keys.split(key)));
    this.#current()?.array.delete(key);
  }

  clear(): void {
    for (const { keys } of this.elements()) this.delete(mapKeyN(keys));
  }

  deleteMatching(pattern: readonly (Value | undefined)[]): void {
    for (const { keys } of this.elements()) {
      if (pattern.every((wanted, position) => wanted === undefined || wanted === keys[position]))
        this.delete(mapKeyN(keys));
    }
  }

  hasMatching(pattern: readonly (Value | undefined)[]): boolean {
    return this.#list().array.hasMatching(pattern);
  }

  sort(by: number | 'value', ascending: boolean, limit: number, valueOf: (value: V) => Value): void {
    const { array, sequences } = this.#list();
    array.sort(by, ascending, limit, valueOf);
    const ranks = new Map<MapKey, Rank>();
    for (const [place, { keys }] of array.elements().entries()) {
      const key = mapKeyN(keys);
      ranks.set(key, { sequence: sequences.get(key) ?? 0n, place });
    }
    this.#ranks = ranks;
  }

  elements(): Element<V>[] {
    return this.#list().array.elements();
  }

  firstElements(limit: number): Element<V>[] {
    return this.#list().array.firstElements(limit);
  }

  #lookup(key: MapKey): Uint8Array | undefined {
    const { maps, map, keys } = this.#parts;
    return maps.lookup(map, keys.write(keys.split(key)));
  }

  #put(keys: readonly Value[], value: Uint8Array): void {
    const { maps, map, keys: keyMemory, options } = this.#parts;
    const memory = keyMemory.write(keys);
    let result = maps.update(map, memory, value);
    const [first] = result === -E2BIG && options.wrap ? this.elements() : [];
    if (first !== undefined) {
      this.delete(mapKeyN(first.keys));
      result = maps.update(map, memory, value);
    }
    if (result < 0) throw overflowError(options);
  }

  /** What was listed in the pause that lasts. */
  #current(): Listing<V> | undefined {
    const { period } = this.#parts.pause;
    return period !== undefined && this.#listing?.period === period ? this.#listing : undefined;
  }

  #list(): Listing<V> {
    this.#parts.pause.request();
    return this.#current() ?? (this.#listing = this.#readAll());
  }

  #readAll(): Listing<V> {
    const { maps, map, keys, values, options, pause } = this.#parts;
    const entries = [...maps.entries(map)].map(({ key, value }) => {
      const elementKeys = keys.read(key);
      const mapKey = mapKeyN(elementKeys);
      const sequence = values.sequence(value);
      const rank = this.#ranks.get(mapKey);
      const place = rank?.sequence === sequence ? rank.place : undefined;
      return { keys: elementKeys, mapKey, sequence, place, value: values.read(value) };
    });
    entries.sort(inListOrder);
    const array = new AssociativeArray<V>({ ...options, maxEntries: Infinity });
    const sequences = new Map<MapKey, bigint>();
    for (const entry of entries) {
      array.set(entry.mapKey, entry.keys, entry.value);
      sequences.set(entry.mapKey, entry.sequence);
    }
    return { period: pause.period ?? 0, array, sequences };
  }
}

/** Those that were sorted come first, in the order they were given then; the others as they were created. */
function inListOrder(
  left: { readonly place: number | undefined; readonly sequence: bigint },
  right: { readonly place: number | undefined; readonly sequence: bigint },
): number {
  if (left.place !== undefined || right.place !== undefined)
    return (left.place ?? Infinity) - (right.place ?? Infinity);
  return left.sequence < right.sequence ? -1 : left.sequence > right.sequence ? 1 : 0;
}
