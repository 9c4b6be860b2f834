import type { Int64 } from '../int64/int64.ts';
import { overflowError } from './array-overflow.ts';
import type { ScriptArray } from './script-array.ts';
import type { Value } from './value.ts';

/** Look-up key of an element: its one key as it is, or several joined by `mapKey2` / `mapKeyN`. */
export type MapKey = Int64 | string;

/** One element: its keys by position, and its value, which may be replaced in place. */
export interface Element<V> {
  readonly keys: readonly Value[];
  value: V;
}

/** Key of a two-key element. Strings hold no NUL, so NUL separates without ambiguity. */
export function mapKey2(first: Value, second: Value): MapKey {
  return `${first}\0${second}`;
}

/** Key of an element with any number of keys; one key is used as it is. */
export function mapKeyN(keys: readonly Value[]): MapKey {
  const [first] = keys;
  return keys.length === 1 && first !== undefined ? first : keys.join('\0');
}

/** Settings of an array that do not change during a run. */
export interface AssociativeArrayOptions {
  /** Most elements it may hold. */
  readonly maxEntries: number;
  /** The script gave `[N]`: the overflow message names N instead of MAXMAPENTRIES. */
  readonly sizeDeclared: boolean;
  /** Declared with `%`: when full, the first element in list order makes room. */
  readonly wrap: boolean;
  /** Replaces the overflow message (`aggregation overflow in NAME` for statistics). */
  readonly overflowMessage?: string;
}

interface Node<V> extends Element<V> {
  readonly key: MapKey;
  previous: Node<V> | undefined;
  next: Node<V> | undefined;
}

/** Limits up to this one are sorted partially, which decides the order of the elements left over. */
const PARTIAL_SORT_MAX = 30;

/**
 * A global array: elements by key, kept in a list whose order is the order of insertion until a sort changes
 * it for good. Replacing a value does not move its element.
 */
export class AssociativeArray<V> implements ScriptArray<V> {
  readonly #options: AssociativeArrayOptions;
  readonly #nodes = new Map<MapKey, Node<V>>();
  #first: Node<V> | undefined;
  #last: Node<V> | undefined;

  constructor(options: AssociativeArrayOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(key: MapKey): V | undefined {
    return this.#nodes.get(key)?.value;
  }

  element(key: MapKey): Element<V> | undefined {
    return this.#nodes.get(key);
  }

  has(key: MapKey): boolean {
    return this.#nodes.has(key);
  }

  set(key: MapKey, keys: readonly Value[], value: V): void {
    const existing = this.#nodes.get(key);
    if (existing !== undefined) {
      existing.value = value;
      return;
    }
    if (this.#nodes.size >= this.#options.maxEntries) this.#makeRoom();
    const node: Node<V> = { keys, value, key, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.#nodes.set(key, node);
  }

  delete(key: MapKey): void {
    const node = this.#nodes.get(key);
    if (node !== undefined) this.#remove(node);
  }

  clear(): void {
    this.#nodes.clear();
    this.#first = undefined;
    this.#last = undefined;
  }

  deleteMatching(pattern: readonly (Value | undefined)[]): void {
    for (const node of this.#list()) {
      if (matches(node.keys, pattern)) this.#remove(node);
    }
  }

  hasMatching(pattern: readonly (Value | undefined)[]): boolean {
    for (let node = this.#first; node !== undefined; node = node.next) {
      if (matches(node.keys, pattern)) return true;
    }
    return false;
  }

  sort(by: number | 'value', ascending: boolean, limit: number, valueOf: (value: V) => Value): void {
    const sign = ascending ? 1 : -1;
    const sortKey = (node: Node<V>): Value => (by === 'value' ? valueOf(node.value) : (node.keys[by] ?? 0));
    const items = this.#list().map((node) => ({ node, sortKey: sortKey(node) }));
    const order = (left: Sortable<V>, right: Sortable<V>): number =>
      sign * compareValues(left.sortKey, right.sortKey);
    const sorted =
      limit >= 1 && limit <= PARTIAL_SORT_MAX ? partialSort(items, limit, order) : items.sort(order);
    this.#relink(sorted.map((item) => item.node));
  }

  elements(): Element<V>[] {
    return this.#list();
  }

  firstElements(limit: number): Element<V>[] {
    const list: Node<V>[] = [];
    for (let node = this.#first; node !== undefined && list.length < limit; node = node.next) list.push(node);
    return list;
  }

  #makeRoom(): void {
    if (this.#options.wrap && this.#first !== undefined) {
      this.#remove(this.#first);
      return;
    }
    throw overflowError(this.#options);
  }

  #remove(node: Node<V>): void {
    this.#nodes.delete(node.key);
    if (node.previous === undefined) this.#first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#last = node.previous;
    else node.next.previous = node.previous;
    // A dead node that has grown old would keep the younger ones it points at alive until a full collection.
    node.previous = undefined;
    node.next = undefined;
  }

  #list(): Node<V>[] {
    const list: Node<V>[] = [];
    for (let node = this.#first; node !== undefined; node = node.next) list.push(node);
    return list;
  }

  #relink(list: readonly Node<V>[]): void {
    let previous: Node<V> | undefined;
    for (const node of list) {
      node.previous = previous;
      node.next = undefined;
      if (previous !== undefined) previous.next = node;
      previous = node;
    }
    this.#first = list[0];
    this.#last = previous;
  }
}

interface Sortable<V> {
  readonly node: Node<V>;
  readonly sortKey: Value;
}

/** Whether keys equal the pattern where it is not undefined (`*`). */
export function matches(keys: readonly Value[], pattern: readonly (Value | undefined)[]): boolean {
  return pattern.every((wanted, position) => wanted === undefined || wanted === keys[position]);
}

/** Longs by value, strings by bytes; both are of one type. */
function compareValues(left: Value, right: Value): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function partialSort<T>(items: readonly T[], limit: number, order: (left: T, right: T) => number): T[] {
  const best = items.slice(0, limit).sort(order);
  const displaced: T[] = [];
  const rest: T[] = [];
  for (const item of items.slice(limit)) {
    const last = best[limit - 1];
    if (last === undefined || order(item, last) >= 0) {
      rest.push(item);
      continue;
    }
    const place = best.findIndex((other) => order(item, other) < 0);
    best.splice(place, 0, item);
    best.pop();
    displaced.unshift(last);
  }
  return [...best, ...displaced, ...rest];
}
