import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompiledGlobal, ScalarType } from '../module/compiled-module.ts';
import { CELLS, STATISTIC } from '../module/kernel-part.ts';
import type { KernelGlobal, KernelMap, KernelPart } from '../module/kernel-part.ts';
import { AssociativeArray, mapKeyN } from './associative-array.ts';
import type { AssociativeArrayOptions } from './associative-array.ts';
import { ScriptError } from './handler-context.ts';
import { KernelGlobals } from './kernel-globals.ts';
import { KernelPause } from './kernel-pause.ts';
import type { ScriptArray } from './script-array.ts';
import { Statistic } from './statistic.ts';
import { EMPTY_KERNEL_PART } from './testing/kernel-record.ts';
import { MemoryMaps } from './testing/memory-maps.ts';
import type { Value } from './value.ts';

const STRING_BYTES = 16;
const MAP = 0;

function globalOf(rest: Partial<CompiledGlobal>): CompiledGlobal {
  return {
    name: 'g',
    mangledName: '__global_g',
    type: 'long',
    keyTypes: [],
    wrap: false,
    isPrivate: false,
    origin: 'script',
    ...rest,
  };
}

interface World {
  readonly kernel: KernelGlobals;
  readonly maps: MemoryMaps;
  readonly pause: KernelPause;
  readonly calls: string[];
}

function worldOf(place: KernelGlobal, shape: Partial<KernelMap>): World {
  const map: KernelMap = {
    name: 'g',
    type: 'hash',
    keyBytes: 8,
    valueBytes: 16,
    maxEntries: 4,
    mapped: false,
    ...shape,
  };
  const part: KernelPart = { ...EMPTY_KERNEL_PART, maps: [map], globals: [place] };
  const maps = new MemoryMaps([map]);
  const calls: string[] = [];
  const pause = new KernelPause({
    pause: () => calls.push('pause'),
    unpause: () => calls.push('unpause'),
  });
  return { kernel: new KernelGlobals(part, maps, pause), maps, pause, calls };
}

const OPTIONS: AssociativeArrayOptions = { maxEntries: 4, sizeDeclared: true, wrap: false };

function arrayWorld(
  keyTypes: readonly ScalarType[],
  value: 'long' | 'string',
  wrap = false,
): World & { readonly array: ScriptArray<Value> } {
  const keyBytes = keyTypes.map((type) => (type === 'long' ? 8 : STRING_BYTES));
  const world = worldOf(
    { kind: 'array', global: 0, map: MAP, keyBytes, value },
    {
      keyBytes: keyBytes.reduce((total, size) => total + size, 0),
      valueBytes: 8 + (value === 'long' ? 8 : STRING_BYTES),
    },
  );
  const array = world.kernel.array(0, globalOf({ keyTypes, type: value }), { ...OPTIONS, wrap });
  return { ...world, array: array as ScriptArray<Value> };
}

describe('a long in the kernel', () => {
  const world = (): World => worldOf({ kind: 'cell', global: 0, offset: 72 }, {});

  it('is every 64-bit number that was written, and what the kernel made of it', () => {
    const { kernel, maps } = world();
    const cell = kernel.cell(0);
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer(), (value, amount) => {
        if (cell === undefined) throw new Error('no cell');
        const normal = Number.isSafeInteger(Number(value)) ? Number(value) : value;
        cell.value = normal;
        expect(cell.value).toBe(normal);
        const sum = BigInt.asIntN(64, value + BigInt(amount));
        expect(BigInt(cell.add(amount))).toBe(sum);
        expect(maps.cells.getBigInt64(72, true)).toBe(sum);
      }),
    );
    expect(kernel.cell(1)).toBeUndefined();
    expect(kernel.array(0, globalOf({}), OPTIONS)).toBeUndefined();
  });
});

type Step =
  | {
      readonly kind: 'set' | 'delete' | 'has' | 'delete-matching';
      readonly key: number;
      readonly value: number;
    }
  | {
      readonly kind: 'list' | 'clear' | 'sort' | 'release' | 'size';
      readonly key: number;
      readonly value: number;
    };

describe('an array in the kernel', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom(
      ...([
        'set',
        'set',
        'set',
        'delete',
        'has',
        'delete-matching',
        'list',
        'clear',
        'sort',
        'release',
        'size',
      ] as const),
    ),
    key: fc.nat(6),
    value: fc.nat(3),
  });
  const keysFor = (types: readonly ScalarType[], key: number): readonly Value[] =>
    types.map((type, position) => {
      const number = position === 0 ? key : key % 2;
      return type === 'long' ? 3 - number : `k\xe9${number}`;
    });

  const run = (
    array: ScriptArray<Value>,
    types: readonly ScalarType[],
    { kind, key, value }: Step,
  ): unknown => {
    const keys = keysFor(types, key);
    const pattern = keys.map((wanted, position) => (position === types.length - 1 ? wanted : undefined));
    switch (kind) {
      case 'set':
        try {
          array.set(mapKeyN(keys), keys, value);
          return 'set';
        } catch (error) {
          if (error instanceof ScriptError) return error.message;
          throw error;
        }
      case 'delete':
        array.delete(mapKeyN(keys));
        return undefined;
      case 'has':
        return [array.has(mapKeyN(keys)), array.get(mapKeyN(keys)), array.hasMatching(pattern)];
      case 'delete-matching':
        array.deleteMatching(pattern);
        return undefined;
      case 'clear':
        array.clear();
        return undefined;
      case 'sort':
        array.sort(key % 2 === 0 ? 'value' : 0, value % 2 === 0, key % 3, (content) => content);
        return undefined;
      case 'size':
        return array.size;
      case 'list':
      case 'release':
        return array.elements().map((element) => [element.keys, element.value]);
    }
  };

  it.each([
    { types: ['long'], wrap: false },
    { types: ['string'], wrap: true },
    { types: ['long', 'string'], wrap: false },
    { types: ['string', 'long', 'long'], wrap: true },
  ] as const)('does what one of our own does, by $types, wrapping: $wrap', ({ types, wrap }) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { array, pause } = arrayWorld(types, 'long', wrap);
        const own = new AssociativeArray<Value>({ ...OPTIONS, wrap });
        for (const one of steps) {
          expect(run(array, types, one)).toEqual(run(own, types, one));
          if (one.kind === 'release') pause.release();
        }
        pause.release();
        expect(array.elements().map(({ value }) => value)).toEqual(own.elements().map(({ value }) => value));
      }),
    );
  });

  it('holds strings, and lets an element be replaced in place', () => {
    const { array, pause } = arrayWorld(['long'], 'string');
    array.set(5, [5], 'one');
    array.set(6, [6], '');
    const element = array.element(5);
    if (element !== undefined) element.value = 'two\xff';
    expect([element?.value, array.get(5), array.get(6), array.element(7)]).toEqual([
      'two\xff',
      'two\xff',
      '',
      undefined,
    ]);
    expect(array.elements().map(({ value }) => value)).toEqual(['two\xff', '']);
    pause.release();
    expect(array.elements().map(({ value }) => value)).toEqual(['two\xff', '']);
  });

  it('shows what the kernel did since the last pause', () => {
    const { array, maps, pause } = arrayWorld(['long'], 'long');
    array.set(1, [1], 10);
    expect(array.size).toBe(1);
    pause.release();
    const key = new Uint8Array(BigInt64Array.of(2n).buffer);
    const value = new Uint8Array(BigInt64Array.of(9n, 20n).buffer);
    maps.update(MAP, key, value);
    maps.update(
      MAP,
      new Uint8Array(BigInt64Array.of(1n).buffer),
      new Uint8Array(BigInt64Array.of(1n, 11n).buffer),
    );
    expect(array.get(1)).toBe(11);
    expect(array.elements().map(({ keys, value: content }) => [...keys, content])).toEqual([
      [1, 11],
      [2, 20],
    ]);
  });

  it('pauses the module for all but reading an element, once', () => {
    const { array, calls, pause } = arrayWorld(['long'], 'long');
    array.get(1);
    array.has(1);
    expect(calls).toEqual([]);
    array.set(1, [1], 1);
    array.elements();
    array.delete(1);
    expect(calls).toEqual(['pause']);
    pause.release();
    expect(calls).toEqual(['pause', 'unpause']);
  });
});

describe('a statistic in the kernel', () => {
  const BYTES = STATISTIC.buckets + 128 * 8;
  const histogram = { kind: 'log' } as const;
  const added = fc.tuple(fc.nat(3), fc.integer({ min: -1000, max: 1000 }));

  /** As a program does it on that processor. */
  function addThere(value: Uint8Array, offset: number, amount: number): void {
    const own = new Statistic(histogram, undefined, false);
    const view = new DataView(value.buffer);
    const long = (at: number): number => Number(view.getBigInt64(offset + at, true));
    const buckets = Array.from({ length: 128 }, (_, index) => long(STATISTIC.buckets + index * 8));
    own.restore({
      ...{ count: long(STATISTIC.count), sum: long(STATISTIC.sum), min: long(STATISTIC.min) },
      ...{ max: long(STATISTIC.max), scaledMean: 0, squares: 0, buckets },
    });
    own.add(amount);
    const { count, sum, min, max } = own.state();
    const put = (at: number, content: number | bigint): void => {
      view.setBigInt64(offset + at, BigInt(content), true);
    };
    put(STATISTIC.count, count);
    put(STATISTIC.sum, sum);
    put(STATISTIC.min, min);
    put(STATISTIC.max, max);
    for (const [index, content] of own.buckets().entries()) put(STATISTIC.buckets + index * 8, content);
  }

  it('is the sum of what all processors and the engine added', () => {
    fc.assert(
      fc.property(
        fc.array(added, { maxLength: 20 }),
        fc.array(fc.integer(), { maxLength: 3 }),
        (there, here) => {
          const { kernel, maps } = worldOf(
            { kind: 'statistic', global: 0, map: MAP },
            { type: 'per-cpu-array', keyBytes: 4, valueBytes: BYTES, maxEntries: 1 },
          );
          const global = globalOf({ type: 'stats', histogram });
          const statistic = kernel.statistic(0, global);
          const own = new Statistic(histogram, undefined, false);
          const value = maps.lookup(MAP, new Uint8Array(4)) ?? new Uint8Array(0);
          for (const [processor, amount] of there) {
            addThere(value, processor * BYTES, amount);
            own.add(amount);
          }
          maps.update(MAP, new Uint8Array(4), value);
          for (const amount of here) {
            statistic?.add(amount);
            own.add(amount);
          }
          expect(statistic?.state()).toMatchObject({ count: own.count, sum: own.sum() });
          if (own.count === 0) return;
          expect([statistic?.min(), statistic?.max(), statistic?.avg()]).toEqual([
            own.min(),
            own.max(),
            own.avg(),
          ]);
          expect(statistic?.buckets()).toEqual(own.buckets());
          statistic?.clear();
          expect(statistic?.count).toBe(0);
          expect(() => statistic?.min()).toThrow('empty aggregate');
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is created by adding to a missing element, up to the size of the array', () => {
    const { kernel, calls } = worldOf(
      { kind: 'array', global: 0, map: MAP, keyBytes: [8], value: 'statistic' },
      { type: 'per-cpu-hash', valueBytes: 8 + STATISTIC.buckets, maxEntries: 2 },
    );
    const global = globalOf({ type: 'stats', keyTypes: ['long'] });
    const array = kernel.array(0, global, {
      ...OPTIONS,
      overflowMessage: 'aggregation overflow in __global_g',
    });
    const element = kernel.statisticElement(0);
    element?.(7, [7]).add(3);
    element?.(7, [7]).add(-9);
    element?.(1, [1]).add(2);
    expect(() => element?.(2, [2]).add(1)).toThrow('aggregation overflow in __global_g');
    const found = array
      ?.elements()
      .map(({ keys, value }) => [keys[0], typeof value === 'object' && value.state()]);
    expect(found).toMatchObject([
      [7, { count: 2, sum: -6, min: -9, max: 3 }],
      [1, { count: 1, sum: 2 }],
    ]);
    expect(calls).toEqual(['pause']);
  });
});

describe('the counter of creations', () => {
  it('is shared with the kernel', () => {
    const { array, maps } = arrayWorld(['long'], 'long');
    maps.cells.setBigInt64(CELLS.sequence, 41n, true);
    array.set(1, [1], 1);
    expect(maps.cells.getBigInt64(CELLS.sequence, true)).toBe(42n);
  });
});
