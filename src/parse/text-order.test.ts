import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasWildcard, matchesGlob } from './glob.ts';
import { decodeEscapes, joinSpellings } from './string-escape.ts';
import { spellString, tidySpelling } from '../ast/string-spelling.ts';
import { compareVersions } from './version-order.ts';

describe('versions', () => {
  test('are in order', () => {
    const ordered = [
      '',
      '000',
      '00',
      '01',
      '010',
      '09',
      '0',
      '1',
      '1.1',
      '1.2',
      '1.2.1',
      '1.10',
      '2',
      '9',
      '10',
      'a',
    ];
    const sorted = [...ordered].sort(
      (left, right) => compareVersions(left, right) || (left < right ? -1 : 1),
    );
    expect(sorted).toEqual(ordered);
    for (const version of ordered) expect(compareVersions(version, version)).toBe(0);
  });
  test('compare the same way round', () => {
    const version = fc
      .array(fc.constantFrom('0', '1', '2', '10', '.', '-', 'a'), { maxLength: 6 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(version, version, (left, right) => {
        expect(Math.sign(compareVersions(left, right))).toBe(-Math.sign(compareVersions(right, left)) + 0);
      }),
    );
  });
});

describe('globs', () => {
  test.each([
    ['x86_64', 'x86*', true],
    ['x86_64', '*_6?', true],
    ['x86_64', 'arm*', false],
    ['abc', '[a-c][!x]c', true],
    ['abc', '[^a]bc', false],
    ['a]', 'a[]]', true],
    ['a[', 'a[', true],
    ['a*', 'a\\*', true],
    ['ab', 'a\\*', false],
    ['', '*', true],
    ['', '?', false],
    ['a'.repeat(60), '*a*a*a*a*a*a*a*a*b', false],
  ])('%s against %s', (text, pattern, expected) => {
    expect(matchesGlob(text, pattern)).toBe(expected);
  });
  test('only three characters make a pattern', () => {
    expect(['a*', 'a?', '[a', 'a.b'].map(hasWildcard)).toEqual([true, true, true, false]);
  });
});

describe('escapes', () => {
  test('are decoded', () => {
    expect(decodeEscapes(String.raw`\a\b\t\n\v\f\r\\\"\q\0\101\7x`, true)).toBe(
      '\x07\b\t\n\v\f\r\\"q\0A\x07x',
    );
    expect(decodeEscapes(String.raw`\x41g\x1ff\xg`, true)).toBe('Ag\xffxg');
    expect(decodeEscapes(String.raw`\x41`, false)).toBe('x41');
  });
  test('keep their meaning when literals are joined', () => {
    expect(joinSpellings([String.raw`\x4`, '', '1'])).toBe(String.raw`\0041`);
    expect(joinSpellings([String.raw`\\x4`, '1'])).toBe(String.raw`\\x41`);
    expect(joinSpellings([String.raw`\7`, '8'])).toBe(String.raw`\78`);
  });
  test('joined spellings mean the joined values', () => {
    const piece = fc
      .array(
        fc.constantFrom(
          '\\x4',
          '\\1',
          '\\12',
          '\\123',
          '\\\\',
          '\\n',
          'a',
          '1',
          'g',
          'x',
          '"'.padStart(2, '\\'),
        ),
        { maxLength: 4 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const separately = pieces.map((one) => decodeEscapes(one, true)).join('');
        expect(decodeEscapes(joinSpellings(pieces), true)).toBe(separately);
      }),
    );
  });
  test('a spelled value decodes to itself', () => {
    const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => String.fromCharCode(...array));
    fc.assert(
      fc.property(bytes, (value) => {
        expect(decodeEscapes(tidySpelling(spellString(value)), true)).toBe(value);
      }),
    );
  });
});
