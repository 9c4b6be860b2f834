import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { scriptLibrary, translateScript } from '../../tests/harness/run-script.ts';
import type { CompiledGlobal } from '../module/compiled-module.ts';
import { kernelFactsFixture } from '../probes/testing/kernel-facts-fixture.ts';
import { programFactsFixture } from '../probes/testing/program-facts-fixture.ts';
import { compileText } from '../semantic/testing/compile-text.ts';
import { globalFacts } from './global-facts.ts';

/** The global `x` of a script, compiled with and without optimisation; both must tell the same. */
function factsOf(text: string, name = 'x'): CompiledGlobal | undefined {
  const [plain, unoptimized] = [false, true].map((without) =>
    translateScript(text, [], { unoptimized: without }).globals.find((global) => global.name === name),
  );
  expect(unoptimized).toEqual(plain);
  return plain;
}

describe('names of keys', () => {
  it.each([
    ['probe begin { x[execname(), pid()]++ }', ['execname', 'pid']],
    ['probe begin { fd = 1 x[fd, fd]++ }', ['fd', 'key2']],
    ['probe begin { x["a", 5]++ }', ['key1', 'key2']],
    [
      'probe begin { foreach ([process, count] in x) println(process . "", count + 0) x["", 2]++ }',
      ['process', 'count'],
    ],
    ['probe begin { x[tid(), sprintf("%d", uid())] <<< 1 }', ['tid', 'uid']],
    ['probe begin { x[tid() % 8, sprintf("%d-%d", uid(), gid())] <<< 1 }', ['key1', 'key2']],
    ['probe begin { n = 1 s = "a" x[n + 1, s . "b"]++ x[n == 2, n ? s : "c"]++ }', ['key1', 'key2']],
    [
      'probe begin { n = 1 s = "a" x[n && 1, s =~ "a"]++ x[!n, substr("a", n, 1) =~ "b"]++ }',
      ['key1', 'key2'],
    ],
    [
      'probe begin { s = "a" x[s == "" ? "none" : s, 2]++ foreach ([text, n] in x) println(text . "", n + 0) }',
      ['text', 'n'],
    ],
    [
      'function f(text, n) { x[text, n % 4]++ } probe begin { f("a", 2) foreach ([text, slot] in x) print(text, slot + 0) }',
      ['text', 'slot'],
    ],
    ['probe begin { text = "a" x[text, 1]++ foreach ([text, k] in x) println(text, k + 0) }', ['text', 'k']],
    ['probe begin { text = "a" x[text, 1]++ foreach ([t, k] in x) println(t . "", k + 0) }', ['text', 'k']],
    ['probe begin { le = 1 job = 2 x[le, job]++ }', ['le_key', 'job_key']],
    ['function f(Name, b) { x[Name, b]++ } probe begin { f("a", 2) }', ['name', 'b']],
    ['probe begin { key2 = 1 x[key2, 7]++ }', ['key2', 'key2_']],
    [
      'probe begin { foreach ([k, name] in x) println(k + 0, name . "", x[k, name]) x[cpu(), "s"]++ }',
      ['cpu', 'name'],
    ],
    ['probe begin { foreach ([a, b] in x) println(x[a, b], a + b) x[pid(), 5] = 2 }', ['pid', 'b']],
    ['probe begin { if ([ppid(), "x"] in x) exit() x[1, ""] = 2 }', ['ppid', 'key2']],
    ['probe begin { x[substr(execname(), 0, 3), -uid()]++ }', ['execname', 'uid']],
    ['probe begin { delete x[cpu(), *] x[1, 2]++ }', ['cpu', 'key2']],
  ])('%s', (text, expected) => expect(factsOf(`global x ${text}`)?.keyNames).toEqual(expected));

  it('come from context variables', () => {
    const text = 'global x probe procfs("f").write { x[$value]++ }';
    expect(factsOf(text)?.keyNames).toEqual(['value']);
  });

  it.each([
    ['x[$prev->pid, $next->comm]++', ['prev_pid', 'next_comm']],
    ['x[$prio, $$name]++', ['prio', 'name']],
    ['x[kernel_string($prev->comm), @cast($next, "task_struct")->pid]++', ['prev_comm', 'pid']],
    ['x[$next, $next]++', ['next', 'key2']],
  ])('come from what the kernel calls it: %s', (body, expected) => {
    const text = `global x probe kernel.trace("sched_switch") { ${body} }`;
    const environment = {
      kernel: kernelFactsFixture(),
      programs: programFactsFixture(),
      target: {},
      guru: false,
      mayProbe: () => true,
    };
    const { program, messages } = compileText(text, {}, scriptLibrary(), environment);
    if (program === undefined) throw new Error(messages);
    expect([...globalFacts(program).values()].map((facts) => facts.keyNames)).toEqual([expected]);
  });

  it('are those of the script where an array is displayed at the end', () => {
    expect(factsOf('global x probe begin { x[1]++ }')?.keyNames).toEqual(['key1']);
  });

  it('are absent for scalars', () => {
    expect(factsOf('global x probe begin { x++ }')).not.toHaveProperty('keyNames');
  });

  test('are fit for labels, whatever the script calls its variables', () => {
    const word = fc.oneof(
      fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,70}$/).map((name) => `v${name}`),
      fc.constantFrom(
        '_',
        '__',
        'LE',
        'le',
        'Job',
        'key1',
        'key2',
        'key3',
        'script',
        'quantile',
        'A',
        'a',
        '_1',
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const text = `global x probe begin { ${words.map((name) => `${name} = 1`).join(' ')} x[${words.join(', ')}]++ }`;
        const names = translateScript(text).globals[0]?.keyNames ?? [];
        expect(names).toHaveLength(words.length);
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) {
          expect(name).toMatch(/^[a-z_][a-z0-9_]*$/);
          expect(['le', 'quantile', 'script', 'module', 'instance', 'job']).not.toContain(name);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('what only grows', () => {
  it.each([
    ['global x probe begin { x++ }'],
    ['global x = 7 probe begin { ++x println(x) }'],
    ['global x probe begin { x += 4096 }'],
    ['global x probe begin { println(x += 2 * 8) }'],
    ['global x probe begin { x[execname()]++ }'],
    ['global x[10] probe begin { x[1] += 3 x[2]++ println(x[1]) }'],
    ['global x function f() { x++ } probe begin { f() }'],
    ['global x probe begin { x++ } probe end { println(x - 1, x > 5) }'],
    ['global x probe begin { x++ if (0) x = 0 }'],
  ])('%s', (text) => {
    const [plain, unoptimized] = [false, true].map((without) =>
      translateScript(text, [], { unoptimized: without }).globals.find(({ name }) => name === 'x'),
    );
    expect(plain?.onlyGrows).toBe(true);
    // Code that is never run stays in the program there.
    if (!text.includes('if (0)')) expect(unoptimized?.onlyGrows).toBe(true);
  });

  it.each([
    ['global x = 3 probe begin { println(x) }'],
    ['global x probe begin { x++ x-- }'],
    ['global x probe begin { x++ --x }'],
    ['global x = -1 probe begin { x++ }'],
    ['global x probe begin { x += -1 }'],
    ['global x probe begin { x += pid() }'],
    ['global x probe begin { x++ } probe end { x = 0 }'],
    ['global x probe begin { x++ } probe end { x -= 1 }'],
    ['global x probe begin { x++ } probe end { x |= 1 }'],
    ['global x probe begin { x++ } probe end { delete x }'],
    ['global x probe begin { x["a"]++ } probe end { delete x }'],
    ['global x probe begin { x["a"]++ } probe end { delete x["a"] }'],
    ['global x probe begin { x["a"]++ } probe end { x["b"] = 5 }'],
    ['global x%[10] probe begin { x["a"]++ }'],
    ['global x, y probe begin { y[1] = 2 x++ foreach (x in y) println(x) }'],
    ['global x, y probe begin { y[1] = 2 x++ foreach (x = k in y) println(x, k) }'],
    ['global x function f() { x = 0 } probe begin { x++ f() }'],
    ['global x probe begin { x <<< 1 }'],
    ['global x probe begin { x["a"] <<< 1 }'],
    ['global x probe begin { x = x . "a" }'],
  ])('not %s', (text) => {
    expect(factsOf(text)?.onlyGrows).toBeUndefined();
  });
});

describe('documentation', () => {
  it('is there for each global of the script, private ones too', () => {
    const text = `#! /usr/bin/stap
      // Calls so far.
      global calls
      private last # Most recent one.
      probe begin { calls++ last = 5 println(last) }`;
    expect(factsOf(text, 'calls')?.documentation).toBe('Calls so far.');
    expect(factsOf(text, 'last')?.documentation).toBe('Most recent one.');
  });

  it('is absent where nothing is said', () => {
    expect(factsOf('global x probe begin { x++ }')).not.toHaveProperty('documentation');
  });

  it('of a name that a macro makes is absent', () => {
    const text = '@define declare(name) %( global @name %)\n// Above.\n@declare(x) probe begin { x++ }';
    expect(factsOf(text)).not.toHaveProperty('documentation');
  });
});
