import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOfText } from './byte-text.ts';
import { characterSetOf, printableText } from './printable-text.ts';

test('control characters are shown, not sent', () => {
  expect(printableText('\x1b[2J\x07\x7f', 'utf-8')).toBe('^[[2J^G^?');
  expect(printableText('a\tb', 'utf-8')).toBe('a       b');
  expect(printableText('\x9b2J', 'ascii')).toBe('.2J');
  expect(printableText('\x9b2J', 'utf-8')).toBe('.2J');
  expect(printableText(bytesOfText('\u009b2J'), 'utf-8')).toBe('.2J');
});

test('UTF-8 where the terminal can show it; other bytes as ISO 8859-1', () => {
  expect(printableText(bytesOfText('Grüße 日本 😀'), 'utf-8')).toBe('Grüße 日本 😀');
  expect(printableText('Gr\xfc\xdfe', 'utf-8')).toBe('Grüße');
  expect(printableText('Gr\xfc\xdfe', 'ascii')).toBe('Gr..e');
});

test('what has no shape is a dot: marks of direction, joiners, private use', () => {
  expect(printableText(bytesOfText('a\u202eb\u200dc\ue000d\ufeff'), 'utf-8')).toBe('a.b.c.d.');
});

test('no byte string gets a control character through', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((data) => String.fromCharCode(...data));
  fc.assert(
    fc.property(bytes, fc.constantFrom('utf-8' as const, 'ascii' as const), (text, characters) => {
      expect(printableText(text, characters)).not.toMatch(/\p{C}/u);
    }),
    { numRuns: 2000 },
  );
});

test('the locale says which characters', () => {
  expect(characterSetOf({ LANG: 'de_DE.UTF-8' })).toBe('utf-8');
  expect(characterSetOf({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' })).toBe('ascii');
  expect(characterSetOf({ LC_ALL: '', LC_CTYPE: 'C.utf8' })).toBe('utf-8');
  expect(characterSetOf({})).toBe('ascii');
});
