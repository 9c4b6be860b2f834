import { describe, expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import { parseOptions } from '../parse/parse-options.ts';
import { parseScript } from '../parse/parse-script.ts';
import type { ExpandedBody } from './probe-family.ts';
import { kernelFactsFixture } from './testing/kernel-facts-fixture.ts';
import { expandTracepointContext } from './tracepoint-context.ts';

function expand(text: string): ExpandedBody {
  const source = { name: 'input', text: `probe begin { ${text} }`, origin: 'script' } as const;
  const script = parseScript(source, parseOptions({ privileged: true }), { report: () => undefined });
  const body = script?.probes[0]?.body;
  if (body === undefined) throw new Error(`${text} does not parse`);
  const tracepoint = { group: 'sched', name: 'sched_switch' };
  const environment = { kernel: kernelFactsFixture(), guru: false };
  return expandTracepointContext(body, tracepoint, environment, (_file, kind) => kind);
}

const reasons = ({ unresolvedTargets }: ExpandedBody): readonly string[] =>
  [...unresolvedTargets.values()].map(({ message, token }) => `${message} @${token?.text ?? ''}`);

describe('replaced', () => {
  test.each([
    ['$next', 'event_word("argument:2")'],
    ['$next->pid', 'kernel_read(event_word("argument:2"), 4, 1)'],
    ['$preempt', '(event_word("argument:0")) & (255)'],
    ['$prio', '((event_word("argument:3")) << (32)) >> (32)'],
    ['&$prev->se', '(event_word("argument:1")) + (32)'],
    ['$$name', '"sched_switch"'],
    ['$$system', '"sched"'],
  ])('%s', (text, expected) => {
    const expanded = expand(`x = ${text}`);
    expect(reasons(expanded)).toEqual([]);
    expect(printBlock(expanded.body)).toContain(`(x) = (${expected})`);
  });

  test('$$vars and $$parms', () => {
    const expected = 'sprintf("preempt=%#x prev=%p next=%p prio=%#x"';
    expect(printBlock(expand('x = $$vars').body)).toContain(expected);
    expect(printBlock(expand('x = $$parms').body)).toContain(expected);
    expect(printBlock(expand('x = $$vars$').body)).toContain('sprintf("preempt=%s prev=%s next=%s prio=%s"');
  });

  test('each call has a callee of its own', () => {
    const callees = [...expand('x = $next->pid').contextCallees.values()];
    expect(callees.map(({ intrinsic, returnType }) => [intrinsic, returnType])).toEqual([
      ['event_word', 'long'],
      ['kernel_read', 'long'],
    ]);
  });
});

describe('refused', () => {
  const write = (name: string): string =>
    `write to tracepoint variable '${name}' not permitted; need stap -g`;
  test.each([
    ['x = $nex', "unable to find tracepoint variable '$nex' (alternatives: next, prev, prio, preempt) @$nex"],
    ['$next = 1', `${write('$next')} @$next`],
    ['$next->pid++', `${write('$next')} @$next`],
    ['$$vars = "x"', "write to tracepoint '$$vars' not permitted @$$vars"],
    ['x = &$next', 'cannot take address of tracepoint variable @$next'],
    ['x = &$$vars', 'cannot take address of context variable @$$vars'],
    ['x = $$name[1]', "tracepoint variable '$$name' may not be used as array @["],
    ['x = $$name$', "tracepoint variable '$$name' may not be pretty-printed @$$name$"],
    ['x = $$nothing', 'unresolved target-symbol expression @$$nothing'],
  ])('%s', (text, expected) => {
    expect(reasons(expand(text))).toEqual([expected]);
  });

  test('@defined sees the refused use', () => {
    const { unresolvedTargets, body } = expand('x = @defined($next->nothing)');
    expect(unresolvedTargets.size).toBe(1);
    expect(printBlock(body)).toContain('@defined($next->nothing)');
  });
});
