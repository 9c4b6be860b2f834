import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BtfError } from '../btf/btf-error.ts';
import { BTF_KIND } from '../btf/btf-kind.ts';
import { BtfReader } from '../btf/btf-reader.ts';
import { buildBtf } from '../btf/testing/build-btf.ts';
import type { BtfTypeSpec } from '../btf/testing/build-btf.ts';
import { findEnumerator, typeFacts } from './kernel-types.ts';
import type { TypeFacts } from '../probes/kernel-facts.ts';

const K = BTF_KIND;
/** Ids from 1 in this order. */
const TYPES: readonly BtfTypeSpec[] = [
  { kind: K.integer, name: 'int', value: 4, extra: [0x0100_0020] },
  { kind: K.integer, name: 'char', value: 1, extra: [8] },
  { kind: K.const, value: 2 },
  { kind: K.pointer, value: 3 },
  { kind: K.typedef, name: 'pid_t', value: 1 },
  { kind: K.array, extra: [2, 1, 16] },
  { kind: K.prototype, parts: 2, value: 1, extra: ['', 4, '', 0] },
  { kind: K.pointer, value: 7 },
  { kind: K.typeTag, name: 'user', value: 2 },
  { kind: K.pointer, value: 9 },
  { kind: K.union, value: 4, parts: 1, extra: ['word', 1, 0] },
  {
    kind: K.struct,
    name: 'thing',
    value: 8,
    parts: 3,
    flag: true,
    extra: ['', 11, 0, 'low', 1, 0x0300_0020, 'next', 13, 64],
  },
  { kind: K.pointer, value: 14 },
  { kind: K.forward, name: 'thing' },
  { kind: K.enum, name: 'sign', value: 4, parts: 2, flag: true, extra: ['MINUS', 0xffff_ffff, 'PLUS', 1] },
  { kind: K.enum64, name: 'wide', value: 8, parts: 1, extra: ['WIDE', 5, 1] },
  { kind: K.const, value: 13 },
  { kind: K.pointer, value: 6 },
  { kind: K.integer, name: 'int', value: 4, extra: [0x0002_0003] },
  { kind: K.struct, name: 'old', value: 4, parts: 1, extra: ['bits', 19, 8] },
  { kind: K.array, extra: [6, 1, 3] },
  { kind: K.prototype },
  { kind: K.array, extra: [8, 1, 3] },
  { kind: K.const, value: 25 },
  { kind: K.pointer, value: 22 },
];
const BYTES = buildBtf(TYPES);
const reader = new BtfReader(BYTES);

describe('types', () => {
  test.each([
    [1, 'int'],
    [4, 'char const*'],
    [5, 'pid_t'],
    [6, 'char[]'],
    [8, 'int (*) (char const*, ...)'],
    [10, 'char*'],
    [11, 'union {...}'],
    [13, 'struct thing*'],
    [17, 'struct thing* const'],
    [18, 'char[]*'],
    [16, 'enum wide'],
    [21, 'char[]'],
    [23, 'int (*[]) (char const*, ...)'],
    [24, 'void (* const) (void)'],
    [0, 'void'],
  ])('type %i is written %s', (id, spelling) => {
    expect(typeFacts(reader, id).spelling).toBe(spelling);
  });

  test('typedefs and qualifiers are followed', () => {
    expect(typeFacts(reader, 5)).toEqual({
      spelling: 'pid_t',
      kind: 'integer',
      size: 4,
      signed: true,
      isCharacter: false,
    });
    expect(typeFacts(reader, 3)).toMatchObject({ kind: 'integer', isCharacter: true, signed: false });
  });

  test('pointers know whose memory they point to', () => {
    expect([4, 10].map((id) => typeFacts(reader, id))).toMatchObject([{ isUser: false }, { isUser: true }]);
  });

  test('members: anonymous ones, bit fields, and pointers to what is declared only', () => {
    const thing = typeFacts(reader, 12);
    const members = thing.kind === 'struct' ? thing.members() : [];
    expect(members).toMatchObject([
      { name: '', bitOffset: 0, type: { kind: 'union', name: '' } },
      { name: 'low', bitOffset: 32, bitSize: 3 },
      { name: 'next', bitOffset: 64, type: { kind: 'pointer' } },
    ]);
    expect(members[2]).not.toHaveProperty('bitSize');
    const next = members[2]?.type;
    expect(next?.kind === 'pointer' ? next.to() : undefined).toMatchObject({ kind: 'struct', size: 8 });
    const old = typeFacts(reader, 20);
    expect(old.kind === 'struct' ? old.members() : []).toMatchObject([{ bitOffset: 10, bitSize: 3 }]);
  });

  test('enumerators of 32 and 64 bits', () => {
    expect(['MINUS', 'PLUS', 'WIDE', 'NONE'].map((name) => findEnumerator(reader, name))).toEqual([
      -1,
      1,
      2 ** 32 + 5,
      undefined,
    ]);
    const sign = typeFacts(reader, 15);
    expect(sign.kind === 'enum' ? sign.enumerators() : []).toEqual([
      { name: 'MINUS', value: -1 },
      { name: 'PLUS', value: 1 },
    ]);
  });
});

describe('damaged types', () => {
  test.each<[string, readonly BtfTypeSpec[]]>([
    ['a typedef of itself', [{ kind: K.typedef, name: 'loop', value: 1 }]],
    ['a pointer to itself', [{ kind: K.pointer, value: 1 }]],
    ['an array of itself', [{ kind: K.array, extra: [1, 1, 4_000_000_000] }]],
    ['a function that takes itself twice', [{ kind: K.prototype, parts: 2, extra: ['', 1, '', 1] }]],
    ['an integer of 1000 bytes', [{ kind: K.integer, name: 'int', value: 1000, extra: [0] }]],
    ['a section', [{ kind: K.section, name: '.data', value: 4 }]],
  ])('%s', (_what, types) => {
    expect(() => typeFacts(new BtfReader(buildBtf(types)), 1)).toThrow(BtfError);
  });

  test('a BtfError or answers, never anything else', () => {
    const change = fc.tuple(fc.nat(BYTES.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = BYTES.slice();
        for (const [at, value] of changes) bytes[at] = value;
        expect(askEverything(bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

function askEverything(bytes: Uint8Array): boolean {
  const problems: unknown[] = [];
  const attempt = (ask: () => void) => {
    try {
      ask();
    } catch (error) {
      problems.push(error);
    }
  };
  attempt(() => {
    const damaged = new BtfReader(bytes);
    for (let id = 0; id < damaged.typeCount; id++) attempt(() => askInside(typeFacts(damaged, id)));
    findEnumerator(damaged, 'NONE');
  });
  return problems.every((problem) => problem instanceof BtfError);
}

function askInside(type: TypeFacts): void {
  if (type.kind === 'pointer') type.to();
  if (type.kind === 'array') type.element();
  if (type.kind === 'struct' || type.kind === 'union') type.members();
  if (type.kind === 'enum') type.enumerators();
}
