import { CELLS } from '../../module/kernel-part.ts';
import type { KernelMap } from '../../module/kernel-part.ts';
import type { KernelMapEntry, KernelMaps } from '../kernel-maps.ts';

const E2BIG = 7;
const CELL_BYTES = 256;

/** Maps in memory of our own, with the limits that those of the kernel have, for four processors. */
export class MemoryMaps implements KernelMaps {
  readonly processors = 4;
  readonly cells = new DataView(new ArrayBuffer(CELLS.hits + CELL_BYTES));
  readonly #shapes: readonly KernelMap[];
  readonly #contents: readonly Map<string, Uint8Array>[];

  constructor(shapes: readonly KernelMap[]) {
    this.#shapes = shapes;
    this.#contents = shapes.map(
      (shape) =>
        new Map(shape.type.endsWith('array') ? [[nameOf(new Uint8Array(4)), this.#zeros(shape)]] : []),
    );
  }

  lookup(map: number, key: Uint8Array): Uint8Array | undefined {
    return this.#content(map).get(this.#checked(map, key))?.slice();
  }

  update(map: number, key: Uint8Array, value: Uint8Array): number {
    const content = this.#content(map);
    const shape = this.#shape(map);
    if (value.length !== this.#zeros(shape).length)
      throw new RangeError(`${value.length} bytes are no value`);
    const name = this.#checked(map, key);
    if (!content.has(name) && content.size >= shape.maxEntries) return -E2BIG;
    content.set(name, value.slice());
    return 0;
  }

  delete(map: number, key: Uint8Array): boolean {
    return this.#content(map).delete(this.#checked(map, key));
  }

  /** In an order that has nothing to do with that of creation. */
  entries(map: number): Iterable<KernelMapEntry> {
    const entries = [...this.#content(map)].sort(([left], [right]) => (left < right ? -1 : 1));
    return entries.map(([name, value]) => ({ key: Uint8Array.from(name, unitOf), value: value.slice() }));
  }

  #checked(map: number, key: Uint8Array): string {
    if (key.length !== this.#shape(map).keyBytes) throw new RangeError(`${key.length} bytes are no key`);
    return nameOf(key);
  }

  #zeros({ type, valueBytes }: KernelMap): Uint8Array {
    return new Uint8Array(
      type.startsWith('per-cpu') ? ((valueBytes + 7) & ~7) * this.processors : valueBytes,
    );
  }

  #shape(map: number): KernelMap {
    const shape = this.#shapes[map];
    if (shape === undefined) throw new RangeError(`no map ${map}`);
    return shape;
  }

  #content(map: number): Map<string, Uint8Array> {
    const content = this.#contents[map];
    if (content === undefined) throw new RangeError(`no map ${map}`);
    return content;
  }
}

function nameOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function unitOf(unit: string): number {
  return unit.charCodeAt(0);
}
