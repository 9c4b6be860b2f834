import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Int64 } from '../int64/int64.ts';
import { AssociativeArray, mapKey2, mapKeyN } from './associative-array.ts';
import type { AssociativeArrayOptions } from './associative-array.ts';
import type { Value } from './value.ts';

function array(options: Partial<AssociativeArrayOptions> = {}): AssociativeArray<Value> {
  return new AssociativeArray({ maxEntries: 2048, sizeDeclared: false, wrap: false, ...options });
}

function put(target: AssociativeArray<Value>, keys: readonly Value[], value: Value): void {
  target.set(mapKeyN(keys), keys, value);
}

function filled(text: string): AssociativeArray<Value> {
  const target = array();
  for (const item of text.split(' ')) put(target, [item.slice(0, 1)], Number(item.slice(1)));
  return target;
}

function listed(target: AssociativeArray<Value>): string {
  return target
    .elements()
    .map(({ keys, value }) => `${keys.join(',')}${value}`)
    .join(' ');
}

const plain = (value: Value): Value => value;

describe('elements', () => {
  it('keep the order of insertion, also when a value is replaced', () => {
    const target = filled('x5 b9 z1');
    put(target, ['x'], 6);
    expect(listed(target)).toBe('x6 b9 z1');
    target.delete('b');
    target.delete('missing');
    put(target, ['b'], 1);
    expect(listed(target)).toBe('x6 z1 b1');
    expect([target.size, target.get('z'), target.get('q'), target.has('b')]).toEqual([3, 1, undefined, true]);
    target.clear();
    expect([target.size, listed(target)]).toEqual([0, '']);
  });
  it('can be updated in place', () => {
    const target = filled('a1');
    const element = target.element('a');
    if (element !== undefined) element.value = 2;
    expect(target.get('a')).toBe(2);
  });
  it('match patterns over several keys', () => {
    const target = array();
    for (const keys of [
      ['a', 1, 'x'],
      ['a', 2, 'y'],
      ['b', 1, 'x'],
      ['b', 2, 'z'],
    ]) {
      put(target, keys, 0);
    }
    expect(target.hasMatching(['a', undefined, 'y'])).toBe(true);
    expect(target.hasMatching(['c', undefined, undefined])).toBe(false);
    target.deleteMatching(['a', undefined, undefined]);
    expect(listed(target)).toBe('b,1,x0 b,2,z0');
    target.deleteMatching([undefined, undefined, undefined]);
    expect(target.size).toBe(0);
    put(target, ['n', 0, ''], 1);
    expect(listed(target)).toBe('n,0,1');
  });
});

describe('overflow', () => {
  it('is an error and leaves the array as it was', () => {
    const declared = array({ maxEntries: 2, sizeDeclared: true });
    const limited = array({ maxEntries: 2 });
    const statistics = array({ maxEntries: 2, overflowMessage: 'aggregation overflow in s' });
    for (const target of [declared, limited, statistics]) {
      put(target, [1], 10);
      put(target, [2], 20);
    }
    expect(() => {
      put(declared, [3], 30);
    }).toThrow('Array overflow, check size limit (2)');
    expect(() => {
      put(limited, [3], 30);
    }).toThrow('Array overflow, check MAXMAPENTRIES');
    expect(() => {
      put(statistics, [3], 30);
    }).toThrow('aggregation overflow in s');
    expect(listed(declared)).toBe('110 220');
  });
  it('of a wrapping array drops the first in list order', () => {
    const target = array({ maxEntries: 3, wrap: true });
    for (const key of [1, 2, 3, 4]) put(target, [key], key * 10);
    put(target, [2], 21);
    put(target, [5], 50);
    expect(listed(target)).toBe('330 440 550');
    target.sort('value', false, 0, plain);
    put(target, [6], 60);
    expect(listed(target)).toBe('440 330 660');
  });
});

describe('sort', () => {
  const ties = 'c1 a2 e1 b2 d1 f3 g2';
  it.each<[boolean, number, string]>([
    [false, 0, 'f3 a2 b2 g2 c1 e1 d1'],
    [true, 0, 'c1 e1 d1 a2 b2 g2 f3'],
    [false, 3, 'f3 a2 b2 c1 e1 d1 g2'],
    [true, 3, 'c1 e1 d1 a2 b2 f3 g2'],
    [false, 31, 'f3 a2 b2 g2 c1 e1 d1'],
  ])('by value, ascending %s, limit %d', (ascending, limit, expected) => {
    const target = filled(ties);
    target.sort('value', ascending, limit, plain);
    expect(listed(target)).toBe(expected);
  });
  it('leaves a defined order behind a partial sort', () => {
    const target = array();
    for (let i = 0; i < 40; i += 1) put(target, [i], (i * 7) % 5);
    const keys = (): string =>
      target
        .elements()
        .map((element) => element.keys[0])
        .join(' ');
    target.sort('value', false, 30, plain);
    expect(keys()).toBe(
      '2 7 12 17 22 27 32 37 4 9 14 19 24 29 34 39 1 6 11 16 21 26 31 36 3 8 13 18 23 28 33 0 5 10 15 20 25 30 35 38',
    );
    target.sort('value', true, 35, plain);
    expect(keys()).toMatch(/^0 5 10 15 20 25 30 35 3 8 13 18 23 28 33 38 1 6 11 16 21 26 31 36 4 9 14 19 24/);
  });
  it('by a key, strings by bytes and longs by value', () => {
    const target = array();
    for (const keys of [
      ['\xff', 2n ** 60n],
      ['B', -1],
      ['', 5],
      ['a', -(2n ** 60n)],
    ]) {
      put(target, keys, 0);
    }
    target.sort(0, true, 0, plain);
    expect(target.elements().map((element) => element.keys[0])).toEqual(['', 'B', 'a', '\xff']);
    target.sort(1, false, 0, plain);
    expect(target.elements().map((element) => element.keys[1])).toEqual([2n ** 60n, 5, -1, -(2n ** 60n)]);
  });
  it('puts the same elements first with and without a limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (values, limit) => {
          const [full, partial] = [array(), array()];
          values.forEach((value, key) => {
            put(full, [key], value);
            put(partial, [key], value);
          });
          full.sort('value', true, 0, plain);
          partial.sort('value', true, limit, plain);
          const first = (target: AssociativeArray<Value>): Value[] =>
            target
              .elements()
              .slice(0, limit)
              .map((element) => element.value);
          expect(first(partial)).toEqual(first(full));
          expect(partial.elements()).toHaveLength(values.length);
        },
      ),
    );
  });
});

it('behaves as an insertion-ordered map', () => {
  const operation = fc.tuple(fc.constantFrom('set', 'delete'), fc.integer({ min: 0, max: 8 }));
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const model = new Map<number, number>();
      const target = array();
      operations.forEach(([name, key], value) => {
        if (name === 'set') {
          model.set(key, value);
          put(target, [key], value);
        } else {
          model.delete(key);
          target.delete(key);
        }
      });
      expect(target.elements().map(({ keys, value }) => [keys[0], value])).toEqual([...model]);
    }),
  );
});

it('makes one key of several without ambiguity', () => {
  const value = fc.oneof(
    fc.integer() as fc.Arbitrary<Int64 | string>,
    fc.string({ unit: fc.constantFrom('1', ',', ':', 'a') }),
  );
  fc.assert(
    fc.property(fc.tuple(value, value), fc.tuple(value, value), (left, right) => {
      const sameTypes = left.every((item, index) => typeof item === typeof right[index]);
      fc.pre(sameTypes);
      const equal = left[0] === right[0] && left[1] === right[1];
      expect(mapKeyN(left) === mapKeyN(right)).toBe(equal);
      expect(mapKey2(...left)).toBe(mapKeyN(left));
    }),
  );
});
