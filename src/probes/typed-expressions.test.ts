import { describe, expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import { parseOptions } from '../parse/parse-options.ts';
import { parseScript } from '../parse/parse-script.ts';
import type { ExpandedBody } from './probe-family.ts';
import { kernelFactsFixture } from './testing/kernel-facts-fixture.ts';
import { expandTracepointContext } from './tracepoint-context.ts';
import { expandTypedExpressions, hasTypedExpressions } from './typed-expressions.ts';

function expand(text: string, guru = false): ExpandedBody {
  const source = { name: 'input', text: `probe begin { ${text} }`, origin: 'script' } as const;
  const script = parseScript(source, parseOptions({ privileged: true }), { report: () => undefined });
  const body = script?.probes[0]?.body;
  if (body === undefined) throw new Error(`${text} does not parse`);
  const environment = { kernel: kernelFactsFixture(), guru };
  const names = (_file: string, kind: string): string => kind;
  const tracepoint = { group: 'sched', name: 'sched_switch' };
  return expandTypedExpressions(
    expandTracepointContext(body, tracepoint, environment, names),
    environment,
    names,
  );
}

const reasons = ({ unresolvedTargets }: ExpandedBody): readonly string[] =>
  [...unresolvedTargets.values()].map(({ message, token }) => `${message} @${token?.text ?? ''}`);

describe('replaced', () => {
  test.each([
    ['@cast(p, "task_struct")->pid', 'kernel_read(p, 4, 1)'],
    ['@cast(p, "struct task_struct *", "kernel")->flags', 'kernel_read((p) + (4), 4, 0)'],
    ['@cast(p, "task_struct", "kernel<linux/sched.h>")->pid', 'kernel_read(p, 4, 1)'],
    [
      '@cast($next->parent, "task_struct")->pid',
      'kernel_read(kernel_read((event_word("argument:2")) + (24), 8, 0), 4, 1)',
    ],
    ['@cast(p, "task_struct")', 'p'],
    ['&@cast(p, "task_struct")[1]', '(p) + (96)'],
    ['@cast(p, "task_struct")[i]->pid', 'kernel_read((p) + ((i) * (96)), 4, 1)'],
    ['@kderef(4, p)', 'kernel_read(p, 4, 0)'],
    ['@uderef(8, p)', 'user_read(p, 8, 0)'],
    ['@kregister(5)', 'event_word("register:5")'],
  ])('%s', (text, expected) => {
    const expanded = expand(`x = ${text}`);
    expect(reasons(expanded)).toEqual([]);
    expect(printBlock(expanded.body)).toContain(`(x) = (${expected})`);
  });

  test.each([
    ['t = $next; x = t->pid', 'kernel_read(t, 4, 1)'],
    ['t = $next->parent; u = t->parent; x = u->pid', 'kernel_read(u, 4, 1)'],
    ['t = @cast(p, "task_struct"); x = t->flags', 'kernel_read((t) + (4), 4, 0)'],
    ['t = 0; t = $next; t = $prev; x = t->pid', 'kernel_read(t, 4, 1)'],
    ['x = (t = &$next->se)->level', 'kernel_read(((t) = ((event_word("argument:2")) + (32))) + (4), 4, 1)'],
  ])('%s: a local has the type of what it is assigned', (text, expected) => {
    const expanded = expand(text);
    expect(reasons(expanded)).toEqual([]);
    expect(printBlock(expanded.body)).toContain(`(x) = (${expected})`);
  });
});

describe('refused', () => {
  test.each([
    ['x = @cast(p, "foo")->x', "type definition 'foo' not found in 'kernel' @@cast"],
    ['x = @cast(p, "task_struct", "ext4")->x', "type definition 'task_struct' not found in 'ext4' @@cast"],
    [
      '@cast(p, "task_struct")->pid = 1',
      'write to @cast context variable not permitted; need stap -g @@cast',
    ],
    ['x = t->pid', 'unknown type in dereference @->'],
    ['t = $next; t = &$next->se; x = t->pid', 'unknown type in dereference @->'],
    ['x = @enum("NOTHING")', "unable to find enumerator 'NOTHING' in kernel @@enum"],
  ])('%s', (text, expected) => {
    expect(reasons(expand(text))).toEqual([expected]);
  });

  test('-g does not help', () => {
    expect(reasons(expand('@cast(p, "task_struct")->pid = 1', true))).toEqual([
      'write to @cast context variable not permitted: handlers cannot change what they trace @@cast',
    ]);
  });
});

test('bodies without them are left alone', () => {
  const expanded = expand('x = $next->pid + 1');
  expect(hasTypedExpressions(expanded.body)).toBe(false);
});
