import { describe, expect, test } from 'vitest';
import { printExpression } from '../ast/print-expression.ts';
import { mergeMacroTables } from './macro-table.ts';
import { parseMacroFile } from './parse-script.ts';
import { parseOptions, type ParseOptions } from './parse-options.ts';
import { messagesOf, parseCorrect, parseText, parseValueText } from './testing/parse-text.ts';

const value = (text: string, options?: Partial<ParseOptions>): string =>
  printExpression(parseValueText(text, options));

function afterDefinitions(definitions: string, text: string, options?: Partial<ParseOptions>): string {
  const [probe] = parseCorrect(`${definitions} probe begin { ${text} }`, options).probes;
  const [statement] = probe?.body.statements ?? [];
  return statement?.kind === 'expression-statement' ? printExpression(statement.expression) : 'no expression';
}

describe('macros', () => {
  test('without parameters do not take a parenthesis', () => {
    expect(afterDefinitions('@define F %( f %)', '@F(1)')).toBe('f(1)');
  });
  test('split arguments at outer commas only', () => {
    expect(afterDefinitions('@define P(a,b) %( @b - @a %)', '@P(f(1,2), g[3,4])')).toBe(
      '(g[3, 4]) - (f(1, 2))',
    );
  });
  test('expand arguments where the call stands', () => {
    const definitions = '@define X %( 1 %) @define F(X) %( g(@X, @Y(@X)) %) @define Y(a) %( @a + @X %)';
    expect(afterDefinitions(definitions, '@F(@X + 5)')).toBe('g((1) + (5), ((1) + (5)) + (1))');
  });
  test('may contain conditionals, and conditionals macros', () => {
    expect(afterDefinitions('@define C %( %( 1 == 1 %? 2 %: 3 %) %)', '@C')).toBe('2');
    expect(afterDefinitions('%( 1 == 2 %? @define A %( 1 %) %: @define A %( 2 %) %)', '@A')).toBe('2');
  });
  test('hide library macros, which do not see them', () => {
    const file = { name: 'm.stpm', text: '@define A %( @B %) @define B %( 1 %)', origin: 'library' } as const;
    const libraryMacros = parseMacroFile(file, parseOptions({ privileged: true }), {
      report: () => undefined,
    });
    const options = { libraryMacros };
    expect(afterDefinitions('@define B %( 2 %)', '@A + @B', options)).toBe('(1) + (2)');
  });
  test('unknown words go through to the parser', () => {
    expect(messagesOf('probe begin { x = @nosuch(1) }')).toEqual(['unknown operator @nosuch']);
  });
  test('end with an error when they never end', () => {
    expect(messagesOf('@define A %( @A %) probe begin { @A }')).toEqual([
      "macro '@A' nested too deeply (more than 200 levels)",
    ]);
    const doubling = Array.from({ length: 40 }, (_, n) => `@define A${n + 1} %( @A${n} @A${n} %)`).join('\n');
    expect(messagesOf(`@define A0 %( 1 %) ${doubling} probe begin { @A40 }`)[0]).toMatch(
      /^expansion of macro '@A\d+' too large/,
    );
    expect(parseText('@define A %( @A %) probe begin { @A }').shown).not.toContain('in expansion of');
  });
  test('messages show the way a token came', () => {
    const { shown } = parseText('@define M(x) %( f(@x) %) probe begin { @M(1 2) }');
    expect(shown).toBe(`parse error: expected one of ') ,'
        saw: number '2' at <input>:1:45
     source: @define M(x) %( f(@x) %) probe begin { @M(1 2) }
                                                         ^
\tin expansion of macro: operator '@x' at <input>:1:19
     source: @define M(x) %( f(@x) %) probe begin { @M(1 2) }
                               ^
\tin expansion of macro: operator '@M' at <input>:1:40
     source: @define M(x) %( f(@x) %) probe begin { @M(1 2) }
                                                    ^

`);
  });
  test.each([
    ['@define 3 %( %)', 'expected identifier'],
    ['@define A x', "expected '%(' or '('"],
    ['@define A(x) x', "expected '%('"],
    ['@define A(x y', "expected ',' or ')'"],
    ['@define define %( %)', "attempt to redefine '@define'"],
    ['@define A %( x', "incomplete macro definition - missing '%)'"],
    ['@define A %( @define B %( %) %) @A', "'@define' forbidden inside macro body"],
    ['@define A %( %) @define A %( %)', "attempt to redefine macro '@A' in the same file"],
    ['@define A(x) %( %) @A', "expected '(' in invocation of macro '@A' taking 1 parameter"],
    ['@define A(x) %( %) probe begin { @A }', "expected '(' in invocation of macro '@A' taking 1 parameter"],
    ['@define A(x,y) %( %) @A 1', "expected '(' in invocation of macro '@A' taking 2 parameters"],
    ['@define A(x) %( %) @A(1,2)', "too many parameters for macro '@A' (expected 1)"],
    ['@define A(x,y) %( %) @A(1)', "too few parameters for macro '@A' (expected 2)"],
    ['@define A(x) %( %) @A(1', 'could not find end of macro invocation'],
    ['@define count %( 1 %) probe begin {}', "macro redefines built-in operator '@count'"],
  ])('%s', (text, message) => {
    expect(messagesOf(text)[0]).toBe(message);
  });
});

describe('macro files', () => {
  const parse = (
    text: string,
    name = 'a.stpm',
  ): ReturnType<typeof parseMacroFile> & { messages?: string[] } => {
    const messages: string[] = [];
    const source = { name, text, origin: 'library' } as const;
    const table = parseMacroFile(source, parseOptions(), { report: (one) => messages.push(one.message) });
    return Object.assign(table, { messages });
  };
  test('hold definitions only', () => {
    const table = parse('@define A %( 1 %) probe begin {} @define B(x) %( @x %)');
    expect([...table.keys()]).toEqual(['A', 'B']);
    expect(table.messages).toEqual(["unexpected token in library macro file 'a.stpm'"]);
  });
  test('must not define the same macro', () => {
    const messages: (string | undefined)[] = [];
    const tables = [parse('@define A %( 1 %)'), parse('@define A %( 2 %)', 'b.stpm')];
    const merged = mergeMacroTables(tables, {
      report: ({ message, cause }) => messages.push(message, cause?.message),
    });
    expect(merged.get('A')?.token.file.name).toBe('a.stpm');
    expect(messages).toEqual(["duplicate definition of library macro '@A'", "macro '@A' first defined here"]);
  });
});

describe('conditions', () => {
  const options: Partial<ParseOptions> = {
    compatible: '5.6',
    guru: true,
    facts: {
      kernelRelease: '6.1.0-56-amd64',
      architecture: 'x86_64',
      runtime: 'kernel',
      systemtapVersion: '5.6',
      privilege: 'stapusr',
      kernelConfig: (name) => ({ CONFIG_A: 'y', CONFIG_N: '250' })[name] ?? '',
    },
  };
  test.each([
    ['kernel_v >= "2.6.30"', 1],
    ['kernel_v == "6.1.0"', 1],
    ['kernel_v < "6.1.0"', 0],
    ['kernel_v == "6.*"', 1],
    ['kernel_vr == "6.1.0-56-amd64"', 1],
    ['systemtap_v >= "5.10"', 0],
    ['arch == "x86_64"', 1],
    ['arch != "arm*"', 1],
    ['runtime == "bpf"', 0],
    ['systemtap_privilege == "stapusr"', 1],
    ['guru_mode == 1', 1],
    ['CONFIG_A == "y"', 1],
    ['CONFIG_A == "[ny]"', 1],
    ['CONFIG_UNSET == ""', 1],
    ['CONFIG_N > 100', 1],
    ['CONFIG_A != CONFIG_N', 1],
    ['"a" < "b"', 1],
    ['0x10 == 16', 1],
    ['1 == 2 && 1 == 1 || 3 == 3', 1],
    ['1 == 1 || 1 == 1 && 1 == 2', 1],
    ['$# == 0', 1],
  ])('%s', (condition, expected) => {
    expect(value(`%( ${condition} %? 1 %: 0 %)`, options)).toBe(String(expected));
  });
  test('what is skipped need not make sense', () => {
    expect(value('%( 1 == 0 %? "never closed\n \xe9 @A( %( %? %: %) %: 7 %)')).toBe('7');
    expect(value('%( 1 == 1 %? 8 %: "x\n %( %) %)')).toBe('8');
  });
  test.each([
    ['%( arch < "x" %? 1 %)', "expected '==' or '!='"],
    ['%( arch == 3 %? 1 %)', 'expected string literal'],
    ['%( guru_mode == 2 %? 1 %)', 'expected 0 or 1'],
    ['%( guru_mode == "1" %? 1 %)', 'expected number'],
    ['%( kernel_v >= "6*" %? 1 %)', 'wildcard not allowed with order comparison operators'],
    ['%( kernel_v + "6" %? 1 %)', 'expected comparison operator'],
    ['%( "a" == 3 %? 1 %)', 'expected string literal as right value'],
    ['%( 3 == "a" %? 1 %)', 'expected number literal as right value'],
    ['%( CONFIG_A == x %? 1 %)', 'expected string, number literal or other CONFIG_... as right side operand'],
    ['%( 1 == 08 %? 1 %)', 'number invalid or out of range'],
    ['%( 1 ==', "incomplete condition after '%('"],
    ['%( 1 == 1 x', "expected '%?' marker for conditional"],
    ['%? 1', "incomplete conditional - missing '%('"],
    ['%) ', "incomplete conditional - missing '%('"],
    ['%( 1 == 1 %? 1 %: 2 %: 3 %)', "invalid conditional - duplicate '%:'"],
    ['%( 1 == 0 %? 1 %: 2 %: 3 %)', "invalid conditional - duplicate '%:'"],
    ['1 } %( 1 == 1 %? probe end {} ', 'incomplete conditional at end of file'],
    ['1 } %( 1 == 0 %? probe end {} ', 'incomplete conditional at end of file'],
  ])('%s', (text, message) => {
    expect(messagesOf(`probe begin { x = ${text}`)[0]).toBe(message);
  });
});
