import fc from 'fast-check';
import { expect, test } from 'vitest';
import { probeMatcher } from './probe-matcher.ts';

test.each([
  ['3', 3, 'begin', true],
  ['3', 2, '3', false],
  ['begin', 0, 'begin', true],
  ['begin', 0, 'begin(1)', false],
  ['*', 0, '', true],
  ['a*a', 0, 'a', false],
  ['a*a', 0, 'aa', true],
  ['timer.*', 0, 'timer.s(1)', true],
  ['*.read', 0, 'procfs("a").read\n', false],
  ['p*("a")*', 0, 'procfs("a").read', true],
])('%j means probe %d, %j: %j', (wanted, index, point, expected) => {
  expect(probeMatcher(wanted)(index, point)).toBe(expected);
});

test('stars mean what they mean in a pattern', () => {
  const texts = fc
    .array(fc.constantFrom('a', 'b', '*', '.'), { maxLength: 8 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, texts, (wanted, point) => {
      const pattern = new RegExp(`^${wanted.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      return probeMatcher(wanted)(0, point) === pattern.test(point);
    }),
  );
});

test('many stars take no time', () => {
  const start = performance.now();
  expect(probeMatcher(`${'*a'.repeat(40)}*b`)(0, 'a'.repeat(2000))).toBe(false);
  expect(performance.now() - start).toBeLessThan(5000);
});
