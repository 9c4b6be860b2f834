import { describe, expect, test } from 'vitest';
import { BTF_KIND } from './btf-kind.ts';
import { BtfReader } from './btf-reader.ts';
import { SplitBtf } from './split-btf.ts';
import { buildBtf } from './testing/build-btf.ts';
import { WholeBtf } from './whole-btf.ts';

const base = new WholeBtf(
  buildBtf([
    { kind: BTF_KIND.integer, name: 'int', value: 4, extra: [0x0100_0020] },
    { kind: BTF_KIND.struct, name: 'page', value: 4, parts: 1, extra: ['flags', 1, 0] },
  ]),
);
const split = new SplitBtf(
  base,
  buildBtf(
    [
      { kind: BTF_KIND.pointer, value: 2 },
      { kind: BTF_KIND.prototype, value: 1, parts: 1, extra: ['where', 3] },
      { kind: BTF_KIND.function, name: 'read_page', value: 4 },
      { kind: BTF_KIND.struct, name: 'page', value: 8 },
    ],
    base.strings().length,
  ),
);

describe('types of a module', () => {
  const reader = new BtfReader(split);

  test('go on from those of the kernel', () => {
    expect(reader.typeCount).toBe(7);
    expect([1, 2, 3, 4, 5, 6].map((id) => reader.name(id))).toEqual([
      'int',
      'page',
      '',
      '',
      'read_page',
      'page',
    ]);
    expect(reader.text(reader.extra(2, 0))).toBe('flags');
    expect([reader.text(reader.extra(4, 0)), reader.extra(4, 1), reader.sizeOrType(3)]).toEqual([
      'where',
      3,
      2,
    ]);
    expect(() => reader.name(7)).toThrow('there is no type 7');
  });

  test('are found before those of the kernel', () => {
    expect(reader.find(BTF_KIND.struct, 'page')).toBe(6);
    expect(reader.find(BTF_KIND.integer, 'int')).toBe(1);
    expect(reader.find(BTF_KIND.function, 'read_pag')).toBeUndefined();
    expect(reader.ids(BTF_KIND.struct)).toEqual([2, 6]);
    expect(split.ownIds(BTF_KIND.struct)).toEqual([6]);
  });
});
