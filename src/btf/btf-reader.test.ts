import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BtfError } from './btf-error.ts';
import { BTF_KIND } from './btf-kind.ts';
import { BtfReader } from './btf-reader.ts';
import { buildBtf } from './testing/build-btf.ts';
import type { BtfTypeSpec } from './testing/build-btf.ts';

const INT: BtfTypeSpec = { kind: BTF_KIND.integer, name: 'int', value: 4, extra: [0x0100_0020] };
const POINT: BtfTypeSpec = {
  kind: BTF_KIND.struct,
  name: 'point',
  value: 8,
  parts: 2,
  extra: ['x', 1, 0, 'y', 1, 32],
};
const FORWARD: BtfTypeSpec = { kind: BTF_KIND.forward, name: 'point', flag: true };
const SMALL = buildBtf([INT, POINT, FORWARD]);

describe('a small BTF', () => {
  const reader = new BtfReader(SMALL);

  test('types are found one behind the other', () => {
    expect(reader.typeCount).toBe(4);
    expect([1, 2, 3].map((id) => reader.kind(id))).toEqual([1, 4, 7]);
    expect([0, 1, 2, 3].map((id) => reader.name(id))).toEqual(['void', 'int', 'point', 'point']);
    expect(reader.sizeOrType(2)).toBe(8);
    expect(reader.partCount(2)).toBe(2);
    expect([1, 3].map((id) => reader.flag(id))).toEqual([false, true]);
    expect(reader.text(reader.extra(2, 3))).toBe('y');
  });

  test('a name is found with its kind only, one by one as in the index', () => {
    for (let round = 0; round < 20; round++) {
      expect(reader.find(BTF_KIND.struct, 'point')).toBe(2);
      expect(reader.find(BTF_KIND.forward, 'point')).toBe(3);
      expect(reader.find(BTF_KIND.struct, 'poin')).toBeUndefined();
      expect(reader.find(BTF_KIND.struct, 'points')).toBeUndefined();
      expect(reader.find(BTF_KIND.union, 'point')).toBeUndefined();
    }
  });

  test('what is not there is an error, not a value', () => {
    expect(() => reader.kind(4)).toThrow(new BtfError('there is no type 4'));
    expect(() => reader.kind(-1)).toThrow(BtfError);
    expect(() => reader.extra(2, 6)).toThrow(new BtfError('type 2 has no word 6'));
    expect(() => reader.text(1_000_000)).toThrow(BtfError);
  });

  test('bytes may begin anywhere', () => {
    const moved = new Uint8Array(SMALL.length + 1);
    moved.set(SMALL, 1);
    expect(new BtfReader(moved.subarray(1)).name(2)).toBe('point');
  });
});

describe('damaged bytes', () => {
  test.each([
    ['nothing', new Uint8Array(), 'it is too short for a header'],
    ['zero bytes', new Uint8Array(64), 'it begins with 0x0, which is not BTF of this machine'],
    ['a cut end', SMALL.subarray(0, SMALL.length - 1), 'it is shorter than its header says'],
    ['an unknown kind', buildBtf([{ ...INT, kind: 31 as 1 }]), 'type 1 is of unknown kind 31'],
    ['too many members', buildBtf([{ ...POINT, parts: 3 }]), 'type 1 is cut off'],
  ])('%s', (_what, bytes, message) => {
    expect(() => new BtfReader(bytes)).toThrow(new BtfError(message));
  });

  test('a BtfError or answers, never anything else', () => {
    const change = fc.tuple(fc.nat(SMALL.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = SMALL.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          const reader = new BtfReader(bytes);
          for (let id = 0; id < reader.typeCount; id++) reader.name(id);
          for (let round = 0; round < 9; round++) reader.find(BTF_KIND.struct, 'none');
        } catch (error) {
          expect(error).toBeInstanceOf(BtfError);
        }
      }),
    );
  });
});
