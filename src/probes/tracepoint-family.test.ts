import { expect, test } from 'vitest';
import type { ProbePoint } from '../ast/declaration.ts';
import { parseOptions } from '../parse/parse-options.ts';
import { parseScript } from '../parse/parse-script.ts';
import { pointText } from './point-text.ts';
import type { ProbeFamily } from './probe-family.ts';
import { kernelFactsFixture } from './testing/kernel-facts-fixture.ts';
import { tracepointFamilies } from './tracepoint-family.ts';

function pointOf(text: string): ProbePoint {
  const source = { name: 'input', text: `probe ${text} { }`, origin: 'script' } as const;
  const script = parseScript(source, parseOptions({}), { report: () => undefined });
  const point = script?.probes[0]?.points[0];
  if (point === undefined) throw new Error(`${text} does not parse`);
  return point;
}

function familyOf(problem?: string): ProbeFamily {
  const [family] = tracepointFamilies({ kernel: kernelFactsFixture(problem), guru: false });
  if (family === undefined) throw new Error('no family');
  return family;
}

function derive(pattern: string, problem?: string): readonly (readonly [string, unknown])[] {
  const family = familyOf(problem);
  const points = family.matches?.(pointOf(`kernel.trace("${pattern}")`)) ?? [];
  return points.map((point) => [pointText(point), family.build(point)]);
}

test.each([
  ['sched_switch', ['sched:sched_switch']],
  ['sched:sched_switch', ['sched:sched_switch']],
  ['sched_*', ['sched:sched_switch', 'sched:sched_wakeup']],
  ['irq*:*', ['irq:irq_handler_entry']],
  ['plain', ['plain']],
  ['some:plain', ['some:plain']],
  ['sched_[sw]?itch', ['sched:sched_switch']],
  ['*', ['irq:irq_handler_entry', 'plain', 'sched:sched_switch', 'sched:sched_wakeup']],
])('kernel.trace("%s") is one point for each match', (pattern, expected) => {
  const name = (full: string): string => full.slice(full.indexOf(':') + 1);
  expect(derive(pattern)).toEqual(
    expected.map((full) => [`kernel.trace("${full}")`, { family: 'tracepoint', name: name(full) }]),
  );
});

test('unknown names', () => {
  expect(() => derive('sched_swich')).toThrow(
    'no match (similar tracepoints: sched_switch, sched_wakeup, plain, irq_handler_entry)',
  );
  expect(() => derive('*:plain')).toThrow('no match (similar tracepoints: plain');
  expect(() => derive('some:pl*')).toThrow('no match');
  expect(() => derive('irq:sched_switch')).toThrow('no match (similar tracepoints: sched_switch');
});

test('a kernel that cannot be asked gives its reason', () => {
  expect(() => derive('sched_switch', 'the kernel has no BTF')).toThrow('the kernel has no BTF');
});

test('handlers see the tracepoint of their point', () => {
  const family = familyOf();
  const body = { kind: 'block', statements: [], token: pointOf('begin').token } as const;
  const event = { family: 'tracepoint', name: 'sched_switch' } as const;
  expect(family.expandContext?.(body, event, (_file, kind) => kind).body).toBe(body);
});

test('-L tells parameters as C has them', () => {
  expect(familyOf().listVariables?.({ family: 'tracepoint', name: 'sched_switch' })).toEqual([
    '$preempt:bool',
    '$prev:struct task_struct*',
    '$next:struct task_struct*',
    '$prio:int',
  ]);
});
