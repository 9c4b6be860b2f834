import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namePattern } from './name-pattern.ts';

test.each([
  ['malloc', 'malloc', true],
  ['malloc', 'mallocx', false],
  ['mall*', 'malloc', true],
  ['*', '', true],
  ['m?lloc', 'malloc', true],
  ['m?lloc', 'mlloc', false],
  ['[a-c]at', 'bat', true],
  ['[!a-c]at', 'bat', false],
  ['[^a-c]at', 'rat', true],
  ['[]x]', ']', true],
  ['[z-a]', 'b', false],
  ['a[b', 'a[b', true],
  ['a.c', 'abc', false],
  ['operator+(*)', 'operator+(int)', true],
])('%s and %s: %s', (pattern, name, expected) => {
  expect(namePattern(pattern).matches(name)).toBe(expected);
});

test('any text is a pattern, and a name without special characters matches itself only', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, name) => {
      const { isWildcard, matches } = namePattern(pattern);
      const isMatch = matches(name);
      if (!isWildcard) expect(isMatch).toBe(pattern === name);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]!^-\\ab*?'.split('')) }), (pattern) => {
      expect(typeof namePattern(pattern).matches('ab')).toBe('boolean');
    }),
  );
});
