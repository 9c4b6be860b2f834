import { describe, expect, test } from 'vitest';
import { printProbePoint, printScript } from '../ast/print-script.ts';
import { messagesOf, parseCorrect, parseText } from './testing/parse-text.ts';

const printed = (text: string): string =>
  printScript(parseCorrect(text, { guru: true }), 'complete')
    .replace('# file <input>\n', '')
    .trim();

const points = (text: string): string[] =>
  parseCorrect(`probe ${text} {}`).probes.flatMap((probe) => probe.points.map(printProbePoint));

describe('declarations', () => {
  test('globals', () => {
    expect(printed('global a, b = -5; global c%[3] private d = "x" private global e%')).toBe(
      'global a\nglobal b = -5\nglobal c%[3]\nprivate global d = "x"\nprivate global e%',
    );
  });
  test('functions', () => {
    expect(printed('function f:string(a:long,b,) :3 {} private function long() %{ c %}')).toBe(
      'function f:string (a:long, b):3\n{\n}\nprivate function long ()\n%{ c %}',
    );
  });
  test('the dump leaves types out', () => {
    expect(printScript(parseCorrect('private function f:long(a:long) { return a }'))).toBe(
      '# file <input>\nfunction f (a)\n{\nreturn a;\n}\n\n',
    );
  });
  test('aliases with several names share points and body', () => {
    const { aliases } = parseCorrect('probe a = b.c += begin, end { x = 1 }');
    expect(aliases.map(({ name, operator }) => `${printProbePoint(name)} ${operator}`)).toEqual([
      'a +=',
      'b.c +=',
    ]);
    expect(aliases[0]?.body).toBe(aliases[1]?.body);
  });
  test('aliases with two blocks', () => {
    expect(printed('probe a = begin { x } , { y }')).toBe('probe a = begin{\nx;\n}, {\ny;\n}');
  });
  test('private is a name before 3.0', () => {
    expect(parseCorrect('global private', { compatible: '2.9' }).globals[0]?.name).toBe('private');
  });
  test('library files may have embedded code', () => {
    expect(
      parseCorrect('function f() %{ intrinsic f %}', { privileged: true }).functions[0]?.body,
    ).toMatchObject({
      kind: 'embedded-code',
      code: ' intrinsic f ',
    });
  });
});

describe('probe points', () => {
  test.each([
    ['begin, end(3)', ['begin', 'end(3)']],
    ['a.b("x" "y").return ? , timer.s(-1)!', ['a.b("xy").return?', 'timer.s(-1)!']],
    ['{a,b}.c.{d,e(2)}?', ['a.c.d?', 'a.c.e(2)?', 'b.c.d?', 'b.c.e(2)?']],
    ['a.{b.c,d} if (x > 1)', ['a.b.c if ((x) > (1))', 'a.d if ((x) > (1))']],
    ['sys*call.**, *', ['sys*call.**', '*']],
    ['{a?,b} ', ['a?', 'b']],
    ['string.long', ['string.long']],
  ])('%s', (text, expected) => {
    expect(points(text)).toEqual(expected);
  });
});

describe('statements', () => {
  test('semicolons are optional', () => {
    expect(printed('probe begin { f(1)(2) x ++y\n-b; ; }')).toBe(
      'probe begin{\nf(1);\n2;\n(x)++;\n(y) - (b);\n;;\n}',
    );
  });
  test('else belongs to the nearest if', () => {
    expect(printed('probe begin { if (1) if (2) x; else y }')).toBe(
      'probe begin{\nif (1) if (2) x\nelse y\n\n;\n}',
    );
  });
  test('loops', () => {
    expect(printed('probe begin { for (;;) break while (x) continue for (i=0;i<3;i++) next }')).toBe(
      'probe begin{\nfor (; 1; ) break;\nfor (; x; ) continue;\nfor ((i) = (0); (i) < (3); (i)++) next;\n}',
    );
  });
  test.each([
    ['k in a', '[k] in a'],
    ['[k+, l] in a limit 3', '[k+, l] in a limit 3'],
    ['v- = [k, l] in a[1, *]', 'v = [k, l] in a[1, *]-'],
    ['v = k in @hist_log(a)', 'v = [k] in @hist_log(a)'],
    ['k in a @sum +', '[k] in a @sum+'],
    ['k in a- limit n + 1', '[k] in a- limit (n) + (1)'],
  ])('foreach (%s)', (head, expected) => {
    expect(printed(`probe begin { foreach (${head}) x }`)).toBe(`probe begin{\nforeach (${expected}) x;\n}`);
  });
  test('return only in functions', () => {
    expect(printed('function f() { return; } function g() { return 1 }')).toContain('return 1;');
    expect(messagesOf('function f() { return } probe begin { return }')).toEqual([
      "found 'return' not in function context",
    ]);
  });
});

describe('errors', () => {
  test('several in one run, each at its place', () => {
    expect(parseText('probe begin { x = = 3 }\nprobe end { y }\nprobe a {\n\tif x }').shown).toBe(
      `parse error: expected literal string or number
        saw: operator '=' at <input>:1:19
     source: probe begin { x = = 3 }
                               ^

parse error: expected '('
        saw: identifier 'x' at <input>:4:5
     source: \tif x }
             \t   ^

`,
    );
  });
  test('at the end of the file', () => {
    expect(parseText('probe begin {').shown).toBe(
      'parse error: expected statement\n        saw: <input> EOF\n\n',
    );
  });
  test('broken tokens', () => {
    expect(parseText('probe begin { x = "abc }').shown).toBe(
      `parse error: Could not find matching closing quote
         at: junk '' at <input>:1:19
     source: probe begin { x = "abc }
                               ^

`,
    );
  });
  test('broken tokens among what is passed over after an error are no further errors', () => {
    expect(messagesOf('probe a { println("abc\n", 1) }\nprobe b { + }')).toEqual([
      'Could not find matching closing quote',
      'expected literal string or number',
    ]);
    expect(messagesOf('probe a { + } $9 \n probe b { + } %{')).toEqual([
      'expected literal string or number',
      'expected literal string or number',
    ]);
  });
  test('empty files', () => {
    expect(parseText(' \n').shown).toBe("Input file '<input>' is empty.\n");
    expect(parseText('# nothing').shown).toBe("Input file '<input>' is empty after preprocessing.\n");
    expect(parseText('', { privileged: true }).file).toBeDefined();
  });
  test('what is only forbidden does not end the declaration list', () => {
    expect(messagesOf('%{ c %} probe begin { = }')).toEqual([
      'embedded code in unprivileged script; need stap -g',
      'expected literal string or number',
    ]);
  });
  test.each([
    ['x', "expected 'probe', 'global', 'private', 'function', or '%{'"],
    ['global a, a', 'duplicate global name'],
    ['global a private a', 'global versus private variable declaration conflict'],
    ['global a[0]', 'array size out of range'],
    ['global a[2147483648]', 'array size out of range'],
    ['global a[3] = 4', 'only scalar globals can be initialized'],
    ['private 3', "expected 'function' or identifier"],
    ['function f(a, a) {}', 'duplicate parameter names'],
    ['function f(a b) {}', "expected ',' or ')'"],
    ['function f:int() {}', "expected 'string' or 'long'"],
    ['function f():0 {}', 'specified priority must be > 0'],
    ['function f() x', "expected '{'"],
    ['probe {', 'unexpected end-of-file'],
    ['probe 3 {}', "expected identifier or '*' or '{'"],
    ['probe a * {}', "expected one of ', { } = +='"],
    ['probe {a?,b}.c {}', "'?', '!' or condition must only be specified in suffix"],
    ['probe {a?,b}? {}', "'?' or '!' respecified"],
    ['probe {a if (1),b} if (2) {}', 'condition respecified'],
    ['probe a? = begin {}', 'probe point alias name cannot be optional nor sufficient'],
    ['probe a, b = begin {}', 'expected probe point specifier'],
    ['probe a += begin {}, {}', "Combined prologue and epilogue cannot be defined with '+='"],
    ['probe begin { else }', 'expected statement'],
    ['probe begin { try {} x }', "expected 'catch'"],
    ['probe begin { foreach (x y) }', "expected 'in'"],
    ['probe begin { foreach (x+ in a+) {} }', 'multiple sort directives'],
    ['probe begin { foreach ([x+,y-] in a) {} }', 'multiple sort directives'],
    ['probe begin { foreach (x in a @count) {} }', 'expected sort directive'],
    ['probe begin { foreach (x in a @foo+) {} }', 'expected statistical operation'],
  ])('%s', (text, message) => {
    expect(messagesOf(text)[0]).toBe(message);
  });
});

describe('size', () => {
  const deep = (n: number): string[] => [
    `probe begin { x = ${'('.repeat(n)}1${')'.repeat(n)} }`,
    `probe begin { x = ${'f('.repeat(n)}1${')'.repeat(n)} }`,
    `probe begin { x = ${'a[b ? [-'.repeat(n)}1${'] : c]'.repeat(n)} }`,
    `probe begin { x = ${'- '.repeat(n)}1 }`,
    `probe begin { x${' = x'.repeat(n)} }`,
    `probe begin { x${' + 1'.repeat(n)} }`,
    `probe begin { x${' ? 1 : 2'.repeat(n)} }`,
    `probe begin ${'{'.repeat(n)}${'}'.repeat(n)}`,
    `probe begin { ${'if (1) '.repeat(n)} x }`,
    `probe begin { ${'if (1) x; else '.repeat(n)} x }`,
    `probe ${'{'.repeat(n)}a${'}'.repeat(n)} {}`,
    `probe a${'.a'.repeat(n)} {}`,
    `${'%( 1 == 1 %? '.repeat(n)} probe begin {} ${'%)'.repeat(n)}`,
  ];
  test('moderate nesting parses and prints', () => {
    for (const text of deep(60)) expect(printScript(parseCorrect(text)).length).toBeGreaterThan(0);
  });
  test('absurd nesting parses or is refused', () => {
    for (const text of deep(10_000)) {
      const { file, diagnostics } = parseText(text);
      if (file === undefined) expect(diagnostics[0]?.message).toMatch(/^nested too deeply|chain too long/);
      else printScript(file);
    }
  });
  test('braces do not multiply without end', () => {
    expect(messagesOf(`probe ${'{a,b}.'.repeat(40)}c {}`)).toEqual([
      'probe point expands to more than 100000 points',
    ]);
  });
  test('long files and strings', () => {
    expect(parseCorrect('probe begin { x = 1 }\n'.repeat(20_000)).probes).toHaveLength(20_000);
    const [statement] =
      parseCorrect(`probe begin { print("${'a'.repeat(1 << 20)}") }`).probes[0]?.body.statements ?? [];
    expect(statement).toBeDefined();
    expect(messagesOf('probe begin { x = = }\n'.repeat(5000))).toHaveLength(5000);
  });
});
