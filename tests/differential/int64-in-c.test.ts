import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { add, div, mul, neg, rem, sub } from '../../src/int64/arithmetic.ts';
import { and, not, or, shl, shr, ushr, xor } from '../../src/int64/bits.ts';
import { fromBigInt, type Int64 } from '../../src/int64/int64.ts';
import { formatHex, formatOctal, formatUnsigned } from '../../src/int64/numeral.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { hasCompiler, runCProgram } from './c-program.ts';

const OPERATIONS: readonly (readonly [string, (a: Int64, b: Int64) => Int64 | string])[] = [
  ['a + b', add],
  ['a - b', sub],
  ['a * b', mul],
  ['b == 0 ? 0 : b == -1 ? -a : a / b', (a, b) => (b === 0 ? 0 : div(a, b))],
  ['b == 0 || b == -1 ? 0 : a % b', (a, b) => (b === 0 ? 0 : rem(a, b))],
  ['a & b', and],
  ['a | b', or],
  ['a ^ b', xor],
  ['a << (b & 63)', shl],
  ['a >> (b & 63)', shr],
  ['(unsigned long long) a >> (b & 63)', ushr],
  ['-a', neg],
  ['~a', not],
  ['a < b', (a, b) => (a < b ? 1 : 0)],
  ['a == b', (a, b) => (a === b ? 1 : 0)],
];

const SOURCE = `#include <stdio.h>
int main(void) {
  long long a, b;
  while (scanf("%lld %lld", &a, &b) == 2) {
    ${OPERATIONS.map(([code]) => `printf("%lld ", (long long) (${code}));`).join('\n    ')}
    printf("%llu %llx %llo\\n", a, a, a);
  }
  return 0;
}
`;

const edges = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n].flatMap((edge) =>
  [edge, -edge].flatMap((value) => [value - 1n, value, value + 1n].map((one) => BigInt.asIntN(64, one))),
);
const any64 = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt({ min: -100n, max: 100n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);

let folder = '';
beforeAll(() => {
  folder = makeScratchFolder('int64');
});
afterAll(() => removeScratchFolder(folder));

it.skipIf(!hasCompiler())('64-bit arithmetic is that of C', () => {
  const pairs = [
    ...edges.flatMap((a) => edges.map((b) => [a, b] as const)),
    ...fc.sample(fc.tuple(any64, any64), { numRuns: 10_000, seed: 1 }),
  ];
  const input = pairs.map(([a, b]) => `${a} ${b}\n`).join('');
  const expected = runCProgram(folder, SOURCE, input).trimEnd().split('\n');
  const actual = pairs.map(([a, b]) => {
    const [left, right] = [fromBigInt(a), fromBigInt(b)];
    const results = OPERATIONS.map(([, operation]) => operation(left, right));
    return [...results, formatUnsigned(left), formatHex(left), formatOctal(left)].join(' ');
  });
  const wrong = pairs.flatMap(([a, b], index) =>
    actual[index] === expected[index] ? [] : [`${a} ${b}: ${actual[index]}, in C ${expected[index]}`],
  );
  expect(wrong).toEqual([]);
  expect(expected).toHaveLength(pairs.length);
});
