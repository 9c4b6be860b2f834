import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBigInt } from '../int64/int64.ts';
import type { FormatConversion, FormatPart } from '../module/format.ts';
import { charText, compileFormat } from './format.ts';
import { clipString } from './script-string.ts';
import type { Value } from './value.ts';

type Conversion = Extract<FormatPart, { kind: 'conversion' }>;

function field(text: string | undefined): number | '*' | undefined {
  return text === undefined || text === '' ? undefined : text === '*' ? '*' : Number(text);
}

/** Splits a format the way the language's grammar does. */
function parts(format: string): FormatPart[] {
  const found: FormatPart[] = [];
  const pattern = /%([0+\- #]?)(\*|\d+)?(?:\.(\*|\d*))?l?([bcdiMmopsuxX])|%%|[^%]+/g;
  for (const match of format.matchAll(pattern)) {
    const [whole, flag, width, precision, conversion] = match;
    if (conversion === undefined) found.push({ kind: 'text', text: whole === '%%' ? '%' : whole });
    else {
      found.push({
        kind: 'conversion',
        conversion: conversion as FormatConversion,
        flag: (flag ?? '') as Conversion['flag'],
        width: field(width),
        precision: precision === '' ? 0 : field(precision),
      });
    }
  }
  return found;
}

function sprintf(format: string, ...args: Value[]): string {
  return compileFormat(parts(format))(...args);
}

const MIN = -(2n ** 63n);

describe('printf', () => {
  it.each<[string, readonly Value[], string]>([
    ['%d', [-42], '-42'],
    ['%6d', [-42], '   -42'],
    ['%-6d', [-42], '-42   '],
    ['%06d', [-42], '-00042'],
    ['%+d', [42], '+42'],
    ['% d', [42], ' 42'],
    ['%.5d', [-42], '-00042'],
    ['%8.5d', [-42], '  -00042'],
    ['%-9.5d', [-42], '-00042   '],
    ['%.0d', [0], '0'],
    ['%x', [-42], 'ffffffffffffffd6'],
    ['%X', [48879], 'BEEF'],
    ['%#x', [48879], '0xbeef'],
    ['%#X', [48879], '0XBEEF'],
    ['%#x', [0], '0x0'],
    ['%o', [8], '10'],
    ['%#o', [8], '010'],
    ['%#o', [0], '00'],
    ['%u', [-42], '18446744073709551574'],
    ['%p', [4096], '0x1000'],
    ['%p', [0], '0x0'],
    ['%20p', [4096], '              0x1000'],
    ['%ld', [MIN], '-9223372036854775808'],
    ['%lu', [MIN], '9223372036854775808'],
    ['%*d', [7, 42], '     42'],
    ['%*d', [-7, 42], '42'],
    ['%.*d', [4, 42], '0042'],
    ['%*.*d', [9, 4, 42], '     0042'],
    ['%%', [], '%'],
    ['%10s', ['hello'], '     hello'],
    ['%-10s', ['hello'], 'hello     '],
    ['%.3s', ['hello'], 'hel'],
    ['%10.3s', ['hello'], '       hel'],
    ['%-10.3s', ['hello'], 'hel       '],
    ['%5s', [''], '     '],
    ['%.0s', ['hello'], ''],
    ['%*s', [8, 'hello'], '   hello'],
    ['%+s', ['hello'], 'hello'],
    ['%07s', ['hello'], '  hello'],
    ['%c', [65], 'A'],
    ['%5c', [65], '    A'],
    ['%-5c', [65], 'A    '],
    ['%#c%#c%#c%#c', [10, 39, 92, 34], '\\n\\\'\\\\"'],
    ['%#c%#c%#c%#c%#c', [1, 200, 127, 0, 7], '\\001\\310\\177\\000\\a'],
    ['%#10x', [255], '      0xff'],
    ['%010x', [255], '00000000ff'],
    ['%-10x', [255], 'ff        '],
    ['%#.4x', [255], '0x00ff'],
    ['%#10.4x', [255], '    0x00ff'],
    ['%03d', [12345], '12345'],
    ['%+6d', [42], '   +42'],
    ['%d %s %d', [1, 'two', 3], '1 two 3'],
    ['%5d%%', [50], '   50%'],
    ['%o', [-1], '1777777777777777777777'],
    ['%c%c%c', [0x61, 0x162, -159], 'aba'],
    ['% 5d', [42], '   42'],
    ['%1b|%2b|%4b', [65, 0x4142, 0x41424344], 'A|BA|DCBA'],
    ['%b', [0x4142434445464748n], 'HGFEDCBA'],
    ['%4.2b|%-4.2b', [0x4142, 0x4142], '\0\0BA|BA\0\0'],
  ])('%s of %s', (format, args, expected) => {
    expect(sprintf(format, ...args)).toBe(expected);
  });

  it('has no memory to dump', () => {
    expect(() => sprintf('%m', 8)).toThrow('read fault [man error::fault] at 0x8');
    expect(() => sprintf('%.5000M', 8)).toThrow('5000 is too many bytes for a memory dump');
  });
});

/** What the C library's printf makes of the cases where it and the script language agree. */
function pythonPrintf(cases: readonly (readonly [string, bigint])[]): string[] {
  const program = `
import ctypes, sys, json
libc = ctypes.CDLL(None)
out = []
for fmt, n in json.load(sys.stdin):
    buf = ctypes.create_string_buffer(4096)
    libc.snprintf(buf, 4096, fmt.encode(), ctypes.c_longlong(int(n)))
    out.append(buf.value.decode())
json.dump(out, sys.stdout)`;
  const input = JSON.stringify(cases.map(([format, value]) => [format, String(value)]));
  return JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' })) as string[];
}

it('agrees with the C library on decimal, hexadecimal and octal fields', () => {
  // Left out: %.0d of 0 and %#x, %#o of 0, where SystemTap differs on purpose, and 0 with a precision.
  const arbitrary = fc
    .tuple(
      fc.constantFrom('', '0', '+', '-', ' '),
      fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined }),
      fc.constantFrom('d', 'i', 'u', 'x', 'X', 'o'),
      fc.oneof(fc.bigInt({ min: MIN, max: -MIN - 1n }), fc.bigInt({ min: -300n, max: 300n })),
    )
    .filter(([flag, width, precision]) => flag !== '0' || (width !== undefined && precision === undefined));
  const cases = fc
    .sample(arbitrary, { numRuns: 500, seed: 7 })
    .map(([flag, width, precision, type, value]) => {
      const dot = precision === undefined ? '' : `.${precision}`;
      return { flag, width: width ?? '', dot, type, value };
    });
  const expected = pythonPrintf(
    cases.map(({ flag, width, dot, type, value }) => [`%${flag}${width}${dot}ll${type}`, value]),
  );
  const actual = cases.map(({ flag, width, dot, type, value }) =>
    sprintf(`%${flag}${width}${dot}${type}`, fromBigInt(value)),
  );
  expect(actual).toEqual(expected);
});

it('prints the low byte as a character', () => {
  expect(charText(0x141)).toBe('A');
});

it('clips strings to what a string value holds', () => {
  expect(clipString('a\0b', 512)).toBe('a');
  expect(clipString('x'.repeat(600), 512)).toHaveLength(511);
  expect(clipString('x'.repeat(511), 512)).toHaveLength(511);
});
