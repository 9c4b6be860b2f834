import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutText, skipCells, textWidth } from './cell-width.ts';

test('widths of characters', () => {
  expect(textWidth('abc')).toBe(3);
  expect(textWidth('日本')).toBe(4);
  expect(textWidth('é')).toBe(1);
  expect(textWidth('e\u0301')).toBe(1);
  expect(textWidth('😀')).toBe(2);
});

test('a wide character is never cut in half', () => {
  expect(cutText('日本語', 5)).toBe('日本');
  expect(cutText('日本語', 5, '>')).toBe('日本>');
  expect(cutText('abc', 3, '>')).toBe('abc');
  expect(cutText('abcd', 3, '>')).toBe('ab>');
  expect(cutText('abcd', 0, '>')).toBe('');
  expect(skipCells('日本語', 3)).toBe(' 語');
  expect(skipCells('abc', 5)).toBe('');
});

test('cut text always fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), fc.nat(20), (text, skip, width) => {
      const printable = text.replace(/\p{C}/gu, '.');
      expect(textWidth(cutText(printable, width, '>'))).toBeLessThanOrEqual(width);
      expect(textWidth(skipCells(printable, skip))).toBe(Math.max(0, textWidth(printable) - skip));
    }),
  );
});
