import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markArguments } from './mark-arguments.ts';

const low = (number: number, size: number): object => ({ number, size, shift: 0 });

describe('one argument', () => {
  test.each([
    ['8@%rdi', { size: 8, signed: false, kind: 'register', register: low(5, 8) }],
    ['-4@%eax', { size: 4, signed: true, kind: 'register', register: low(0, 4) }],
    ['-4@%r12d', { size: 4, signed: true, kind: 'register', register: low(12, 4) }],
    ['2@%r9w', { size: 2, signed: false, kind: 'register', register: low(9, 2) }],
    ['1@%al', { size: 1, signed: false, kind: 'register', register: low(0, 1) }],
    ['1@%sil', { size: 1, signed: false, kind: 'register', register: low(4, 1) }],
    ['1@%bh', { size: 1, signed: false, kind: 'register', register: { number: 3, size: 1, shift: 8 } }],
    ['8@%rip', { size: 8, signed: false, kind: 'register', register: low(16, 8) }],
    ['%rdx', { size: 8, signed: true, kind: 'register', register: low(1, 8) }],
    ['4@$5', { size: 4, signed: false, kind: 'immediate', value: 5 }],
    ['-4@$-1', { size: 4, signed: true, kind: 'immediate', value: -1 }],
    ['4@$-1', { size: 4, signed: false, kind: 'immediate', value: 0xffff_ffff }],
    ['-1@$255', { size: 1, signed: true, kind: 'immediate', value: -1 }],
    ['8@$0xffffffffffffffff', { size: 8, signed: false, kind: 'immediate', value: -1 }],
    ['8@$017', { size: 8, signed: false, kind: 'immediate', value: 15 }],
    ['-4@-20(%rbp)', { size: 4, signed: true, kind: 'memory', displacement: -20, base: low(6, 8), scale: 1 }],
    ['4@0(%r13)', { size: 4, signed: false, kind: 'memory', displacement: 0, base: low(13, 8), scale: 1 }],
    [
      '8@(%rax,%rcx,8)',
      {
        size: 8,
        signed: false,
        kind: 'memory',
        displacement: 0,
        base: low(0, 8),
        index: low(2, 8),
        scale: 8,
      },
    ],
    ['8@(,%rcx,4)', { size: 8, signed: false, kind: 'memory', displacement: 0, index: low(2, 8), scale: 4 }],
    [
      '8@-20+8(%esp)',
      { size: 8, signed: false, kind: 'memory', displacement: -12, base: low(7, 4), scale: 1 },
    ],
    [
      '-8@24+stats(%rip)',
      {
        size: 8,
        signed: true,
        kind: 'memory',
        displacement: 24,
        symbol: 'stats',
        base: low(16, 8),
        scale: 1,
      },
    ],
    [
      '8@0x10(%rip)',
      { size: 8, signed: false, kind: 'memory', displacement: 16, base: low(16, 8), scale: 1 },
    ],
    ['8@counter', { size: 8, signed: false, kind: 'memory', displacement: 0, symbol: 'counter', scale: 1 }],
    ['8@4096', { size: 8, signed: false, kind: 'memory', displacement: 4096, scale: 1 }],
  ])('%s', (text, expected) => {
    expect(markArguments(text)).toEqual([expected]);
  });
});

describe('what cannot be read tells why', () => {
  test.each<[string, string]>([
    ['8f@%xmm0', 'it is a floating-point number'],
    ['8@%xmm0', 'it is a floating-point number'],
    ['4f@-20(%rbp)', 'it is a floating-point number'],
    ['10@-20(%rbp)', 'it has 10 bytes, not 1, 2, 4 or 8'],
    ['0@%rax', 'it has 0 bytes, not 1, 2, 4 or 8'],
    ...[
      ...['%fs:0x10', '%r16', '%ymm', '%', '', '$', '$x', '(', '()', '(%rax', '(%ax)', '(%rax,%rcx,3)'],
      ...['(%rax,,8)', '(%rax,%rip)', '(%rip,%rax)', '(%rax,%rcx,8,1)', 'a+b(%rax)', '-a(%rax)', '--4(%rax)'],
      ...['4-(%rax)', 'a@GOTPCREL(%rip)', '$99999999999999999999', '$0x1ffffffffffffffff', '089(%rax)'],
    ].map((place): [string, string] => [`8@${place}`, `its place '${place}' is not understood`]),
  ])('%s', (text, reason) => {
    expect(markArguments(text)).toEqual([{ kind: 'unsupported', reason }]);
  });

  test('of whatever length', () => {
    const long = [{ kind: 'unsupported', reason: 'its description is too long' }];
    expect(markArguments(`8@${'1+'.repeat(100_000)}1(%rax)`)).toEqual(long);
    expect(markArguments(`8@${'('.repeat(1_000_000)}`)).toEqual(long);
  });
});

describe('several arguments', () => {
  test('one that is not understood does not move the others', () => {
    expect(markArguments('-4@-136(%rbp) 8f@%xmm0 \t4@$5').map(({ kind }) => kind)).toEqual([
      'memory',
      'unsupported',
      'immediate',
    ]);
    expect(markArguments('%rdi %rsi').map(({ kind }) => kind)).toEqual(['register', 'register']);
    expect(markArguments('')).toEqual([]);
  });

  test('blanks inside of an operand', () => {
    expect(markArguments('8@(%rax, %rcx, 8) 1@%al')).toEqual(markArguments('8@(%rax,%rcx,8) 1@%al'));
  });
});

describe('arm64', () => {
  const whole = (number: number): object => low(number, 8);
  test.each([
    ['8@x0', { size: 8, signed: false, kind: 'register', register: whole(0) }],
    ['-4@w19', { size: 4, signed: true, kind: 'register', register: low(19, 4) }],
    ['8@sp', { size: 8, signed: false, kind: 'register', register: whole(31) }],
    ['4@5', { size: 4, signed: false, kind: 'immediate', value: 5 }],
    ['-4@-1', { size: 4, signed: true, kind: 'immediate', value: -1 }],
    ['8@[sp]', { size: 8, signed: false, kind: 'memory', displacement: 0, base: whole(31), scale: 1 }],
    [
      '-4@[x29, -20]',
      { size: 4, signed: true, kind: 'memory', displacement: -20, base: whole(29), scale: 1 },
    ],
    [
      '8@[x0, x1, lsl 3]',
      { size: 8, signed: false, kind: 'memory', displacement: 0, base: whole(0), index: whole(1), scale: 8 },
    ],
    ['8f@d0', { kind: 'unsupported', reason: 'it is a floating-point number' }],
    ['8@[w0]', { kind: 'unsupported', reason: "its place '[w0]' is not understood" }],
    ['8@[x0, 8, 8]', { kind: 'unsupported', reason: "its place '[x0,8,8]' is not understood" }],
    ['8@[x0, x1, lsl 4]', { kind: 'unsupported', reason: "its place '[x0,x1,lsl4]' is not understood" }],
  ])('%s', (text, expected) => {
    expect(markArguments(text, 'arm64')).toEqual([expected]);
  });
});

test('any text gives operands, one for each argument that starts as one', () => {
  const alphabet = '%$()@,+-0189xrabpsidfl .:\0\xff'.split('');
  const texts = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 60 });
  fc.assert(
    fc.property(fc.array(texts.map((text) => text.replace(/[ @]/g, ''))), (places) => {
      const operands = markArguments(places.map((place) => `-4@${place}`).join(' '));
      expect(operands).toHaveLength(places.length);
    }),
  );
  fc.assert(
    fc.property(fc.oneof(texts, fc.string({ unit: 'binary' })), (text) => {
      for (const operand of markArguments(text))
        if (operand.kind === 'memory') expect(typeof operand.scale).toBe('number');
    }),
  );
});

test('immediates are what the type of the argument holds', () => {
  const sizes = fc.constantFrom(1, 2, 4, 8);
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), sizes, (value, size) => {
      const [signed, unsigned] = markArguments(`-${size}@$${value} ${size}@$${value}`);
      const valueOf = (operand: typeof signed): bigint =>
        operand?.kind === 'immediate' ? BigInt(operand.value) : 0n;
      expect(valueOf(signed)).toBe(BigInt.asIntN(size * 8, value));
      expect(valueOf(unsigned)).toBe(BigInt.asIntN(64, BigInt.asUintN(size * 8, value)));
    }),
  );
});
