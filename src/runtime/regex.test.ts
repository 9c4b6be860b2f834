import { describe, expect, it } from 'vitest';
import { parseRegex, regexErrorText } from '../module/regex-syntax.ts';
import { loadRegexCompiler } from './regex.ts';

const compile = await loadRegexCompiler();

function groups(pattern: string, text: string): string[] | undefined {
  const compiled = compile(pattern);
  if (!compiled.ok) throw new Error(regexErrorText(compiled));
  return compiled.match(text);
}

describe('matching', () => {
  const hello = 'hello world 123';
  it.each<[string, string, string[] | undefined]>([
    ['o w', hello, ['o w']],
    ['^hello', hello, ['hello']],
    ['world$', hello, undefined],
    ['([a-z]+) ([a-z]+) ([0-9]+)', hello, [hello, 'hello', 'world', '123']],
    ['l+', hello, ['ll']],
    ['(h|he|hel)(l*)', hello, ['hell', 'he', 'll']],
    ['[[:digit:]]{2,}', hello, ['123']],
    ['x*', hello, ['']],
    ['', hello, ['']],
    ['.*o', hello, ['hello wo']],
    ['(o)(x)?', hello, ['o', 'o', '']],
    ['[^a-z ]', hello, ['1']],
    ['\\d', hello, ['d']],
    ['1\\.?2', hello, ['12']],
    ['(?:wor)(ld)', hello, ['world', 'ld']],
    ['a\\.b', 'axb', undefined],
    ['[[:upper:]]', 'aXb', ['X']],
    ['(abc){2}', 'abcabc', ['abcabc', 'abc']],
    ['^(foo|foobar)(bar)?$', 'foobar', ['foobar', 'foo', 'bar']],
    ['a{2}', 'aaa', ['aa']],
    ['[]]', 'a]b', [']']],
    ['[a-]', '-b', ['-']],
    ['^$', '', ['']],
    ['(x|xy)(z|yz)', 'xyz', ['xyz', 'x', 'yz']],
    ['a.b', 'a\nb', ['a\nb']],
    ['b$', 'ab\n', undefined],
    ['\\x41\\102', 'AB', ['AB']],
    ['[\\]', 'a\\', ['\\']],
    ['[\xf0-\xff]', 'a\xfe', ['\xfe']],
    ['a**', 'aa', ['aa']],
    ['a{3,1}', 'aaaa', ['aaa']],
    ['(a|ab)(c|bcd)', 'abcd', ['abcd', 'a', 'bcd']],
  ])('/%s/ on %j', (pattern, text, expected) => {
    expect(groups(pattern, text)).toEqual(expected);
  });

  it('expands repetitions beyond what the matcher takes', () => {
    expect(groups('^(ab){1500}(c)$', `${'ab'.repeat(1500)}c`)).toEqual([`${'ab'.repeat(1500)}c`, 'ab', 'c']);
    expect(groups('^(a{100}){20}$', 'a'.repeat(1999))).toBeUndefined();
    expect(groups('^(a{100}){20}$', 'a'.repeat(2000))).toEqual(['a'.repeat(2000), 'a'.repeat(100)]);
    expect(groups('^a{0,1500}$', 'a'.repeat(1500))).toHaveLength(1);
    expect(groups('^a{0,1500}$', 'a'.repeat(1501))).toBeUndefined();
    expect(groups('^a{1200,}$', 'a'.repeat(1199))).toBeUndefined();
  });
});

describe('errors', () => {
  it.each<[string, string]>([
    ['a(b', ' (at position 2): expected ), found end of regex'],
    ['a)b', " (at position 2): unbalanced ')'"],
    ['a(?xb)', " (at position 3): unexpected '(?x'"],
    ['[abc', ' (at position 3): unclosed character class'],
    ['[]', ' (at position 1): unclosed character class'],
    ['[^]', ' (at position 2): unclosed character class'],
    ['[[:alpha:]', " (at position 10): unclosed character class '[:alpha:'"],
    ['[[:alpha', " (at position 8): unclosed character class '[:alph'"],
    ['[a[:foo:]]', ": unknown character class 'foo'"],
    ['[z-a]', ' (at position 4): Inverted character range z-a'],
    ['[a-[:digit:]]', ' (at position 4): Inverted character range a-['],
    ['a{2', ' (at position 3): unexpected end of regex'],
    ['a{,3}', ' (at position 3): expected number'],
    ['a{', ' (at position 2): expected number'],
    ['a{12345}', ' (at position 8): 12345 is too large'],
    ['a{2,12345}', ' (at position 10): 12345 is too large'],
    ['a{2x}', " (at position 3): expected ',' or '}'"],
    ['a{2,x}', " (at position 5): expected '}' or number"],
    ['a{2,', " (at position 4): expected '}' or number"],
    ['a{2,3x}', ' (at position 5): expected }, found x'],
    ['^*', " (at position 1): postfix closure '*' applied to anchoring operator"],
    ['ab^{2}', " (at position 3): postfix closure '{' applied to anchoring operator"],
    ['a|*b', " (at position 2): unexpected '*'"],
    ['\\xg1', ' (at position 2): two hex digits required in escape sequence'],
    ['\\12', ' (at position 2): three octal digits required in escape sequence'],
    ['\\777', ' (at position 4): octal escape sequence out of range'],
  ])('/%s/', (pattern, expected) => {
    const result = parseRegex(pattern);
    expect(result.ok ? '' : regexErrorText(result)).toBe(`regex compilation error${expected}`);
  });
});
