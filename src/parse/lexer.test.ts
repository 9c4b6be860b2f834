import { describe, expect, test } from 'vitest';
import type { Token } from '../source/token.ts';
import { isJunk, Lexer, type LexerOptions } from './lexer.ts';

function lex(text: string, options: Partial<LexerOptions> = {}): Token[] {
  const lexer = new Lexer(
    { name: 'f', text, origin: 'script' },
    { scriptArguments: [], onArgumentUsed: undefined, privateKeyword: true, ...options },
  );
  const tokens: Token[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  return tokens;
}

const words = (text: string, options?: Partial<LexerOptions>): string[] =>
  lex(text, options).map(({ kind, text: spelled }) => `${kind}:${spelled}`);

const places = (text: string, options?: Partial<LexerOptions>): string[] =>
  lex(text, options).map(({ text: spelled, line, column }) => `${spelled}@${line}:${column}`);

describe('tokens', () => {
  test('longest operator first', () => {
    expect(words('a<<<b >>>= %( x')).toEqual([
      'identifier:a',
      'operator:<<<',
      'identifier:b',
      'operator:>>>',
      'operator:=',
      'operator:%(',
      'identifier:x',
    ]);
    expect(words('<<= -> .= ++ =~ !~ ! ~ ?')).toEqual(
      ['<<=', '->', '.=', '++', '=~', '!~', '!', '~', '?'].map((operator) => `operator:${operator}`),
    );
  });
  test('words', () => {
    expect(words('foreach a$b $x$ @cast private _1')).toEqual([
      'keyword:foreach',
      'identifier:a$b',
      'identifier:$x$',
      'operator:@cast',
      'keyword:private',
      'identifier:_1',
    ]);
    expect(words('private', { privateKeyword: false })).toEqual(['identifier:private']);
  });
  test('numbers take all letters and digits', () => {
    expect(words('0x1F 08z 1_2')).toEqual(['number:0x1F', 'number:08z', 'number:1', 'identifier:_2']);
  });
  test('strings keep their spelling', () => {
    expect(words(String.raw`"a\"b" "\\" ""`)).toEqual(['string:a\\"b', 'string:\\\\', 'string:']);
    expect(words('"a\\\nb"')).toEqual(['string:a\\\nb']);
  });
  test('embedded code runs to the first close', () => {
    expect(words('%{ a "%} b')).toEqual(['embedded-code: a "', 'identifier:b']);
  });
  test('comments are white space', () => {
    expect(words('a # b\nc // d\ne /* f\n * g */h /*/ i */ j')).toEqual(
      ['a', 'c', 'e', 'h', 'j'].map((word) => `identifier:${word}`),
    );
    expect(lex('a/**/b').map(({ spaceBefore }) => spaceBefore)).toEqual([false, true]);
    expect(words('a /* never closed')).toEqual(['identifier:a']);
  });
  test('the input ends at a NUL byte', () => {
    expect(words('a\0b "')).toEqual(['identifier:a']);
  });
  test('bytes outside the language become junk', () => {
    expect(words('\xe9 \x01')).toEqual(['junk:\\xe9', 'junk:\\x01']);
  });
});

test('places count bytes, tabs as one', () => {
  expect(places('a\tb\n  "x\\\ny" c\n/*\n*/ d')).toEqual(['a@1:1', 'b@1:3', 'x\\\ny@2:3', 'c@3:4', 'd@5:4']);
});

describe('broken tokens', () => {
  test.each([
    ['x "abc\n', 'unclosed-string'],
    ['"abc', 'unclosed-string'],
    ['%{ a', 'unclosed-embedded-code'],
    ['$1', 'argument-out-of-range'],
    ['@7', 'argument-out-of-range'],
  ])('%j', (text, failure) => {
    const last = lex(text).at(-1);
    expect(last !== undefined && isJunk(last) && last.failure).toBe(failure);
  });
});

describe('script arguments', () => {
  const scriptArguments = ['12', 'a b', 'q"\\\t\xe9'];
  test('are pasted as text and as strings', () => {
    expect(words('$1 @1 $2 @3 $# @#', { scriptArguments })).toEqual([
      'number:12',
      'string:12',
      'identifier:a',
      'identifier:b',
      'string:q\\"\\\\\\011\\351',
      'number:3',
      'string:3',
    ]);
  });
  test('join with what follows', () => {
    expect(words('$1foo $2$1 ', { scriptArguments })).toEqual([
      'number:12foo',
      'identifier:a',
      'identifier:b$1',
    ]);
    expect(words('$1 b" c', { scriptArguments: ['"a'] })).toEqual(['string:a b', 'identifier:c']);
    expect(words('$1 x */ y', { scriptArguments: ['/*'] })).toEqual(['identifier:y']);
    expect(words('$1 x\ny', { scriptArguments: ['# '] })).toEqual(['identifier:y']);
    expect(words(`$1${'a'.repeat(300)} b`, { scriptArguments: ['x'] })).toEqual([
      `identifier:x${'a'.repeat(300)}`,
      'identifier:b',
    ]);
  });
  test('are not replaced inside words, strings and comments', () => {
    expect(words('foo$1 "$1" /* $9 */', { scriptArguments })).toEqual(['identifier:foo$1', 'string:$1']);
  });
  test('keep the place of the reference', () => {
    expect(places('x $2 y\n$1 z', { scriptArguments })).toEqual([
      'x@1:1',
      'a@1:3',
      'b@1:3',
      'y@1:6',
      '12@2:1',
      'z@2:4',
    ]);
  });
  test('cannot refer to arguments', () => {
    const [token] = lex('$1', { scriptArguments: ['$1'] });
    expect(token !== undefined && isJunk(token) && token.failure).toBe('nested-argument');
  });
  test('digits are taken while the number is possible', () => {
    expect(words('$11', { scriptArguments: ['x'] })).toEqual(['junk:']);
    expect(words('$12', { scriptArguments })).toEqual(['junk:']);
  });
  test('uses are reported, counts are not uses', () => {
    const used: number[] = [];
    lex('$2 @1 $#', { scriptArguments, onArgumentUsed: (number) => used.push(number) });
    expect(used).toEqual([2, 1]);
  });
  test('an empty argument leaves nothing', () => {
    expect(words('a$1 $1b @1', { scriptArguments: [''] })).toEqual([
      'identifier:a$1',
      'identifier:b',
      'string:',
    ]);
  });
});
