import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KernelFacts, MemberFacts, TypeFacts } from '../probes/kernel-facts.ts';
import type { KeptFiles } from './kernel-btf.ts';
import { countOfList } from './kernel-configuration.ts';
import { runningKernel, sampleTargets } from './running-kernel.ts';
import { TracepointGroups } from './tracepoint-groups.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';

describe('without type information', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'stap-kernel-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('the reason is told and every answer is empty', () => {
    const typesPath = join(directory, 'none');
    const kernel = runningKernel({ typesPath });
    expect(kernel.problem()).toBe(
      `this kernel offers no type information (${typesPath}; CONFIG_DEBUG_INFO_BTF)`,
    );
    expect(kernel.tracepoints()).toEqual([]);
    expect(kernel.functionNames()).toEqual([]);
    expect(kernel.tracepointParameters('sched_switch')).toBeUndefined();
    expect(kernel.type('task_struct')).toBeUndefined();
    expect(kernel.enumerator('PIDTYPE_PID')).toBeUndefined();
  });

  test('what cannot be read or understood is told apart', () => {
    expect(runningKernel({ typesPath: directory }).problem()).toBe(
      `the type information of this kernel (${directory}) cannot be read: EISDIR`,
    );
    const typesPath = join(directory, 'damaged');
    writeFileSync(typesPath, 'no types at all, but long enough');
    expect(runningKernel({ typesPath }).problem()).toMatch(/\(.*\) is damaged: it begins with /);
  });

  test('groups of tracepoints come from the first place that has events', () => {
    const place = join(directory, 'tracing');
    const names = Array.from({ length: 20 }, (_, index) => `irq_${index}`);
    for (const event of ['sched/sched_switch', 'sched/other', ...names.map((name) => `irq/${name}`)])
      mkdirSync(join(place, 'events', event), { recursive: true });
    writeFileSync(join(place, 'events', 'enable'), '0');
    writeFileSync(
      join(place, 'available_events'),
      `sched:sched_switch\nsched:other\n${names.map((name) => `irq:${name}\n`).join('')}`,
    );
    const groups = new TracepointGroups([join(directory, 'none'), place]);
    expect(['sched_switch', 'other', 'enable', 'no_event'].map((name) => groups.of(name))).toEqual([
      'sched',
      'sched',
      undefined,
      undefined,
    ]);
    expect(names.map((name) => groups.of(name))).toEqual(names.map(() => 'irq'));
    expect(groups.of('no_event')).toBeUndefined();
    expect(new TracepointGroups([directory]).of('sched_switch')).toBeUndefined();
  });
});

test.each([
  ['0\n', 1],
  ['0-3', 4],
  ['0-3,8,10-11\n', 7],
])('the list %j is of %i processors', (text, count) => {
  expect(countOfList(text)).toBe(count);
});

describe.runIf(existsSync(VMLINUX))('the running kernel', () => {
  const kernel = runningKernel();

  test('each tracepoint has parameters with names, and an id of its own', () => {
    const all = kernel.tracepoints();
    expect(kernel.problem()).toBeUndefined();
    expect(all.length).toBeGreaterThan(200);
    const ids = new Set<number>();
    for (const { name } of all) {
      const found = kernel.tracepointParameters(name);
      expect(found, name).toBeDefined();
      ids.add(found?.btfId ?? 0);
      for (const parameter of found?.parameters ?? []) expect(parameter.name, name).toMatch(/^[a-z_]\w*$/i);
    }
    expect(ids.size).toBe(all.length);
  });

  test('sched_switch', () => {
    const parameters = kernel.tracepointParameters('sched_switch')?.parameters ?? [];
    expect(parameters.slice(0, 3).map(({ name }) => name)).toEqual(['preempt', 'prev', 'next']);
    const next = parameters[2]?.type;
    expect(next?.kind === 'pointer' ? next.to() : next).toMatchObject({
      kind: 'struct',
      name: 'task_struct',
    });
    expect(kernel.tracepointParameters('no_such_tracepoint')).toBeUndefined();
  });

  test('functions', () => {
    expect(kernel.functionNames()).toContain('vfs_read');
    const read = kernel.functionFacts('vfs_read');
    expect(read?.parameters.map(({ name }) => name)).toEqual(['file', 'buf', 'count', 'pos']);
    expect(read?.result).toMatchObject({ kind: 'integer', size: 8, signed: true });
    expect(kernel.functionFacts('no_such_function')).toBeUndefined();
    const samples = sampleTargets(kernel);
    expect(samples?.kernelFunction).toBe(read?.btfId);
    expect(samples?.tracepoint).toBe(kernel.tracepointParameters('sched_switch')?.btfId);
  });

  test.each([
    ['task_struct', { kind: 'struct', name: 'task_struct' }],
    ['struct task_struct', { kind: 'struct', name: 'task_struct' }],
    ['const struct  list_head', { kind: 'struct', size: 16 }],
    ['pid_t', { kind: 'integer', size: 4, signed: true }],
    ['enum pid_type', { kind: 'enum', size: 4 }],
    ['unsigned long', { kind: 'integer', size: 8, signed: false }],
    ['long unsigned int', { kind: 'integer', size: 8, signed: false }],
    ['unsigned', { kind: 'integer', size: 4, signed: false }],
    ['unsigned short', { kind: 'integer', size: 2, signed: false }],
    ['long long', { kind: 'integer', size: 8, signed: true }],
    ['unsigned char', { kind: 'integer', size: 1, isCharacter: true }],
    ['void', { kind: 'void' }],
  ])('the type %s', (name, expected) => {
    expect(kernel.type(name)).toMatchObject(expected);
  });

  test('names that are no types', () => {
    expect(
      ['struct pid_t', 'union task_struct', 'no_such_type', 'struct', ''].map((name) => kernel.type(name)),
    ).toEqual(Array.from({ length: 5 }, () => undefined));
  });

  test('enumerators', () => {
    expect(kernel.enumerator('PIDTYPE_PID')).toBe(0);
    expect(kernel.enumerator('NO_SUCH_ENUMERATOR')).toBeUndefined();
  });

  test('how functions can be probed is tried once, by who was given', () => {
    let tries = 0;
    const tried = runningKernel({
      functionProbes: () => {
        tries++;
        return { by: 'kprobe' };
      },
    });
    expect([tried.functionProbes(), tried.functionProbes()]).toEqual([{ by: 'kprobe' }, { by: 'kprobe' }]);
    expect(tries).toBe(1);
    expect(kernel.functionProbes()).toHaveProperty('reason');
  });

  test('numbers of the machine', () => {
    expect(kernel.release).toBe(execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim());
    expect(kernel.processors).toBe(
      Number(execFileSync('getconf', ['_NPROCESSORS_ONLN'], { encoding: 'utf8' })),
    );
    expect([100, 250, 300, 1000]).toContain(kernel.hz);
  });
});

describe.runIf(existsSync(VMLINUX))('with what an earlier run kept', () => {
  const files = new Map<string, Uint8Array>();
  const kept: KeptFiles = {
    read: (name) => files.get(name),
    write: (name, bytes) => void files.set(name, bytes),
  };
  const cold = runningKernel({ kept: () => kept });
  const coldTracepoints = cold.tracepoints();
  const warm = runningKernel({
    kept: () => ({ ...kept, write: (name) => expect.unreachable(`${name} is written again`) }),
  });

  test('one file is kept, named by release and build', () => {
    expect([...files.keys()]).toEqual([expect.stringMatching(/^btf-[0-9].*-[0-9a-f]{16,}$/)]);
  });

  test('tracepoints and their parameters are the same', () => {
    const names = coldTracepoints.map(({ name }) => name);
    expect(warm.tracepoints().map(({ name }) => name)).toEqual(names);
    const parametersOf = (kernel: KernelFacts, name: string) => {
      const found = kernel.tracepointParameters(name);
      return { id: found?.btfId, parameters: found?.parameters.map((one) => [one.name, one.type.spelling]) };
    };
    for (const name of [...names.filter((_, index) => index % 10 === 0), 'none'])
      expect(parametersOf(warm, name)).toEqual(parametersOf(cold, name));
  });

  test('types and functions are the same', () => {
    for (const name of [
      'task_struct',
      'struct page',
      'pid_t',
      'enum pid_type',
      'int',
      'union none',
      'file',
    ]) {
      const [one, other] = [warm.type(name), cold.type(name)];
      expect(membersOf(one).map(spelled)).toEqual(membersOf(other).map(spelled));
      expect(one?.spelling).toBe(other?.spelling);
    }
    const names = cold.functionNames();
    for (const name of names.filter((_, index) => index % 500 === 0))
      expect(warm.functionFacts(name)?.btfId).toBe(cold.functionFacts(name)?.btfId);
    expect(warm.functionNames()).toEqual(names);
    expect(warm.enumerator('PIDTYPE_SID')).toBe(cold.enumerator('PIDTYPE_SID'));
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['empty', () => new Uint8Array()],
    ['of another format', (bytes) => bytes.map((byte, index) => (index === 4 ? byte + 1 : byte))],
    ['cleared in its middle', (bytes) => bytes.slice().fill(0, 500_000, 504_096)],
    ['damaged in its tables', (bytes) => bytes.map((byte, index) => (index === 35 ? byte ^ 8 : byte))],
    ['of other types', (bytes) => bytes.map((byte, index) => (index === 8 ? byte + 1 : byte))],
  ])('a file that is %s is made again', (_what, damage) => {
    let written = 0;
    const damaged = runningKernel({
      kept: () => ({
        read: (name) => damage(files.get(name) ?? new Uint8Array()),
        write: (_name, bytes) => void (written += bytes.length),
      }),
    });
    expect(damaged.tracepointParameters('sched_switch')?.btfId).toBe(
      cold.tracepointParameters('sched_switch')?.btfId,
    );
    expect(written).toBeGreaterThan(100_000);
  });
});

function spelled({ name, bitOffset, bitSize, type }: MemberFacts) {
  return [name, bitOffset, bitSize, type.spelling];
}

interface DumpedType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly members?: readonly {
    readonly name: string;
    readonly bits_offset: number;
    readonly bitfield_size?: number;
  }[];
  readonly values?: readonly { readonly name: string; readonly val: number }[];
}

describe.runIf(existsSync(VMLINUX) && hasBpftool())('beside bpftool', () => {
  const kernel = runningKernel();
  let types: readonly DumpedType[];
  beforeAll(() => {
    const text = execFileSync('bpftool', ['-j', 'btf', 'dump', 'file', VMLINUX, 'format', 'raw'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    types = (JSON.parse(text) as { types: readonly DumpedType[] }).types;
  });

  /** The first type of each name, some hundreds of them. */
  const some = (kind: string): readonly DumpedType[] => {
    const byName = new Map<string, DumpedType>();
    for (const type of types)
      if (type.kind === kind && type.name !== '(anon)' && !byName.has(type.name)) byName.set(type.name, type);
    const all = [...byName.values()];
    const step = Math.max(1, Math.floor(all.length / 400));
    return all.filter((_, index) => index % step === 0);
  };

  test.each(['STRUCT', 'UNION'])('members of each %s lie where it says', (kind) => {
    const chosen = some(kind);
    expect(chosen.length).toBeGreaterThan(100);
    for (const { name, size, members = [] } of chosen) {
      const type = kernel.type(`${kind.toLowerCase()} ${name}`);
      expect(type, name).toMatchObject({ name, size });
      const expected = members.map((member) => [
        member.name === '(anon)' ? '' : member.name,
        member.bits_offset,
        member.bitfield_size === 0 ? undefined : member.bitfield_size,
      ]);
      expect(
        membersOf(type).map((member) => [member.name, member.bitOffset, member.bitSize]),
        name,
      ).toEqual(expected);
    }
  });

  test('enumerators have the values it says', () => {
    // It shows unsigned ones of more than 31 bits as if they had 64 and a sign.
    const isShownRight = ({ values = [] }: DumpedType) => values.every(({ val }) => val < 2 ** 31);
    for (const { name, values = [] } of some('ENUM').filter(isShownRight)) {
      const type = kernel.type(`enum ${name}`);
      const found = type?.kind === 'enum' ? type.enumerators() : [];
      expect(found, name).toEqual(values.map(({ name: each, val }) => ({ name: each, value: val })));
    }
  });

  test('the names of tracepoints and functions are all there', () => {
    const named = (kind: string) => types.filter((type) => type.kind === kind).map(({ name }) => name);
    const tracepoints = named('TYPEDEF').filter((name) => name.startsWith('btf_trace_'));
    expect(kernel.tracepoints().map(({ name }) => `btf_trace_${name}`)).toEqual(tracepoints);
    expect(kernel.functionNames()).toEqual([...new Set(named('FUNC'))]);
  });
});

function membersOf(type: TypeFacts | undefined) {
  return type?.kind === 'struct' || type?.kind === 'union' ? type.members() : [];
}

function hasBpftool(): boolean {
  try {
    execFileSync('bpftool', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
