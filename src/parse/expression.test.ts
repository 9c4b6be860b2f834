import { describe, expect, test } from 'vitest';
import { printExpression } from '../ast/print-expression.ts';
import type { ParseOptions } from './parse-options.ts';
import { messagesOf, parseValueText } from './testing/parse-text.ts';

const value = (text: string, options?: Partial<ParseOptions>): string =>
  printExpression(parseValueText(text, options));

describe('precedence', () => {
  test.each([
    ['a & b == c', '(a) & ((b) == (c))'],
    ['!x in arr', '[!(x)] in arr'],
    ['x . y + z', '(x) . ((y) + (z))'],
    ['a + b . c', '((a) + (b)) . (c)'],
    ['1 << 2 + 3', '(1) << ((2) + (3))'],
    ['a . b << c', '((a) . (b)) << (c)'],
    ['a - b - c', '((a) - (b)) - (c)'],
    ['a * b + c * d', '((a) * (b)) + ((c) * (d))'],
    ['a | b ^ c & d', '(a) | ((b) ^ ((c) & (d)))'],
    ['a || b && c', '(a) || ((b) && (c))'],
    ['a && b || c', '((a) && (b)) || (c)'],
    ['a < b < c', '((a) < (b)) < (c)'],
    ['a = b = c', '(a) = ((b) = (c))'],
    ['a += b <<< c', '(a) += ((b) <<< (c))'],
    ['a ? b : c ? d : e', '(a)?(b):((c)?(d):(e))'],
    ['a ? b : c = d', '((a)?(b):(c)) = (d)'],
    ['a ? b = 1 : c', '(a)?((b) = (1)):(c)'],
    ['-a++', '-((a)++)'],
    ['- -1', '-(-(1))'],
    ['--a - b', '(--(a)) - (b)'],
    ['[a, b + 1] in c && d', '([a, (b) + (1)] in c) && (d)'],
    ['[a, *] in c', '[a, *] in c'],
    ['[a]', 'a'],
    ['"a" =~ "b" "c" && d', '(("a") =~ "bc") && (d)'],
    ['1 >>> 2 >> 3', '((1) >>> (2)) >> (3)'],
    ['a % b', '(a) % (b)'],
  ])('%s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });
  test('before 4.0 the else branch is a full expression', () => {
    expect(value('c ? x = 1 : y = 2', { compatible: '3.9' })).toBe('(c)?((x) = (1)):((y) = (2))');
  });
});

describe('literals', () => {
  test.each([
    ['0x10 + 010 + 7', '((16) + (8)) + (7)'],
    ['18446744073709551615', '-1'],
    ['0x8000000000000000', '-9223372036854775808'],
    ['"a" "b" /* c */ "d"', '"abd"'],
    [String.raw`"\q\"\\\n\x41"`, String.raw`"q\"\\\n\x41"`],
  ])('%s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });
  test('strings have their bytes', () => {
    const literal = parseValueText(String.raw`"\x41" "B\n"`);
    expect(literal).toMatchObject({ kind: 'string', value: 'AB\n' });
  });
  test('before 2.0 comments separate strings', () => {
    expect(messagesOf('probe begin { f("a" /* c */ "b") }', { compatible: '1.9' })).toEqual([
      "expected one of ') ,'",
    ]);
    expect(value('"a" "b"', { compatible: '1.9' })).toBe('"ab"');
  });
});

describe('targets', () => {
  test.each([
    ['$a->b[3]->c$', '$a->b[3]->c->$'],
    ['$a$', '$a->$'],
    ['$$parms$$', '$$parms->$$'],
    ['$$vars', '$$vars'],
    ['$a->$$', '$a->$$'],
    ['&$a->if', '&$a->if'],
    ['&($a)', '&$a'],
    ['(x->y)->z', '((x)->y)->z'],
    ['a[1][2]', '(a[1])[2]'],
    ['f(1)->y', '(f(1))->y'],
    ['&x', '&(x)'],
    ['y & &z', '(y) & (&(z))'],
    ['@cast(x, "t", "m")->y', '@cast(x, "t", "m")->y'],
    ['@var("v@f.c")$', '@var("v@f.c")->$'],
    ['$a->b++', '($a->b)++'],
  ])('%s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });
  test('before 2.6 only targets have members', () => {
    expect(messagesOf('probe begin { x = &y }', { compatible: '2.5' })).toEqual([
      'expected @cast, @var or $var',
    ]);
  });
});

describe('operators that are words', () => {
  test.each([
    '@defined($x)',
    '@entry((a) + (1))',
    '@probewrite(x)',
    '@perf("c")',
    '@const("C")',
    '@enum("A")',
    '@enumname(1, "t", "m")',
    '@kregister(3)',
    '@uregister(3)',
    '@kderef(8, a)',
    '@uderef(4, a)',
    '@count(a[1])',
    '@variance(a, 3)',
    '@hist_log(a)[3]',
    '@hist_linear(a, -10, 20, 5)[b]',
    '%{ code %}',
    'print(1, "a")',
    'println()',
    'printf("%d\\n", a)',
    'printd(",", 1, 2)',
    'sprintdln("", 1, 2)',
    'print(@hist_log(a))',
    'sprint(@hist_linear(a, 0, 1, 1)[0], 2)',
    'print_char(65)',
  ])('%s', (text) => {
    expect(value(text)).toBe(text);
  });
  test('some came with later versions', () => {
    expect(messagesOf('probe begin { x = @enum("A") }', { compatible: '5.4' })).toEqual([
      'unknown operator @enum',
    ]);
    expect(messagesOf('probe begin { x = @uderef(1, 2) }', { compatible: '3.9' })).toEqual([
      'unknown operator @uderef',
    ]);
  });
});

describe('places', () => {
  test.each([
    ['a + b', '+'],
    ['a = b', '='],
    ['f(1)', 'f'],
    ['a[1]', 'a'],
    ['a ? b : c', '?'],
    ['a in b', 'in'],
    ['@count(a)', '@count'],
    ['print(1)', 'print'],
    ['!a', '!'],
    ['a++', '++'],
    ['x->y', '->'],
    ['&x', '&'],
  ])('of %s', (text, token) => {
    expect(parseValueText(text).token.text).toBe(token);
  });
});

test.each([
  ['x = foo(1', "expected one of ') ,'"],
  ['x = a[1', "expected one of '] ,'"],
  ['x = (1', "expected ')'"],
  ['x = 1 ? 2', "expected ':'"],
  ['x = [1,2]', 'unexpected comma-separated expression list'],
  ['x = [1 2] in a', "expected ',' or ']'"],
  ['x = 1 in 3', 'expected identifier or statistical operation'],
  ['x = @hist_log(y)', 'base histogram operator where expression expected'],
  ['x = 1 in @hist_log(y)', 'base histogram operator where expression expected'],
  ['x = @count(y, 1)', 'not more than 1 parameter allowed'],
  ['x = @variance(y, 1, 2)', 'not more than 2 parameters allowed'],
  ['x = @cast(1, "")', 'expected non-empty string'],
  ['x = @cast(1, 2)', 'expected string'],
  ['x = @const("C")', 'using @const operator not permitted; need stap -g'],
  ['x = %{ c %}', 'embedded expression code in unprivileged script; need stap -g'],
  ['x = &(&$y)', 'cannot take address more than once'],
  ['x = $y$->z', '-> and [ are not accepted for a pretty-printing variable'],
  ['x = $y->3', 'expected identifier or keyword'],
  ['x =~ 3', 'expected literal string'],
  ['x = 08', 'number invalid or out of range'],
  ['x = 18446744073709551616', 'number invalid or out of range'],
  ['x = if', 'expected literal string or number'],
  ['print()', 'expected literal string or number'],
  ['print(1 2)', "expected one of ', )'"],
  ['print(@hist_log(x), 1)', "expected ')'"],
  ['printf(x)', 'expected literal string'],
  ['printf("%")', 'invalid or missing conversion specifier'],
  ['printf("%5")', 'trailing incomplete print format conversion'],
  ['printd("a")', 'expected literal string or number'],
])('%s', (text, message) => {
  expect(messagesOf(`probe begin { ${text} }`)[0]).toBe(message);
});
