import type { Element, MapKey } from './associative-array.ts';
import type { Value } from './value.ts';

/** A global array as handlers use it, wherever its elements are. */
export interface ScriptArray<V> {
  /** Number of elements. */
  readonly size: number;
  /** Value of an element, undefined when there is none. */
  get(key: MapKey): V | undefined;
  /** The element itself, for reading and then replacing its value with one look-up. */
  element(key: MapKey): Element<V> | undefined;
  has(key: MapKey): boolean;
  /**
   * Creates or replaces an element; `keys` must be what `key` was made of. Throws `ScriptError` when the array
   * is full and does not wrap; it is unchanged then.
   */
  set(key: MapKey, keys: readonly Value[], value: V): void;
  /** Removes an element if it is there. */
  delete(key: MapKey): void;
  /** Removes all elements. */
  clear(): void;
  /** Removes every element whose keys equal the pattern where it is not undefined (`*`). */
  deleteMatching(pattern: readonly (Value | undefined)[]): void;
  /** Whether an element's keys equal the pattern where it is not undefined (`*`). */
  hasMatching(pattern: readonly (Value | undefined)[]): boolean;
  /**
   * Reorders the list for good, by the key at a position or by `valueOf` of the value; equal elements keep
   * their order. With a limit of 1…30 only the first `limit` places are sorted: a later element that is
   * better than the last of them takes its place among them, and the one it displaces comes right behind.
   * Limit 0 means none.
   */
  sort(by: number | 'value', ascending: boolean, limit: number, valueOf: (value: V) => Value): void;
  /**
   * The elements in list order as of now. Loops that may meet `delete array` in their body stop when `size`
   * has become 0.
   */
  elements(): Element<V>[];
  /** At most so many of them, from the first on. */
  firstElements(limit: number): Element<V>[];
}
