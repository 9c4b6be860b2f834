import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOfText, textOfBytes } from './byte-text.ts';

test('valid UTF-8 is decoded, other bytes are kept, side by side', () => {
  expect(textOfBytes('gr\xc3\xbc\xc3\x9fe \xff \xe6\x97')).toBe('grüße ÿ æ\x97');
  expect(textOfBytes('\xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80')).toBe(
    '\xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80',
  );
});

test('every text comes back from its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(textOfBytes(bytesOfText(text))).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test('what a decoder accepts is decoded as it does', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), (data) => {
      const bytes = String.fromCharCode(...data);
      let expected: string | undefined;
      try {
        expected = strict.decode(data);
      } catch {
        // Not valid as a whole: nothing to compare with.
      }
      if (expected !== undefined) expect(textOfBytes(bytes)).toBe(expected);
    }),
    { numRuns: 5000 },
  );
});
