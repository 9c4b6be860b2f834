import { describe, expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import type { FunctionProbes, KernelFacts, TypeFacts } from './kernel-facts.ts';
import { kernelFunctionFamily } from './kernel-function-family.ts';
import { pointText } from './point-text.ts';
import { ENTITY, kernelFactsFixture, pointerTo, TASK } from './testing/kernel-facts-fixture.ts';
import { parsedPoint, parsedProbe } from './testing/parsed-probe.ts';

const INT: TypeFacts = { kind: 'integer', spelling: 'int', size: 4, signed: true, isCharacter: false };
const VOID: TypeFacts = { kind: 'void', spelling: 'void' };

const FUNCTIONS: Readonly<Record<string, NonNullable<ReturnType<KernelFacts['functionFacts']>>>> = {
  wake_task: {
    btfId: 7,
    parameters: [
      { name: 'p', type: pointerTo(TASK) },
      { name: 'cpu', type: INT },
    ],
    result: INT,
  },
  wake_all: { btfId: 8, parameters: [], result: VOID },
};

/** fentry takes neither. */
const UNUSUAL: typeof FUNCTIONS = {
  wake_many: { btfId: 9, parameters: Array.from('abcdefg', (name) => ({ name, type: INT })), result: VOID },
  wake_entity: { btfId: 10, parameters: [], result: ENTITY },
};

function familyWith(facts: Partial<KernelFacts> = {}): ReturnType<typeof kernelFunctionFamily> {
  const kernel: KernelFacts = {
    ...kernelFactsFixture(),
    functionNames: () => Object.keys(FUNCTIONS),
    functionFacts: (name) => FUNCTIONS[name],
    functionProbes: () => ({ by: 'fentry' }),
    ...facts,
  };
  return kernelFunctionFamily({ kernel, guru: false });
}

function matched(text: string, facts?: Partial<KernelFacts>): readonly (readonly [string, unknown])[] {
  const family = familyWith(facts);
  const points = family.matches?.(parsedPoint(text)) ?? [];
  return points.map((point) => [pointText(point), family.build(point)]);
}

describe('points', () => {
  const entry = { family: 'kernel-function', symbol: 'wake_task', isReturn: false };
  test.each([
    ['kernel.function("wake_task")', 'kernel.function("wake_task")', entry],
    ['kprobe.function("wake_task").call', 'kprobe.function("wake_task").call', entry],
    ['kernel.function("wake_task@kernel/sched.c")', 'kernel.function("wake_task")', entry],
    [
      'kernel.function("wake_t*").return.maxactive(20)',
      'kernel.function("wake_task").return.maxactive(20)',
      { ...entry, isReturn: true },
    ],
  ])('%s', (text, expected, event) => {
    expect(matched(text)).toEqual([[expected, event]]);
  });

  test('a pattern is one point for each function, in byte order', () => {
    expect(matched('kernel.function("*").exported').map(([text]) => text)).toEqual([
      'kernel.function("wake_all").exported',
      'kernel.function("wake_task").exported',
    ]);
  });

  test.each([
    ['kernel.function("wake_tsk")', 'no match (similar functions: wake_task, wake_all)'],
    ['kernel.function("wake_task").inline', 'no match (similar functions: wake_task, wake_all)'],
    ['module("ext4").function("wake_task")', 'no match'],
    [
      'kernel.function("*@net/socket.c")',
      'source files and lines of functions are known by debugging information only: name the functions, for example "tcp_*"',
    ],
    ['kernel.function("wake_task@kernel/sched.c:10")', 'write "wake_task"'],
  ])('%s: %s', (text, message) => {
    expect(() => matched(text)).toThrow(message);
  });

  test('kprobes where they are asked for, and where fentry is of no use', () => {
    const ways = (facts: Partial<KernelFacts>): readonly unknown[] =>
      ['kernel.function("wake_task")', 'kprobe.function("wake_task")', 'kernel.function("wake_[em]*")']
        .flatMap((text) => matched(text, { functionNames: () => Object.keys(all), functionFacts, ...facts }))
        .map(([, event]): unknown => Reflect.get(Object(event), 'by'));
    const all = { ...FUNCTIONS, ...UNUSUAL };
    const functionFacts: KernelFacts['functionFacts'] = (name) => all[name];
    const fentry = { by: 'fentry', hasKprobes: true } as const;
    expect(ways({ functionProbes: () => fentry })).toEqual([undefined, 'kprobe', 'kprobe', 'kprobe']);
    expect(ways({ functionProbes: () => ({ by: 'fentry' }) })).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });

  test('functions of modules, by kprobes', () => {
    const functionNames = (module?: string): readonly string[] =>
      module === undefined ? Object.keys(FUNCTIONS) : [`${module}_read`, `${module}_write`];
    const moduleNames = (): readonly string[] => ['ext4', 'nf_nat'];
    const functionProbes = (): FunctionProbes => ({ by: 'kprobe' });
    const kprobe = { functionNames, moduleNames, functionProbes };
    expect(matched('module("nf-nat").function("*_read").return', kprobe)).toEqual([
      [
        'module("nf_nat").function("nf_nat_read").return',
        { family: 'kernel-function', symbol: 'nf_nat_read', isReturn: true, by: 'kprobe', module: 'nf_nat' },
      ],
    ]);
    expect(matched('module("*").function("*_write")', kprobe).map(([text]) => text)).toEqual([
      'module("ext4").function("ext4_write")',
      'module("nf_nat").function("nf_nat_write")',
    ]);
    expect(() => matched('module("ext3").function("*")', kprobe)).toThrow(
      'no match (similar modules: ext4, nf_nat)',
    );
    expect(() => matched('module("ext4").function("ext4_rad")', kprobe)).toThrow(
      'no match (similar functions: ext4_read, ext4_write)',
    );
    expect(() =>
      matched('module("ext4").function("*")', { ...kprobe, functionProbes: () => ({ by: 'fentry' }) }),
    ).toThrow('probes of functions in kernel modules need kprobes');
  });

  test('by fentry, the return knows the arguments of the call', () => {
    const knows = (text: string): readonly unknown[] => {
      const family = familyWith({ functionProbes: () => ({ by: 'fentry', hasKprobes: true }) });
      const entry = family.entry?.(parsedPoint(text), family.build(parsedPoint(text)));
      return ['$p', '$$parms', '$other'].map((name) => entry?.remains?.(name));
    };
    expect(knows('kernel.function("wake_task").return')).toEqual([true, true, false]);
    expect(knows('kprobe.function("wake_task").return')).toEqual([false, false, false]);
  });

  test('a kernel where functions cannot be probed tells why', () => {
    const reason = 'probes of kernel functions need fentry or kprobes: this kernel has neither';
    const text = 'kernel.function("wake_task")';
    expect(() => matched(text, { functionProbes: () => ({ reason }) })).toThrow(reason);
    expect(() => matched(text, { problem: () => 'the kernel has no BTF' })).toThrow('the kernel has no BTF');
  });
});

describe('context variables', () => {
  function value(suffix: string, variable: string, name = 'wake_task'): string {
    const family = familyWith();
    const probe = parsedProbe(`probe kernel.function("${name}")${suffix} { x = ${variable} }`);
    const [point] = probe.points;
    const expanded = point && family.expandContext?.(probe.body, family.build(point), (_file, kind) => kind);
    const [reason] = expanded?.unresolvedTargets.values() ?? [];
    const text = expanded && /\(x\) = \((.*)\)/.exec(printBlock(expanded.body))?.[1];
    return reason?.message ?? text ?? '';
  }

  test.each([
    ['', '$p', 'event_word("argument:0")'],
    ['', '$p->pid', 'kernel_read(event_word("argument:0"), 4, 1)'],
    ['', '$cpu', '((event_word("argument:1")) << (32)) >> (32)'],
    ['.return', '$return', '((event_word("result")) << (32)) >> (32)'],
    ['', '$return', "'$return' is only known in .return probes"],
    ['', '$$locals', '""'],
    ['', '$$return', '""'],
    ['', '$q', "unable to find parameter 'q' of function 'wake_task' (alternatives: p, cpu)"],
    ['', '&$p', 'cannot take address of context variable'],
    ['', '$$nothing', 'unresolved target-symbol expression'],
  ])('%s %s', (suffix, variable, expected) => {
    expect(value(suffix, variable)).toBe(expected);
  });

  test('summaries', () => {
    expect(value('', '$$parms')).toContain('sprintf("p=%p cpu=%#x"');
    expect(value('', '$$vars')).toContain('sprintf("p=%p cpu=%#x"');
    expect(value('.return', '$$vars')).toContain('sprintf("return=%#x"');
    expect(value('.return', '$return', 'wake_all')).toBe("function 'wake_all' has no return value");
  });

  test('to list', () => {
    const family = familyWith();
    const listed = ['', '.return'].map((suffix) =>
      family.listVariables?.(family.build(parsedPoint(`kernel.function("wake_task")${suffix}`))),
    );
    expect(listed).toEqual([
      ['$p:struct task_struct*', '$cpu:int'],
      ['$return:int', '$p:struct task_struct*', '$cpu:int'],
    ]);
  });

  test('parameters at a return are those of the entry', () => {
    const family = familyWith();
    const point = parsedPoint('kernel.function("wake_task").return.maxactive(9)');
    const entry = family.entry?.(point, family.build(point));
    expect(entry && pointText(entry.point)).toBe('kernel.function("wake_task").call');
    expect(entry?.event).toMatchObject({ symbol: 'wake_task', isReturn: false });
    expect(['$p', '$cpu', '$$parms', '$return', '$$vars'].filter((name) => entry?.keeps?.(name))).toEqual([
      ...['$p', '$cpu', '$$parms'],
    ]);
  });
});
