import { expect, test } from 'vitest';
import { parseFormat } from './format-string.ts';

const conversion = (
  letter: string,
  flag = '',
  width?: number | '*',
  precision?: number | '*',
): Record<string, unknown> => ({ kind: 'conversion', conversion: letter, flag, width, precision });

test('text and conversions', () => {
  expect(parseFormat('a %d%% %-5s\n')).toEqual([
    { kind: 'text', text: 'a ' },
    conversion('d'),
    { kind: 'text', text: '% ' },
    conversion('s', '-', 5),
    { kind: 'text', text: '\n' },
  ]);
  expect(parseFormat('')).toEqual([]);
});

test('one flag only, the rest is width', () => {
  expect(parseFormat('%+06d')).toEqual([conversion('d', '+', 6)]);
  expect(parseFormat('%#x%0d')).toEqual([conversion('x', '#'), conversion('d', '0')]);
});

test('width, precision and length', () => {
  expect(parseFormat('%*.*x%.s%5.3ld%.3ls')).toEqual([
    conversion('x', '', '*', '*'),
    conversion('s', '', undefined, 0),
    conversion('d', '', 5, 3),
    conversion('s', '', undefined, 3),
  ]);
});

test.each([
  ['%', 'invalid-conversion'],
  ['%k', 'invalid-conversion'],
  ['%lld', 'invalid-conversion'],
  ['%hd', 'invalid-conversion'],
  ['%+-d', 'invalid-conversion'],
  ['100%', 'invalid-conversion'],
  ['%5', 'incomplete-conversion'],
  ['%.', 'incomplete-conversion'],
])('%s is refused', (format, code) => {
  expect(parseFormat(format)).toBe(code);
});
