import { describe, expect, it } from 'vitest';
import { printProgram } from '../print-program.ts';
import { compileText, findingLines } from '../testing/compile-text.ts';

/** The bodies of the dump, without names of probes and with global names as written. */
function bodies(script: string): string {
  const { program, messages } = compileText(script);
  if (program === undefined) return messages;
  return (printProgram(program, true).split('# probes\n')[1] ?? '')
    .replace(/__global_(\w+?)(__overload_\d)?\b/g, '$1')
    .split('\n')
    .filter((line) => line !== '' && !/\/\*|^ {2}/.test(line))
    .join(' ');
}

describe('warnings', () => {
  it.each([
    [
      'probe begin { x = 3; exit() }',
      [
        "warning Eliding assignment to 'x': operator '=' at 1:17",
        "warning Eliding side-effect-free expression : identifier 'x' at 1:15",
      ],
    ],
    ['probe begin { print(z + 1) }', ["warning never-assigned local variable 'z': identifier 'z' at 1:21"]],
    [
      'global g probe begin { print(g + y) y2 = 1 print(y2) }',
      [
        "warning never-assigned local variable 'y' (similar: g, y2): identifier 'y' at 1:34",
        "warning never-assigned global variable 'g' (similar: g): identifier 'g' at 1:8",
      ],
    ],
    [
      'function f() { } probe begin { f(); exit() }',
      [
        "warning Eliding side-effect-free expression : identifier 'f' at 1:32",
        "warning side-effect-free function 'f': identifier 'f' at 1:10",
      ],
    ],
    ['probe begin { } probe end { print(1) }', ["warning Probe 'begin' has been elided: keyword at 1:1"]],
    [
      'probe begin { print(1) } probe end { if (0) print(2) }',
      ["warning Probe 'end' has been elided: keyword at 1:26"],
    ],
    [
      'probe begin { strlen("a"); pid() == 3; exit() }',
      [
        "warning Eliding side-effect-free expression : identifier 'strlen' at 1:15",
        "warning Eliding side-effect-free expression : identifier 'pid' at 1:28",
      ],
    ],
  ])('%s', (script, expected) => {
    expect(findingLines(script)).toEqual(expected);
  });

  it('end with the error when no probe is left', () => {
    expect(findingLines('probe never { x = 1 }').at(-1)).toBe('no probes found');
  });

  it('come in the order of the passes', () => {
    const lines = findingLines(
      'global a, s; function g(x) { y = 2; return x } probe begin { x = 3; if (1) { a++ } foreach (k in s) { } g(3); s[1] = 1 }',
    );
    expect(lines.map((line) => line.replace(/^warning |: [a-z]+ .*/g, ''))).toEqual([
      "Eliding assignment to 'x'",
      "Eliding assignment to 'y'",
      'Eliding side-effect-free expression ',
      'Eliding side-effect-free expression ',
      'Eliding side-effect-free expression ',
    ]);
  });

  it('of later rounds appear at high verbosity only', () => {
    const script = 'function f() { x = 1; return 3 } probe begin { if (0) print(f()); exit() }';
    const shown = (verbosity: number) => findingLines(script, { verbosity }).join('\n');
    expect(shown(2)).not.toContain("Eliding unused function 'f'");
    expect(shown(3)).toContain("Eliding unused function 'f'");
  });

  it('do not concern the library, and -u has none', () => {
    const script = 'probe begin { x = 3 } probe end { if (0) print(1) }';
    expect(findingLines(script, { unoptimized: true })).toEqual([]);
  });
});

describe('bodies', () => {
  it.each([
    ['probe begin { { { print(1) } } }', '{ print(1) }'],
    ['probe begin { ; print(1);; print(2) }', '{ { print(1); print(2); } }'],
    ['probe begin { if (1) print(1); else print(2) }', '{ print(1) }'],
    ['probe begin { if (1 > 2) print(1); else print(2) }', '{ print(2) }'],
    ['probe begin { while (0) print(1); print(2) }', '{ print(2) }'],
    ['probe begin { print(2 * 3 + (1 << 4) - 10 / 3 % 2) }', '{ print(21) }'],
    ['probe begin { print(1 / 0, 1 % 0) }', '{ print((1) / (0), (1) % (0)) }'],
    ['probe begin { print(1 << 65, 5 << -1, -1 >>> 63, ~0, !5) }', '{ print(1, 5, 1, -1, 0) }'],
    ['probe begin { print("a" < "b", "a" == "b", 1 && 0, 0 || 7) }', '{ print(1, 0, 0, 1) }'],
    ['probe begin { print(9223372036854775807 + 1) }', '{ print(-9223372036854775808) }'],
    ['probe begin { print(0 && pid(), 1 || pid(), pid() && 0) }', '{ print(0, 1, 0) }'],
    ['probe begin { print(1 ? pid() : 2) }', '{ print(pid()) }'],
    ['probe begin { if (pid()) { } else exit() }', '{ if (!(pid())) exit() }'],
    ['probe begin { pid() ? exit() : print(1) }', '{ if (pid()) exit() else print(1) }'],
    ['probe begin { pid() && exit() }', '{ if (pid()) exit() }'],
    ['global g probe begin { 1 + (g = 4); print(g) }', '{ { (g) = (4); print(g); } }'],
    ['probe begin { for (;;) { print(1); break; print(2) } }', '{ for (; 1; ) { print(1); break; } }'],
    ['probe begin { next; print(1) }', '{ next }'],
    ['probe begin { try { } catch { print(1) } print(2) }', '{ print(2) }'],
    ['probe begin { x = 1; print(x) }', '{ { (x) = (1); print(x); } }'],
    ['probe begin { x = 1; x++ }', '{ { (x) = (1); (x)++; } }'],
    ['probe begin { x = print(1) }', '{ print(1) }'],
    ['probe begin { if (@defined($x)) print(1); else print(2) }', '{ print(2) }'],
    ['probe procfs.write { if (@defined($value)) print(1); else print(2) }', '{ print(1) }'],
  ])('%s', (script, expected) => {
    expect(
      bodies(script)
        .replace(/ ;(?= \}|$)/g, '')
        .replace(/\s+/g, ' '),
    ).toBe(expected);
  });

  it('keeps an empty loop whose variable is read later', () => {
    expect(bodies('global a probe begin { a[1] = 1; foreach (k in a) { } print(k) }')).toContain('foreach');
    expect(bodies('global a probe begin { a[1] = 1; foreach (k in a) { } print(a[1]) }')).not.toContain(
      'foreach',
    );
  });

  it('drops chains of unread variables', () => {
    const { program } = compileText('probe begin { x = 1; y = x; z = y; exit() }');
    expect(program?.probes[0]?.locals).toEqual([]);
  });

  it('drops functions that only such code called', () => {
    const { program } = compileText('function f() { return 1 } probe begin { x = f(); exit() }');
    expect(program?.functions.map(({ name }) => name)).toEqual(['exit']);
  });

  it('ends on bodies that are a lone semicolon', () => {
    const { program } = compileText('probe begin { while (pid()) ; exit() }');
    expect(program).toBeDefined();
  });
});

describe('notes', () => {
  it('tell what went and where', () => {
    const { notes } = compileText(
      'probe begin { { print(1) } foreach (k in a) { } if (0) exit() } global a',
      {
        verbosity: 3,
      },
    );
    expect(notes).toContain("Eliding side-effect-free singleton block operator '{' at <input>:1:15");
    expect(notes).toContain("Eliding side-effect-free empty block operator '{' at <input>:1:45");
    expect(notes).toContain('Eliding side-effect-free foreach statement keyword at <input>:1:28');
    expect(notes).toContain('Collapsing constant-0 if-statement keyword at <input>:1:49');
    expect(notes).toContain('symbol resolution for derived-probe begin');
  });

  it('are not made at low verbosity', () => {
    expect(compileText('probe begin { { print(1) } }', { verbosity: 1 }).notes).toEqual([]);
  });
});
