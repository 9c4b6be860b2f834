import { describe, expect, it } from 'vitest';
import { compileText } from './testing/compile-text.ts';
import { checkTranslatable } from './translatable.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { pointText } from '../probes/point-text.ts';

describe('merging of probes', () => {
  const shape = (script: string, options = {}): readonly string[] =>
    (compileText(script, options).program?.probes ?? []).map(
      ({ point, merged }) => `${pointText(point)} ${merged?.length ?? 0}`,
    );

  it('takes equal points together at the place of the first', () => {
    expect(
      shape(
        'probe begin { print(1) } probe end { print(2) } probe begin { print(3) } probe begin { print(4) }',
      ),
    ).toEqual(['begin 2', 'end 0']);
  });

  it('goes by the text of the resolved point', () => {
    expect(
      shape(
        'probe a = begin { print(1) } probe a { print(2) } probe begin { print(3) } probe begin(0) { print(4) }',
      ),
    ).toEqual(['begin 1', 'begin(0) 0']);
  });

  it('leaves out conditions, synthetic probes and -u', () => {
    const script =
      'global g, h probe end { g = 1 } probe end if (h) { print(1) } probe end if (h) { h = 2 print(2) }';
    expect(shape(script)).toEqual(['end 0', 'end 0', 'end 0', 'end 0']);
    expect(shape('probe begin { print(1) } probe begin { print(2) }', { unoptimized: true })).toEqual([
      'begin 0',
      'begin 0',
    ]);
  });

  it('goes in batches of 32', () => {
    const script = Array.from({ length: 70 }, (_, index) => `probe begin { print(${index}) }`).join('\n');
    expect(shape(script)).toEqual(['begin 31', 'begin 31', 'begin 5']);
  });

  it('keeps the locals of each body', () => {
    const { program } = compileText('probe begin { x = 1; print(x) } probe begin { x = "a"; print(x) }');
    const [probe] = program?.probes ?? [];
    expect(probe?.locals[0]?.type).toBe('long');
    expect(probe?.merged?.[0]?.locals[0]?.type).toBe('string');
  });

  it('lets two identical procfs readers through', () => {
    expect(shape('probe procfs("m").read { $value = "1" } probe procfs("m").read { $value = "2" }')).toEqual([
      'procfs("m").read 1',
    ]);
  });

  it('is told at verbosity 2', () => {
    const { notes } = compileText('probe begin { print(1) } probe begin { print(2) }', { verbosity: 2 });
    expect(notes).toEqual([
      'Combining 2 probe handlers for probe point: begin',
      'Removing 1 duplicate probes',
      'After combining: 1 probes remain',
    ]);
  });
});

describe('a time limit', () => {
  it('is a timer that ends the session', () => {
    const { program } = compileText('probe begin { print(1) }', { timeoutMs: 1500 });
    expect(program?.probes.map(({ event }) => event)).toEqual([
      { family: 'begin', priority: 0 },
      { family: 'timer', clock: 'hrtimer', intervalNs: 1_500_000_000, randomizeNs: 0 },
    ]);
    expect(program?.functions.map(({ name }) => name)).toEqual(['exit']);
  });
});

describe('a listing', () => {
  it('keeps empty probes and does not mind finding none', () => {
    const { program } = compileText('probe begin, end { }', { listing: true });
    expect(program?.probes).toHaveLength(2);
  });
});

describe('checks of pass 3', () => {
  const check = (script: string): readonly string[] => {
    const { program, messages } = compileText(script);
    if (program === undefined) return [messages];
    const found: Diagnostic[] = [];
    checkTranslatable(program, { report: (diagnostic) => found.push(diagnostic) });
    return found.map(({ kind, message, token }) => `${kind} ${message} ${token?.line}:${token?.column}`);
  };

  it.each([
    ['probe begin { break }', "cannot 'break' outside loop 1:15"],
    ['probe begin { if (pid()) continue }', "cannot 'continue' outside loop 1:26"],
    ['function f() { print(1) break } probe begin { while (pid()) f() }', "cannot 'break' outside loop 1:25"],
    [
      'global s probe begin { s <<< 1; print("a", s) }',
      'print format actual argument evaluation type unsupported 1:44',
    ],
    ['function f(a) { print(a) return f(a) } probe begin { f(1) }', 'return value type unsupported 1:33'],
    ['global s probe begin { s <<< 1; @hist_log(s)[3]++ }', 'cannot assign to histogram buckets 1:33'],
    [
      'global s probe begin { s <<< 1; delete @hist_log(s)[3] }',
      'cannot delete histogram bucket entries 1:40',
    ],
    ['probe begin { print(3++) }', 'invalid lvalue type 1:21'],
    [
      `probe begin { print(${Array.from({ length: 33 }, () => 1).join()}) }`,
      'too many arguments to print (33) 1:15',
    ],
  ])('%s', (script, expected) => {
    expect(check(script)).toEqual([`translation-error ${expected}`]);
  });

  it.each([
    'probe begin { while (1) { try { break } catch { continue } } }',
    'global a probe begin { a[1] = 1; foreach (k in a) { if (k) next; break } }',
    'probe begin { x = 1; x++; print(x++) }',
    `probe begin { print(${Array.from({ length: 32 }, () => 1).join()}) }`,
  ])('%s is fine', (script) => {
    expect(check(script)).toEqual([]);
  });

  it('looks into merged bodies', () => {
    expect(check('probe begin { print(1) } probe begin { print(2) break }')).toEqual([
      "translation-error cannot 'break' outside loop 1:49",
    ]);
  });
});
