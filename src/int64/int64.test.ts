import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, div, mul, neg, rem, sub } from './arithmetic.ts';
import { and, not, or, shl, shr, ushr, xor } from './bits.ts';
import { clampToNumber, compare, fromBigInt, toByte, toInt32 } from './int64.ts';
import type { Int64 } from './int64.ts';
import { formatHex, formatOctal, formatUnsigned, parseNegatedNumber, parseNumber } from './numeral.ts';

const MIN = -(2n ** 63n);
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Any 64-bit value, dense where the representation changes. */
const edges = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n].flatMap((edge) =>
  [edge, -edge].flatMap((value) => [value - 1n, value, value + 1n].map(signed)),
);
const any64 = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
  fc.bigInt({ min: MIN, max: -MIN - 1n }),
);

function expectSame(result: Int64, expected: bigint): void {
  expect(BigInt(result)).toBe(signed(expected));
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  const isSafe = signed(expected) <= safe && signed(expected) >= -safe;
  expect(typeof result).toBe(isSafe ? 'number' : 'bigint');
  expect(Object.is(result, -0)).toBe(false);
}

describe('agreement with wrapped bigint arithmetic', () => {
  const binary: readonly [string, (a: Int64, b: Int64) => Int64, (a: bigint, b: bigint) => bigint][] = [
    ['add', add, (a, b) => a + b],
    ['sub', sub, (a, b) => a - b],
    ['mul', mul, (a, b) => a * b],
    ['and', and, (a, b) => a & b],
    ['or', or, (a, b) => a | b],
    ['xor', xor, (a, b) => a ^ b],
    ['shl', shl, (a, b) => a << BigInt.asUintN(6, b)],
    ['shr', shr, (a, b) => a >> BigInt.asUintN(6, b)],
    ['ushr', ushr, (a, b) => BigInt.asUintN(64, a) >> BigInt.asUintN(6, b)],
  ];
  it.each(binary)('%s', (_name, operation, model) => {
    fc.assert(
      fc.property(any64, any64, (a, b) => {
        expectSame(operation(fromBigInt(a), fromBigInt(b)), model(a, b));
      }),
      { numRuns: 2000 },
    );
  });
  it('div and rem', () => {
    fc.assert(
      fc.property(
        any64,
        any64.filter((b) => b !== 0n),
        (a, b) => {
          expectSame(div(fromBigInt(a), fromBigInt(b)), a / b);
          expectSame(rem(fromBigInt(a), fromBigInt(b)), a % b);
        },
      ),
      { numRuns: 2000 },
    );
  });
  it('neg, not, comparison and narrowing', () => {
    fc.assert(
      fc.property(any64, any64, (a, b) => {
        const value = fromBigInt(a);
        expectSame(neg(value), -a);
        expectSame(not(value), ~a);
        expect(compare(value, fromBigInt(b))).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect([value < fromBigInt(b), value === fromBigInt(b)]).toEqual([a < b, a === b]);
        expect(toInt32(value)).toBe(Number(BigInt.asIntN(32, a)));
        expect(toByte(value)).toBe(Number(BigInt.asUintN(8, a)));
        expect(formatHex(value)).toBe(BigInt.asUintN(64, a).toString(16));
        expect(formatOctal(value)).toBe(BigInt.asUintN(64, a).toString(8));
        expect(formatUnsigned(value)).toBe(BigInt.asUintN(64, a).toString());
      }),
    );
  });
});

describe('number tokens', () => {
  it.each<[string, Int64 | undefined]>([
    ['0', 0],
    ['010', 8],
    ['0x1F', 31],
    ['18446744073709551615', -1],
    ['0x8000000000000000', MIN],
    ['9223372036854775807', 9223372036854775807n],
    ['18446744073709551616', undefined],
    ['08', undefined],
    ['1u', undefined],
    ['0b101', undefined],
    ['0x', undefined],
    ['1_000', undefined],
    ['', undefined],
  ])('%s', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });
  it('allows 2^63 after a minus sign and no more', () => {
    expect(parseNegatedNumber('9223372036854775808')).toBe(MIN);
    expect(parseNegatedNumber('9223372036854775809')).toBeUndefined();
    expect(parseNegatedNumber('0')).toBe(0);
  });
});

it('clamps to the bounds', () => {
  expect(clampToNumber(2n ** 60n, 0, 10)).toBe(10);
  expect(clampToNumber(-(2n ** 60n), 0, 10)).toBe(0);
  expect(clampToNumber(7, 0, 10)).toBe(7);
});
