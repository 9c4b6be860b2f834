import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatDuration,
  formatMode,
  formatNanoseconds,
  formatShare,
  formatShort,
  formatValue,
  integerOf,
  plainValue,
} from './number-format.ts';

test('counts have groups of three digits', () => {
  expect([0, 999, 1000, -1234567, 2n ** 63n].map(formatCount)).toEqual([
    '0',
    '999',
    '1\u202f000',
    '−1\u202f234\u202f567',
    '9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f808',
  ]);
});

test('decimals have three digits that count', () => {
  expect([0, 0.12345, 12.345, 999.5, 12345.6, -0.00001].map(formatDecimal)).toEqual([
    '0',
    '0.123',
    '12.3',
    '1000',
    '12\u202f346',
    '−1.0e−5',
  ]);
});

test('axes are short', () => {
  expect([0, 0.5, 1500, 20e6, -3e9].map(formatShort)).toEqual(['0', '0.5', '1.5k', '20M', '−3G']);
});

test('bytes, times and shares have units', () => {
  expect([0, 1023, 1536, 5 << 20].map(formatBytes)).toEqual(['0 B', '1\u202f023 B', '1.5 KiB', '5 MiB']);
  expect([340, 12_345, 1.5e6, 2e9].map(formatNanoseconds)).toEqual(['340 ns', '12.3 µs', '1.5 ms', '2 s']);
  expect([-5, 3000, 302_000, 7_500_000, 273_600_000].map(formatDuration)).toEqual([
    '0 s',
    '3 s',
    '5 min 2 s',
    '2 h 5 min',
    '3 d 4 h',
  ]);
  expect([formatShare(1, 8), formatShare(1, 0)]).toEqual(['12.5 %', '']);
});

test('values of a script', () => {
  const big = { int64: '-9007199254740993' };
  expect([5000, big, 'text', { count: 3 }].map(formatValue)).toEqual([
    '5\u202f000',
    '−9\u202f007\u202f199\u202f254\u202f740\u202f993',
    'text',
    '3',
  ]);
  expect([5000, big, 'text'].map(plainValue)).toEqual(['5000', '-9007199254740993', 'text']);
  expect(integerOf(big)).toBe(-9007199254740993n);
});

test('modes look as in ls -l', () => {
  expect(['0400', '0200', '0644', '0660'].map(formatMode)).toEqual([
    '-r--------',
    '--w-------',
    '-rw-r--r--',
    '-rw-rw----',
  ]);
});
