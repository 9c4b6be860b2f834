import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intrinsicContext } from '../testing/intrinsic-context.ts';
import type { Value } from '../value.ts';

describe('strings', () => {
  it.each<[string, readonly Value[], Value]>([
    ['strlen', [''], 0],
    ['strlen', ['a\tbAA'], 5],
    ['substr', ['abcdef', 0, 3], 'abc'],
    ['substr', ['abcdef', 2, 100], 'cdef'],
    ['substr', ['abcdef', 2, 2n ** 62n], 'cdef'],
    ['substr', ['abcdef', -1, 3], ''],
    ['substr', ['abcdef', 6, 1], ''],
    ['substr', ['abcdef', 5, 0], ''],
    ['substr', ['abcdef', 1, -2], ''],
    ['stringat', ['abc', 2], 99],
    ['stringat', ['\xff\x80', 0], -1],
    ['stringat', ['\xff\x80', 1], -128],
    ['isinstr', ['hello', 'ell'], 1],
    ['isinstr', ['hello', ''], 1],
    ['isinstr', ['', 'a'], 0],
    ['strpos', ['hello', 'l'], 2],
    ['strpos', ['hello', 'x'], -1],
    ['strpos', ['hello', ''], 0],
    ['isdigit', ['7a'], 1],
    ['isdigit', ['a7'], 0],
    ['isdigit', [''], 0],
    ['str_replace', ['a.b.c', '.', '--'], 'a--b--c'],
    ['str_replace', ['aaa', 'aa', 'b'], 'ba'],
    ['str_replace', ['abc', '', 'x'], 'abc'],
    ['str_replace', ['abc', 'abc', ''], ''],
    ['str_replace', ['a', 'a', '$&'], '$&'],
    ['strtol', ['123', 10], 123],
    ['strtol', ['-7', 10], -7],
    ['strtol', ['0x1f', 16], 31],
    ['strtol', ['0x1f', 0], 31],
    ['strtol', ['0x1f', 10], 0],
    ['strtol', ['017', 0], 15],
    ['strtol', ['12abc', 10], 12],
    ['strtol', ['', 10], 0],
    ['strtol', ['zz', 36], 0],
    ['strtol', ['fz', 36], 15],
    ['strtol', ['  5', 10], 0],
    ['strtol', ['+5', 10], 0],
    ['strtol', ['99999999999999999999', 10], 7766279631452241919n],
  ])('%s of %s', (name, args, expected) => {
    expect(intrinsicContext().call(name, ...args)).toBe(expected);
  });
  it('stringat outside the string is an error', () => {
    for (const position of [3, -1, 2n ** 60n]) {
      expect(() => intrinsicContext().call('stringat', 'abc', position)).toThrow('Position out of bounds');
    }
  });
});

describe('tokenize', () => {
  it('gives the non-empty tokens one by one', () => {
    const { call } = intrinsicContext();
    expect(call('tokenize', 'one|two||three', '|')).toBe('one');
    expect([1, 2, 3].map(() => call('tokenize', '', '|'))).toEqual(['two', 'three', '']);
    expect(call('tokenize', ',,a,b;c', ',;')).toBe('a');
    expect([1, 2, 3].map(() => call('tokenize_next', ',;'))).toEqual(['b', 'c', '']);
    expect(call('tokenize', '', ',')).toBe('');
  });
  it('gives the rest when the delimiters change', () => {
    const { call } = intrinsicContext();
    expect(call('tokenize', 'k=v w', '=')).toBe('k');
    expect(call('tokenize_next', '')).toBe('v w');
  });
});

describe('text_strn', () => {
  const text = (input: string, length: number, quoted: number): Value | undefined =>
    intrinsicContext().call('text_strn', input, length, quoted);
  it('escapes what cannot be printed', () => {
    expect(text('a\nb\t\x01"\\\xc3\xa9', 0, 0)).toBe('a\\nb\\t\\001\\"\\\\\\u00E9');
    expect(text('\xf0\x9f\x98\x80\xff', 0, 0)).toBe('\\U0001F600\\377');
    // Overlong, a surrogate, cut short, above the last code point.
    expect(text('\xc0\x80\xed\xa0\x80\xe2\x82', 0, 0)).toBe('\\300\\200\\355\\240\\200\\342\\202');
    expect(text('\xf4\x90\x80\x80', 0, 0)).toBe('\\364\\220\\200\\200');
  });
  it('keeps to the length', () => {
    expect(text('abcdefgh', 4, 0)).toBe('abcd');
    expect(text('abcdefgh', 4, 1)).toBe('""...');
    expect(text('abc', 4, 1)).toBe('"abc"');
    expect(text('abcdefghij', 9, 1)).toBe('"abcd"...');
    expect(text('abc\x01\x01', 10, 1)).toBe('"abc"...');
    expect(text('it\'s\n"x"', 512, 1)).toBe('"it\'s\\n\\"x\\""');
  });
  it('never makes more than a string holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700 }), fc.constantFrom(0, 1), (input, quoted) => {
        const bytes = Buffer.from(input, 'utf8').toString('latin1').replaceAll('\0', '');
        const result = String(text(bytes, 0, quoted));
        expect(result.length).toBeLessThanOrEqual(511);
        expect(result).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe('groups of the last match', () => {
  it('are those of the handler', () => {
    const { call, state } = intrinsicContext();
    state.lastMatch = ['ab', 'a', ''];
    expect([call('matched', 0), call('matched', 2), call('ngroups')]).toEqual(['ab', '', 3]);
    expect(() => call('matched', 5)).toThrow('Attempted to get nonexistent subexpression 5');
  });
  it('are not there after a failure', () => {
    const { call } = intrinsicContext();
    expect(() => call('matched', 0)).toThrow('Attempted to get subexpression 0 from failed match');
    expect(() => call('ngroups')).toThrow('Attempted to get subexpression count from failed match');
  });
});
