import { describe, expect, test } from 'vitest';
import type { SourceFile } from '../source/source-file.ts';
import type { Token, TokenKind } from '../source/token.ts';
import { parseColors } from './colors.ts';
import type { Diagnostic } from './diagnostic.ts';
import { renderJson, toJsonDiagnostic } from './json.ts';
import { DiagnosticLog, type DiagnosticLogOptions } from './log.ts';
import { createDiagnosticRenderer, describeToken, parseErrorCountLine } from './render.ts';

const file: SourceFile = { name: '<input>', text: 'probe begin {\n\tfoo(1) . "a b"\n}\n', origin: 'script' };
const library: SourceFile = { name: '/t/a.stp', text: 'function bar() { x }', origin: 'library' };

function token(kind: TokenKind, text: string, line: number, column: number, of = file): Token {
  return { kind, text, file: of, line, column, spaceBefore: false };
}

const foo = token('identifier', 'foo', 2, 2);
const dot = token('operator', '.', 2, 9);
const bar = token('identifier', 'bar', 1, 10, library);

const semantic = (code: string, extra: Partial<Diagnostic> = {}): Diagnostic => ({
  kind: 'semantic-error',
  code,
  message: `about ${code}`,
  token: foo,
  ...extra,
});

describe('layout', () => {
  test('parse errors', () => {
    const render = createDiagnosticRenderer();
    const error: Diagnostic = {
      kind: 'parse-error',
      code: 'c',
      message: 'expected x',
      token: dot,
      tokenRole: 'saw',
    };
    const text = `parse error: expected x
        saw: operator '.' at <input>:2:9
     source: \tfoo(1) . "a b"
             \t       ^

`;
    expect(render(error)).toBe(text);
    expect(render({ ...error, tokenRole: 'at' })).toBe(text.replace('        saw:', '         at:'));
    expect(render({ ...error, tokenRole: 'eof' })).toBe(
      'parse error: expected x\n        saw: <input> EOF\n\n',
    );
    expect(render({ ...error, tokenRole: 'eof', cause: error })).toContain(`EOF\n\n${text}`);
  });
  test('semantic errors, the file name only when it changes', () => {
    const render = createDiagnosticRenderer();
    expect(render(semantic('a'))).toBe(`semantic error: about a: identifier 'foo' at <input>:2:2
        source: \tfoo(1) . "a b"
                \t^

`);
    expect(render(semantic('b', { token: dot, token2: bar, details: ['more'] }))).toBe(
      `semantic error: about b: operator '.' at :2:9
        source: \tfoo(1) . "a b"
                \t       ^
identifier 'bar' at /t/a.stp:1:10
        source: function bar() { x }
                         ^
        more

`,
    );
    expect(render(semantic('c', { token: bar }))).toContain("identifier 'bar' at :1:10\n");
  });
  test('causes', () => {
    const placeless: Diagnostic = { kind: 'semantic-error', code: 'inner', message: 'about inner' };
    expect(createDiagnosticRenderer()(semantic('outer', { cause: placeless }))).toBe(
      `semantic error: about outer: identifier 'foo' at <input>:2:2
        source: \tfoo(1) . "a b"
                \t^

semantic error: about inner

`,
    );
  });
  test('warnings', () => {
    const render = createDiagnosticRenderer();
    expect(render({ kind: 'warning', code: 'w', message: 'odd', token: foo })).toBe(
      `WARNING: odd: identifier 'foo' at <input>:2:2\n source: \tfoo(1) . "a b"\n         \t^\n`,
    );
    expect(render({ kind: 'warning', code: 'w', message: 'odd' })).toBe('WARNING: odd\n');
  });
  test('input errors are plain lines', () => {
    expect(createDiagnosticRenderer()({ kind: 'input-error', code: 'i', message: 'Gone.' })).toBe('Gone.\n');
  });
  test('macro calls', () => {
    const inner = { ...foo, expandedFrom: { ...dot, expandedFrom: bar } };
    expect(createDiagnosticRenderer()(semantic('m', { token: inner }))).toContain(
      `\tin expansion of macro: operator '.' at <input>:2:9
        source: \tfoo(1) . "a b"
                \t       ^
\tin expansion of macro: identifier 'bar' at /t/a.stp:1:10
        source: function bar() { x }
                         ^
`,
    );
  });
  test('tokens', () => {
    expect(describeToken(token('keyword', 'if', 1, 1))).toBe('keyword');
    expect(describeToken(token('embedded-code', ' x ', 1, 1))).toBe('embedded-code');
    expect(describeToken(token('string', 'a\tb\xe9', 1, 1))).toBe("string 'a?b?'");
  });
  test('counts', () => {
    expect(parseErrorCountLine(1) + parseErrorCountLine(2)).toBe('1 parse error.\n2 parse errors.\n');
  });
});

describe('colours', () => {
  const on = (sgr: string, text: string): string => `\x1b[${sgr}m\x1b[K${text}\x1b[m\x1b[K`;
  test('of the default scheme', () => {
    const render = createDiagnosticRenderer(parseColors(undefined));
    expect(render(semantic('a'))).toBe(
      `${on('01;31', 'semantic error:')} about a: identifier 'foo' at ${on('00;34', '<input>:2:2')}\n` +
        `        source: \t${on('01', 'foo')}(1) . "a b"\n                \t${on('01', '^')}\n\n`,
    );
  });
  test('strings are shown with their quotes, other text beside the line', () => {
    const render = createDiagnosticRenderer({ token: '1' });
    expect(render(semantic('a', { token: token('string', 'a b', 2, 11) }))).toContain(
      `. ${on('1', '"a b"')}\n`,
    );
    expect(render(semantic('a', { token: token('number', '42', 2, 11) }))).toContain(
      ` ... ${on('1', '42')} ... `,
    );
  });
  test('of SYSTEMTAP_COLORS', () => {
    expect(parseColors('error=31:caret=01;32')).toMatchObject({
      error: '31',
      caret: '01;32',
      warning: '00;33',
    });
    expect([parseColors(''), parseColors('error'), parseColors('foo=1'), parseColors('error=x')]).toEqual(
      Array.from({ length: 4 }),
    );
  });
});

describe('json', () => {
  test('has places, causes and hints', () => {
    const diagnostic = semantic('outer', {
      token: { ...token('string', 'a b', 2, 11), expandedFrom: foo },
      token2: bar,
      details: ['d'],
      hint: 'do this',
      cause: { kind: 'semantic-error', code: 'inner', message: 'm' },
    });
    expect(toJsonDiagnostic(diagnostic)).toEqual({
      file: '<input>',
      line: 2,
      column: 11,
      endColumn: 16,
      severity: 'error',
      code: 'outer',
      message: 'about outer',
      hint: 'do this',
      related: [
        { file: '/t/a.stp', line: 1, column: 10, endColumn: 13, message: 'see also' },
        { message: 'd' },
        { code: 'inner', message: 'm' },
        { file: '<input>', line: 2, column: 2, endColumn: 5, message: 'in expansion of macro foo' },
      ],
    });
    expect(JSON.parse(renderJson(diagnostic))).toMatchObject({ code: 'outer' });
    expect(renderJson(diagnostic).endsWith('}\n')).toBe(true);
  });
  test('a finding below a heading comes first', () => {
    const diagnostic = semantic('while-resolving', {
      token: bar,
      cause: { kind: 'semantic-error', code: 'inner', message: 'm \n more\xe9' },
    });
    expect(toJsonDiagnostic(diagnostic)).toMatchObject({
      file: '/t/a.stp',
      code: 'inner',
      message: 'm more\xe9',
      related: [{ code: 'while-resolving', line: 1 }],
    });
    expect(renderJson(diagnostic)).toContain('m more\\u00e9"');
  });
  test('the end of the file has no width', () => {
    const diagnostic: Diagnostic = {
      kind: 'parse-error',
      code: 'c',
      message: 'm',
      token: foo,
      tokenRole: 'eof',
    };
    expect(toJsonDiagnostic(diagnostic)).toMatchObject({ line: 2, column: 2, endColumn: 2 });
  });
});

describe('log', () => {
  const logged = (
    diagnostics: readonly Diagnostic[],
    options: Partial<DiagnosticLogOptions> = {},
  ): { log: DiagnosticLog; lines: string[] } => {
    let text = '';
    const log = new DiagnosticLog({ write: (part) => (text += part), ...options });
    for (const diagnostic of diagnostics) log.report(diagnostic);
    log.printSuppressed();
    return { log, lines: text.split('\n').filter((line) => !/^ |^$/.test(line)) };
  };
  const warning = (message: string, at: Token = foo): Diagnostic => ({
    kind: 'warning',
    code: 'w',
    message,
    token: at,
  });

  test('shows the first error of each kind', () => {
    const { log, lines } = logged([
      semantic('a'),
      semantic('b'),
      semantic('a', { token: dot }),
      semantic('a', { cause: semantic('c') }),
    ]);
    expect(lines.filter((line) => line.startsWith('semantic'))).toHaveLength(4);
    expect(lines.slice(-2)).toEqual([
      'Number of similar error messages suppressed: 1.',
      'Rerun with -v to see them.',
    ]);
    expect(log.errorCount).toBe(4);
    expect(log.diagnostics).toHaveLength(4);
  });
  test('shows each warning text once', () => {
    const { log, lines } = logged([warning('x'), warning('x', dot), warning('y')]);
    expect(lines.filter((line) => line.startsWith('WARNING'))).toHaveLength(2);
    expect(lines.slice(-2)).toEqual([
      'Number of similar warning messages suppressed: 1.',
      'Rerun with -v to see them.',
    ]);
    expect([log.warningCount, log.errorCount]).toEqual([2, 0]);
  });
  test('shows everything with -v', () => {
    const { lines } = logged([semantic('a'), semantic('a'), warning('x'), warning('x')], { verbose: true });
    expect(lines).toHaveLength(4);
  });
  test('hides warnings, or counts them as errors', () => {
    expect(logged([warning('x')], { warnings: 'hide' })).toMatchObject({
      lines: [],
      log: { warningCount: 0 },
    });
    expect(logged([warning('x'), warning('x'), warning('y')], { warnings: 'error' }).log.errorCount).toBe(2);
  });
  test('counts muted kinds', () => {
    const { log, lines } = logged([semantic('a'), semantic('a')], {
      mutedKinds: new Set(['semantic-error']),
    });
    expect([lines.length, log.errorCount]).toEqual([0, 2]);
  });
  test('writes one JSON object per diagnostic', () => {
    const { lines } = logged([semantic('a'), semantic('a', { token: dot })], {
      format: 'json',
      verbose: true,
    });
    expect(lines.map((line) => (JSON.parse(line) as { column: number }).column)).toEqual([2, 9]);
  });
  test('closes each file with its number of parse errors', () => {
    let text = '';
    const log = new DiagnosticLog({ write: (part) => (text += part) });
    const error: Diagnostic = { kind: 'parse-error', code: 'c', message: 'm' };
    log.report(error);
    log.report(error);
    log.printParseErrorCount();
    log.printParseErrorCount();
    log.report(error);
    log.printParseErrorCount();
    log.report(error);
    log.report({ kind: 'input-error', code: 'e', message: 'Empty.' });
    log.printParseErrorCount();
    expect(text).toBe('parse error: m\n\n2 parse errors.\n1 parse error.\nEmpty.\n');
  });
});
