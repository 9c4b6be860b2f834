import { describe, expect, it } from 'vitest';
import { compileFiles, compileText, findingLines, SMALL_LIBRARY } from './testing/compile-text.ts';

describe('names that mean nothing', () => {
  it.each([
    [
      'probe begin { nofunc(1) }',
      "unresolved function nofunc (similar: log, pid, exit, error, strlen): identifier 'nofunc' at 1:15",
    ],
    [
      'probe begin { if (0) nofunc() }',
      "unresolved function nofunc (similar: log, pid, exit, error, strlen): identifier 'nofunc' at 1:22",
    ],
    [
      'probe begin { exit(1) }',
      "arity mismatch found (function 'exit' takes 0 args): identifier 'exit' at 1:15: identifier 'exit' at 1:10",
    ],
    [
      'probe begin { x[1] = 2 }',
      "unresolved arity-1 global array x, missing global declaration?: identifier 'x' at 1:15",
    ],
    [
      'probe begin { if ([1, 2] in x) exit() }',
      "unresolved arity-2 global array x, missing global declaration?: identifier 'x' at 1:29",
    ],
    [
      'probe begin { foreach (k in x) exit() }',
      "unresolved arity-1 global array x, missing global declaration?: identifier 'x' at 1:29",
    ],
    [
      'function f(x) { x[1] = 2 } probe begin { f(1) }',
      "unresolved arity-1 global array x, missing global declaration?: identifier 'x' at 1:17",
    ],
    [
      'global a probe begin { a[1] = 1; foreach (k in a[1, 2]) exit() }',
      "unresolved arity-2 global array __global_a, missing global declaration?: identifier 'a' at 1:48",
    ],
    ['probe begin { delete x }', "unresolved array in delete statement: identifier 'x' at 1:22"],
    [
      'global a probe begin { a[1] = 1; a[1, 2] = 2 }',
      "inconsistent arity (1 vs 2): identifier 'a' at 1:34 <- arity 1 first inferred here: identifier 'a' at 1:24",
    ],
    [
      'global a probe begin { a[1] = 1; x = a; log(x) }',
      "inconsistent arity (1 vs 0): identifier 'a' at 1:38 <- arity 1 first inferred here: identifier 'a' at 1:24",
    ],
    [
      'probe begin { x = 1; x[1] = 2 }',
      "inconsistent arity (0 vs 1): identifier 'x' at 1:22 <- arity 0 first inferred here: identifier 'x' at 1:15",
    ],
    [
      'probe begin if (x) { exit() }',
      "probe condition must not reference undeclared global: identifier 'x' at 1:17",
    ],
    [
      'probe begin if (pid()) { exit() }',
      "probe condition must not reference function: identifier 'pid' at 1:17",
    ],
    [
      'global g probe begin if (g++) { exit() }',
      "probe condition must not modify any variables: operator '++' at 1:27",
    ],
    [
      'global g probe begin if (g = 1) { exit() }',
      "probe condition must not modify any variables: operator '=' at 1:28",
    ],
    ['probe begin { print(%{ 1 %}) }', 'embedded C code is not supported: embedded-code at 1:21'],
    ['%{ int x; %} probe begin { exit() }', 'embedded C code is not supported: embedded-code at 1:1'],
    [
      'function f() %{ intrinsic exit %} probe begin { f() }',
      'embedded C code is not supported: embedded-code at 1:14',
    ],
  ])('%s', (script, finding) => {
    expect(findingLines(script)).toEqual([finding]);
  });

  it('looks at the rest of a body after the first of them', () => {
    expect(findingLines('probe begin { x[1] = 2; nofunc() } probe end { y[1] = 3 }')).toHaveLength(3);
  });

  it('says nothing about functions that are never called', () => {
    expect(findingLines('function f() { return nofunc() } probe begin { exit() }')).toEqual([]);
  });
});

describe('scopes', () => {
  it('gives each probe locals of its own and shares globals', () => {
    const { program } = compileText(
      'global g probe begin { x = "a"; g = 1; log(x) } probe end { x = 2; print(x + g) }',
    );
    const [first, second] = program?.probes ?? [];
    expect(first?.locals.map(({ type }) => type)).toEqual(['string']);
    expect(second?.locals.map(({ type }) => type)).toEqual(['long']);
    expect(program?.globals).toHaveLength(1);
  });

  it('keeps functions, variables and parameters of one name apart', () => {
    const { messages, program } = compileText(
      'global f function f(f) { return f . "x" } probe begin { f = 1; print(f("a")) print(f) }',
    );
    expect(messages).toBe('');
    expect(program?.globals[0]?.type).toBe('long');
    expect(program?.functions[0]?.parameters[0]?.type).toBe('string');
  });

  it('lists globals in the order of their first reference', () => {
    const { program } = compileText('global a, b, c probe begin { c = 1; a = 2 } probe end { b = 3 }');
    expect(program?.globals.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  it('finds globals and functions of the other script files', () => {
    const { messages, program } = compileFiles([
      { path: '<input>', text: 'probe begin { print(f(g)) }' },
      { path: '<input1>', text: 'global g = 3 function f(x) { return x }' },
    ]);
    expect(messages).toBe('');
    expect(program?.functions[0]?.name).toBe('f');
  });

  it('keeps private names in their file', () => {
    const { diagnostics } = compileFiles([
      { path: '<input>', text: 'probe begin { print(f()) }' },
      { path: '<input1>', text: 'private function f() { return 1 } probe end { print(f()) }' },
    ]);
    expect(diagnostics.map(({ code }) => code)).toEqual(['unresolved-function']);
  });

  it('prefers a private global of the file', () => {
    const { program } = compileFiles([
      { path: '<input>', text: 'global x = "a" probe begin { log(x) }' },
      { path: 'other.stp', text: 'private global x = 5 probe end { print(x + 1) }' },
    ]);
    expect(program?.globals.map(({ mangledName, type }) => [mangledName, type])).toEqual([
      ['__global_x', 'string'],
      ['__private_other_stp_x', 'long'],
    ]);
  });
});

describe('the library', () => {
  const library = [
    ...SMALL_LIBRARY,
    {
      path: '/tapset/counter.stp',
      text: 'global count private function add() { count++ } function bump() { add() } probe timer.s(1) { bump() }',
    },
  ];

  it('brings its own probes along when something of a file is used', () => {
    const { program, messages } = compileText('probe begin { bump() }', {}, library);
    expect(messages).toBe('');
    expect(program?.probes.map(({ event }) => event.family)).toEqual(['begin', 'timer']);
    expect(program?.functions.map(({ name }) => name)).toEqual(['bump', 'add']);
  });

  it('is left alone when nothing of it is used', () => {
    const { program } = compileText('probe begin { exit() }', {}, library);
    expect(program?.probes).toHaveLength(1);
    expect(program?.globals).toEqual([]);
  });

  it('is hidden by functions of the script', () => {
    const { program } = compileText('function exit() { print(1) } probe begin { exit() }');
    expect(program?.functions.map(({ body }) => body.kind)).toEqual(['script']);
  });

  it('names functions of the run time with their pragmas', () => {
    const { program } = compileText('probe begin { print(pid()) }');
    expect(program?.functions[0]).toMatchObject({
      body: { kind: 'intrinsic', name: 'pid' },
      pure: true,
      stable: true,
      pragmas: ['pure', 'stable'],
      returnType: 'long',
    });
  });
});

describe('overloads', () => {
  const candidates = (script: string): readonly number[] => {
    const { program } = compileText(script);
    return (program?.functions ?? []).map(({ token }) => token.column);
  };

  it('are chosen by number of arguments', () => {
    const { program } = compileText(
      'function f(a) { return a } function f(a, b) { return b } probe begin { print(f(1, 2)) }',
    );
    expect(program?.functions.map(({ parameters }) => parameters.length)).toEqual([2]);
  });

  it('come by priority, and end at the first that never goes on', () => {
    expect(
      candidates(
        'function f():3 { return 3 } function f():1 { next } function f():2 { print(2) return 2 } probe begin { f() }',
      ),
    ).toEqual([38, 62]);
  });

  it('with equal priority come in the order of declaration', () => {
    expect(
      candidates('function f() { print(1) next } function f() { print(2) } probe begin { f() }'),
    ).toEqual([10, 41]);
  });
});
