import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGlobalWord } from './global-words.ts';

test.each([
  ['x', { name: 'x', keys: [], value: undefined }],
  ['x=5', { name: 'x', keys: [], value: '5' }],
  ['x=', { name: 'x', keys: [], value: '' }],
  ['x=a=b', { name: 'x', keys: [], value: 'a=b' }],
  ['a[1]', { name: 'a', keys: ['1'], value: undefined }],
  ['a[ 1 , -2 ]=3', { name: 'a', keys: ['1', '-2'], value: '3' }],
  ['a["x,]", 0x10]=y', { name: 'a', keys: ['x,]', '0x10'], value: 'y' }],
  ['a["\\"\\n\\101\\x"]', { name: 'a', keys: ['"\nAx'], value: undefined }],
  ['a[bare word]', { name: 'a', keys: ['bare word'], value: undefined }],
  ['a[]', { name: 'a', keys: [''], value: undefined }],
])('%s', (word, parsed) => {
  expect(parseGlobalWord(word)).toEqual(parsed);
});

test.each(['', '1x', 'a[1', 'a["x]', 'a[1]x', 'a[1"x"]', 'a b', '=5'])('%j names nothing', (word) => {
  expect(parseGlobalWord(word)).toBeUndefined();
});

test('whatever the word is, there is an answer', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseGlobalWord(`a[${text}`);
      return parsed === undefined || parsed.name === 'a';
    }),
  );
});
