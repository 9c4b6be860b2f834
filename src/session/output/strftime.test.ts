import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { strftime } from './strftime.ts';

const CONVERSIONS = Array.from('aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYz%');

test.each(['2024-02-29T13:05:09Z', '2021-01-03T00:00:00Z', '2026-12-31T23:59:59Z', '2027-01-01T12:00:00Z'])(
  'every conversion gives what date(1) prints for %s',
  (time) => {
    const format = CONVERSIONS.map((letter) => `${letter}=%${letter}`).join('|');
    const expected = execFileSync('date', ['-d', time, `+${format}`], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    expect(`${strftime(format, new Date(time))}\n`).toBe(expected);
  },
);

test('what is no conversion stays', () => {
  expect(strftime('a%q %', new Date(0))).toBe('a%q %');
});
