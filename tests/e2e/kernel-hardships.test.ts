import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadLoaderSystemCalls } from '../../src/bpf/loader/system-calls.ts';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import {
  plainEnvironment,
  runCommand,
  stapPath,
  type CommandOptions,
  type Finished,
} from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { hardProgram } from './hard-program.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

// What goes wrong around probes in the kernel: processes that end, a stap that dies, machines without what is needed.
// Events are system calls and functions of a program of the test.

const KILL = process.arch === 'arm64' ? 129 : 62;
const NOBODY = 65534;
const BPF_PROG_GET_FD_BY_ID = 13;
const BPF_MAP_GET_FD_BY_ID = 14;
const BPF_LINK_GET_FD_BY_ID = 30;
/** Everything starts slowly where the machine has much to do. */
const SLOW_MS = 120_000;

let folder: string;
let program: string;
const roots: string[] = [];
const children: ChildProcess[] = [];
const runs: RunningStap[] = [];

beforeAll(() => {
  folder = makeScratchFolder('kernel-hardships');
  program = hardProgram(folder);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const run of runs) await run.dispose();
  for (const root of roots) await removeScratchFolder(dirname(root));
  await removeScratchFolder(folder);
});

function newRoot(): string {
  const root = makeRoot();
  roots.push(root);
  return root;
}

function stap(words: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return runCommand(stapPath, ['--procfs-root', newRoot(), ...words], { timeoutMs: SLOW_MS, ...options });
}

function started(script: string, options: readonly string[] = []): RunningStap {
  const run = new RunningStap({ script, options, root: newRoot() });
  runs.push(run);
  return run;
}

function work(...words: readonly string[]): ChildProcess {
  const child = spawn(program, words, { stdio: 'ignore' });
  children.push(child);
  return child;
}

function workDone(...words: readonly string[]): void {
  execFileSync(program, words);
}

interface KernelObjects {
  readonly links: readonly number[];
  readonly programs: readonly number[];
  readonly maps: readonly number[];
}

/** Numbers of what a process holds in the kernel. */
function objectsOf(pid: number): KernelObjects {
  const texts = readdirSync(`/proc/${pid}/fdinfo`).map((fd) =>
    readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'),
  );
  const numbers = (name: string): number[] =>
    texts
      .map((text) => new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1])
      .filter((id) => id !== undefined)
      .map(Number);
  return { links: numbers('link_id'), programs: numbers('prog_id'), maps: numbers('map_id') };
}

/** Which of them are still there. */
function stillThere({ links, programs, maps }: KernelObjects): KernelObjects {
  const calls = loadLoaderSystemCalls();
  const exists =
    (command: number) =>
    (id: number): boolean => {
      const attributes = Buffer.alloc(152);
      attributes.writeUInt32LE(id);
      const fd = calls.bpf(command, attributes);
      if (fd >= 0) calls.close(fd);
      return fd >= 0;
    };
  return {
    links: links.filter(exists(BPF_LINK_GET_FD_BY_ID)),
    programs: programs.filter(exists(BPF_PROG_GET_FD_BY_ID)),
    maps: maps.filter(exists(BPF_MAP_GET_FD_BY_ID)),
  };
}

function count({ links, programs, maps }: KernelObjects): number {
  return links.length + programs.length + maps.length;
}

/** Bytes of maps that are mapped into a process. */
function mappedBytes(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n');
  return lines
    .filter((line) => line.includes('bpf-map'))
    .reduce((sum, line) => {
      const [from = '', to = ''] = (line.split(' ')[0] ?? '').split('-');
      return sum + parseInt(to, 16) - parseInt(from, 16);
    }, 0);
}

/** Waits until the kernel gave all of it up. */
async function untilGone(objects: KernelObjects): Promise<void> {
  await until('the end of links, programs and maps', () => count(stillThere(objects)) === 0, 20_000);
}

const MODES = ['never', 'auto'];
const ERROR_END = 'Pass 5: run failed.  [man error::pass5]\n';

describe.runIf(hasEbpf())('hardships of probed processes in the kernel', () => {
  const probes = (): string => `global calls, returns, begins, ends, kills
    probe process("${program}").function("work") { calls++ }
    probe process("${program}").function("work").return { returns++ }
    probe process("${program}").begin { begins++ }
    probe process("${program}").end { ends++ }
    probe process("${program}").syscall { if ($syscall == ${KILL}) kills++ }
    probe end { printf("%d %d %d %d %d\\n", calls, returns, begins, ends, kills) }`;

  test.each([
    ['never', 'exec', '20 20 2 1 20\n'],
    ['auto', 'exec', '20 20 2 1 20\n'],
    ['never', 'kill', '10 10 1 1 10\n'],
    ['auto', 'kill', '10 10 1 1 10\n'],
  ])(
    'the command executes another program, or is killed: nothing is missed (%s, %s)',
    async (mode, how, out) => {
      const result = await stap(['-D', `STP_BPF=${mode}`, '-c', `${program} 10 ${how}`, '-e', probes()]);
      expect(result.stdout).toBe(out);
      expect(result.stderr.replace(/^WARNING: Child process exited with signal 9 \(Killed\)\n/, '')).toBe(
        how === 'kill' ? ERROR_END : '',
      );
    },
  );

  test('a run goes on when the process of -x ends', async () => {
    const worker = work('1', 'wait');
    const script = `global ends
      probe process("${program}").end { ends++ }
      probe procfs("ends").read { $value = sprintf("%d\\n", ends) }`;
    const run = await started(script, ['-x', String(worker.pid)]).ready();
    expect(await run.out('cat ends')).toBe('0\n');
    worker.kill('SIGKILL');
    await until('the end', () => readFileSync(join(run.directory, 'ends'), 'latin1') === '1\n');
    expect(run.isOver).toBe(false);
    expect(await run.stop()).toMatchObject({ status: 0, stderr: '' });
  });

  test('a command that cannot be started: begin and end probes run, the status tells', async () => {
    const script = `global n probe nd_syscall.kill { if (pid() == target()) n++ } probe end { println("end ", n) }`;
    const result = await stap(['-c', '/nonexistent/command', '-e', script]);
    expect(result.stdout).toBe('end 0\n');
    expect(result.stderr).toContain('/nonexistent/command: not found');
    expect(result.stderr).toContain('WARNING: Child process exited with status 127\n');
    expect(result.status).toBe(1);
  });

  test('calls that never return are no returns', async () => {
    const script = `global calls, returns
      probe process("${program}").function("main") { calls++ }
      probe process("${program}").function("main").return { returns++ }
      probe end { println(calls, returns) }`;
    expect(await stap(['-c', `${program} 1 leave`, '-e', script])).toMatchObject({
      stdout: '10\n',
      status: 0,
    });
  });
});

describe.runIf(hasEbpf())('many probes in the kernel', () => {
  test(
    'all functions of a large program, gone at once when stap is killed',
    { timeout: SLOW_MS },
    async () => {
      // Never a program that others run: it would be probed in them, too.
      const copy = join(folder, 'many');
      copyFileSync(process.execPath, copy);
      const script = `global n, told
      probe process("${copy}").function("*Node*"), process("${copy}").function("*Object*") { n++ }
      probe timer.ms(1) { if (!told++) println("running") }
      probe end { println(n) }`;
      const run = started(script);
      await until('the probes', () => run.stdout() === 'running\n' || run.isOver, SLOW_MS);
      expect(run.isOver).toBe(false);
      const objects = objectsOf(run.pid);
      expect(objects.links).not.toEqual([]);
      run.child.kill('SIGKILL');
      await run.end(SLOW_MS);
      await untilGone(objects);
    },
  );
});

describe.runIf(hasEbpf())('signals and many runs in the kernel', () => {
  const counter = (): string => `global n
    probe nd_syscall.kill { if (execname() == "${basename(program)}") n++ }
    probe process("${program}").function("work") { n++ }
    probe procfs("n").read { $value = sprintf("%d\\n", n) }
    probe end { printf("n=%d\\n", n) }`;

  async function counting(mode: string): Promise<RunningStap> {
    const run = await started(counter(), ['-D', `STP_BPF=${mode}`]).ready();
    expect(readFileSync(join(run.directory, 'n'), 'latin1')).toMatch(/^\d+\n$/);
    return run;
  }

  test.each([
    ['never', 'SIGINT'],
    ['auto', 'SIGINT'],
    ['never', 'SIGTERM'],
    ['auto', 'SIGTERM'],
    ['never', 'SIGHUP'],
    ['auto', 'SIGHUP'],
  ] as const)('%s, %s: what happened before is counted, then nothing is left', async (mode, signal) => {
    const run = await counting(mode);
    const objects = objectsOf(run.pid);
    workDone('500');
    const end = await run.stop(signal);
    expect(end).toMatchObject({ stdout: 'n=1000\n', stderr: '', status: 0 });
    await untilGone(objects);
    await run.assertNothingLeft();
  });

  test.each(MODES)('%s, SIGSTOP and SIGCONT: what happens meanwhile waits', async (mode) => {
    const run = await counting(mode);
    process.kill(run.pid, 'SIGSTOP');
    workDone('500');
    process.kill(run.pid, 'SIGCONT');
    expect(await run.stop()).toMatchObject({ stdout: 'n=1000\n', stderr: '', status: 0 });
  });

  test('reloaded again and again, each version gives back what it held', { timeout: SLOW_MS }, async () => {
    const run = await counting('auto');
    const before = objectsOf(run.pid);
    const mappedBefore = mappedBytes(run.pid);
    for (let version = 1; version <= 10; version += 1) {
      const script = counter().replace('"%d', `"version ${version}: %d`);
      const words = [run.moduleName, 'reload', '-e', script];
      const env = plainEnvironment({ STAP_PROCFS_ROOT: run.root });
      const result = await runCommand(join(dirname(stapPath), 'stap-ctl'), words, { env });
      expect(result).toMatchObject({ stderr: '', status: 0 });
    }
    const after = objectsOf(run.pid);
    expect(count(after)).toBe(count(before));
    // Memory of scalars may be read until the collector finds that nobody does.
    expect(count(stillThere(before))).toBeLessThanOrEqual(1);
    expect(mappedBytes(run.pid)).toBeLessThan(2 * mappedBefore);
    workDone('500');
    expect(readFileSync(join(run.directory, 'n'), 'latin1')).toBe('version 10: 1000\n');
    await run.stop();
    await untilGone(after);
  });

  test('killed while events come: nothing stays', async () => {
    const run = await counting('auto');
    const objects = objectsOf(run.pid);
    const worker = work('100000000');
    await until('events', () => Number(readFileSync(join(run.directory, 'n'), 'latin1')) > 1000);
    run.child.kill('SIGKILL');
    await run.end();
    await untilGone(objects);
    worker.kill('SIGKILL');
  });

  test('twelve at the same time count the same', { timeout: SLOW_MS }, async () => {
    const all = Array.from({ length: 12 }, (_, index) =>
      started(counter(), ['-D', `STP_BPF=${MODES[index % 2] ?? ''}`]),
    );
    for (const run of all) {
      await until('the module', () => moduleFile(run) !== undefined || run.isOver, SLOW_MS);
      expect(readFileSync(moduleFile(run) ?? '', 'latin1')).toBe('0\n');
    }
    const objects = all.map((run) => objectsOf(run.pid));
    workDone('300');
    for (const run of all)
      expect(await run.stop()).toMatchObject({ stdout: 'n=600\n', stderr: '', status: 0 });
    for (const each of objects) await untilGone(each);
  });

  test('a million events need no more memory than a few', { timeout: SLOW_MS }, async () => {
    const run = await counting('never');
    const residentKb = (): number =>
      Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${run.pid}/status`, 'latin1'))?.[1]);
    workDone('50000');
    const before = residentKb();
    for (let round = 0; round < 10; round += 1) workDone('50000');
    expect(residentKb() - before).toBeLessThan(20_000);
    await run.stop();
  });
});

/** The file `n` of a run's only module, once it is there. */
function moduleFile(run: RunningStap): string | undefined {
  try {
    const name = readdirSync(run.root).find((entry) => !entry.startsWith('.'));
    if (name === undefined) return undefined;
    const path = join(run.root, name, 'n');
    readFileSync(path);
    return path;
  } catch {
    return undefined; // Not yet.
  }
}

describe.runIf(hasEbpf())('machines that lack something for probes in the kernel', () => {
  const isRoot = process.getuid?.() === 0;
  const hidden = join('/sys/kernel', 'btf');
  /** Nothing that was compiled or read before is known. */
  const withoutTypes = (...words: readonly string[]): Promise<Finished> =>
    runCommand(
      'unshare',
      [
        ...['-m', 'sh', '-c', `mount -t tmpfs none ${hidden} && exec "$@"`, 'sh'],
        ...[stapPath, '--procfs-root', newRoot(), ...words],
      ],
      { env: plainEnvironment({ SYSTEMTAP_DIR: join(folder, 'home') }) },
    );
  const withoutCapabilities = (capabilities: string, ...words: readonly string[]): Promise<Finished> =>
    runCommand('setpriv', [`--bounding-set=${capabilities}`, stapPath, '--procfs-root', newRoot(), ...words]);

  test.runIf(isRoot)('without types of the kernel: tracepoints say so, all else runs', async () => {
    const refused = await withoutTypes('-e', 'probe kernel.trace("sched_switch") { exit() }');
    expect(refused.stderr).toContain(
      '\nsemantic error: this kernel offers no type information (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF)\n',
    );
    expect(refused.stderr).not.toMatch(/^ +at .*:\d+/m);
    expect(refused.status).toBe(1);
    const script = `global n probe nd_syscall.kill { if (pid() == target()) n++ }
      probe process("${program}").function("work") { n++ } probe end { println(n) }`;
    expect(await withoutTypes('-c', `${program} 10`, '-e', script)).toMatchObject({
      stdout: '20\n',
      stderr: '',
      status: 0,
    });
    expect(await withoutTypes('-e', 'probe begin { println("all else") exit() }')).toMatchObject({
      stdout: 'all else\n',
      stderr: '',
      status: 0,
    });
  });

  test.runIf(isRoot)('without capabilities: one sentence; scripts without such probes run', async () => {
    const probes = [
      'nd_syscall.kill',
      'kernel.trace("sched_switch")',
      `process("${program}").function("work")`,
      `process("${program}").begin`,
    ];
    for (const probe of probes) {
      const result = await withoutCapabilities('-bpf,-perfmon,-sys_admin', '-e', `probe ${probe} { exit() }`);
      expect(result).toMatchObject({
        stdout: '',
        stderr: `ERROR: probes in the kernel need root, or CAP_BPF and CAP_PERFMON\n${ERROR_END}`,
        status: 1,
      });
    }
    const half = await withoutCapabilities('-perfmon,-sys_admin', '-e', 'probe nd_syscall.kill { exit() }');
    expect(half.stderr).toMatch(/^ERROR: .*CAP_BPF and CAP_PERFMON\n/);
    expect(half.stderr.split('\n')).toHaveLength(3);
    expect(half.status).toBe(1);
    const other = await withoutCapabilities(
      '-bpf,-perfmon,-sys_admin',
      '-e',
      'probe begin { println("runs") exit() }',
    );
    expect(other).toMatchObject({ stdout: 'runs\n', status: 0 });
  });

  test.runIf(isRoot)('an ordinary user is told so for each kind of probe', async () => {
    for (const probe of ['nd_syscall.kill', 'kernel.trace("sched_switch")', `process("/bin/sh").begin`]) {
      const result = await stap(['-e', `probe ${probe} { exit() }`], { uid: NOBODY, gid: NOBODY });
      expect(result.stderr).toBe(
        `ERROR: probes in the kernel need root, or CAP_BPF and CAP_PERFMON\n${ERROR_END}`,
      );
      expect(result.status).toBe(1);
    }
  });
});
