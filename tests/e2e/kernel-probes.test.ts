import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadLoaderSystemCalls } from '../../src/bpf/loader/system-calls.ts';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

// The life of a module with probes in the kernel. Its events are kill(2) of a shell that sends signal 0 to itself, so
// that their number is known.

const NOBODY = 65534;
const KILL = process.arch === 'arm64' ? 129 : 62;
const BPF_LINK_GET_FD_BY_ID = 30;
const COUNTER = `
global n
probe kernel.trace("sys_enter") { if (pid() == target() && $id == ${KILL}) n++ }
probe procfs("n").read { $value = sprintf("%d\\n", n) }
probe end { printf("n=%d\\n", n) }`;

const roots: string[] = [];
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const root of roots) await removeScratchFolder(dirname(root));
});

function newRoot(): string {
  const root = makeRoot();
  roots.push(root);
  return root;
}

/** Shell text that calls kill(2) so many times, with a pause in between where that is asked for. */
function kills(count: number, between = ':'): string {
  return `i=0; while [ $i -lt ${count} ]; do kill -0 $$; i=$((i+1)); ${between}; done`;
}

function stap(options: readonly string[], script: string, uid?: number): Promise<Finished> {
  const words = ['--procfs-root', newRoot(), ...options, '-e', script];
  return runCommand(stapPath, words, uid === undefined ? {} : { uid, gid: uid });
}

/** A shell that runs `text` at each line it gets, and says so. */
class Worker {
  readonly child: ChildProcess;
  #out = '';

  constructor(text: string) {
    this.child = spawn('sh', ['-c', `while read -r go; do ${text}; echo done; done`]);
    children.push(this.child);
    this.child.stdout?.on('data', (data: Buffer) => (this.#out += data.toString('latin1')));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  begin(): void {
    this.#out = '';
    this.child.stdin?.write('go\n');
  }

  async done(): Promise<void> {
    await until('end of the work', () => this.#out !== '', 20_000);
  }
}

function countOf(directory: string): string {
  return readFileSync(join(directory, 'n'), 'latin1');
}

/** Numbers of the links to events that a process holds. */
function linksOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/fdinfo`)
    .map((fd) => /^link_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1])
    .filter((id) => id !== undefined)
    .map(Number);
}

function linkExists(id: number): boolean {
  const calls = loadLoaderSystemCalls();
  const attributes = Buffer.alloc(152);
  attributes.writeUInt32LE(id);
  const fd = calls.bpf(BPF_LINK_GET_FD_BY_ID, attributes);
  if (fd >= 0) calls.close(fd);
  return fd >= 0;
}

async function counting(worker: Worker, mode: readonly string[]): Promise<RunningStap> {
  const options = ['-x', String(worker.pid), ...mode];
  const run = new RunningStap({ script: COUNTER, options, root: newRoot() });
  await run.ready();
  // Answered as soon as everything is attached.
  expect(countOf(run.directory)).toBe('0\n');
  return run;
}

describe.runIf(hasEbpf())('probes of a module in the kernel', () => {
  test('nothing of the command of -c is missed, and its end ends the run', async () => {
    const result = await stap(['-c', `sh -c '${kills(1000)}'`], COUNTER);
    expect(result).toMatchObject({ stdout: 'n=1000\n', stderr: '', status: 0 });
  });

  test('begin probes run before anything is attached, end probes after the last event', async () => {
    const script = `${COUNTER} probe begin { printf("begin %d\\n", n) } probe end { printf("last %d\\n", n) }`;
    const result = await stap(['-c', `sh -c '${kills(10)}'`], script);
    expect(result).toMatchObject({ stdout: 'begin 0\nn=10\nlast 10\n', status: 0 });
  });

  test('an error in a handler ends the run with what it printed before', async () => {
    const script = `probe kernel.trace("sys_enter") { if (pid() == target() && $id == ${KILL}) { println("x") println(1 / 0) } }`;
    const result = await stap(['-c', `sh -c '${kills(3, 'sleep 0.1')}'`], script);
    expect(result.stdout).toBe('x\n');
    expect(result.stderr).toMatch(/^ERROR: division by 0 near /);
    expect(result.status).toBe(1);
  });

  test('without privileges there is one sentence', async () => {
    const result = await stap(
      [],
      'probe begin { println("no") } probe kernel.trace("sys_enter") { exit() }',
      NOBODY,
    );
    expect(result.stderr).toBe(
      'ERROR: probes in the kernel need root, or CAP_BPF and CAP_PERFMON\nPass 5: run failed.  [man error::pass5]\n',
    );
    expect(result).toMatchObject({ stdout: '', status: 1 });
  });
});

describe.each([
  ['handlers deferred', ['-D', 'STP_BPF=never']],
  ['handlers where they can run', []],
])('a running module, %s,', (_, mode) => {
  describe.runIf(hasEbpf())('in the kernel', () => {
    test('killed with SIGKILL, nothing stays attached', async () => {
      const run = await counting(new Worker(kills(1)), mode);
      const [link = 0] = linksOf(run.pid);
      expect(linkExists(link)).toBe(true);
      run.child.kill('SIGKILL');
      await run.end();
      await until('end of the link', () => !linkExists(link));
      await run.dispose();
    });

    test('a target that is killed does not disturb', async () => {
      const worker = new Worker(kills(20_000));
      const run = await counting(worker, mode);
      worker.begin();
      await until('events', () => Number(countOf(run.directory)) > 100);
      worker.child.kill('SIGKILL');
      const end = await run.stop();
      expect(end).toMatchObject({ status: 0, stderr: '' });
      expect(end.stdout).toMatch(/^n=\d{3,}\n$/);
      await run.dispose();
    });

    test('handed to a process in the background, no event is missed', async () => {
      const worker = new Worker(kills(20_000));
      const run = await counting(worker, mode);
      const { directory, moduleName, root } = run;
      worker.begin();
      await until('events', () => Number(countOf(directory)) > 100);
      run.child.kill('SIGQUIT');
      const end = await run.end();
      expect(end.stderr).toContain('Disconnecting from systemtap module.');
      await worker.done();
      await until('all events', () => countOf(directory) === '20000\n');
      const { pid } = JSON.parse(readFileSync(join(root, `.${moduleName}`, 'entry.json'), 'utf8')) as {
        pid: number;
      };
      const links = linksOf(pid);
      expect(links).toHaveLength(1);
      process.kill(pid, 'SIGINT');
      await until('end of the links', () => !links.some(linkExists));
    });

    test('reloaded while events come, the new script goes on where the old one stopped', async () => {
      const worker = new Worker(kills(20_000));
      const run = await counting(worker, mode);
      const { directory, moduleName, root } = run;
      const before = linksOf(run.pid);
      worker.begin();
      await until('events', () => Number(countOf(directory)) > 100);
      const script = COUNTER.replace('"%d\\n", n)', '"new %d\\n", n)');
      const result = await runCommand(
        join(dirname(stapPath), 'stap-ctl'),
        [moduleName, 'reload', '-e', script],
        {
          env: plainEnvironment({ STAP_PROCFS_ROOT: root }),
        },
      );
      expect(result).toMatchObject({ stderr: '', status: 0 });
      await worker.done();
      expect(before.filter(linkExists)).toEqual([]);
      const [, count = ''] = /^new (\d+)$/m.exec(countOf(directory)) ?? [];
      // Between the two, for some microseconds, nobody looks.
      expect(Number(count)).toBeGreaterThanOrEqual(19_990);
      expect(Number(count)).toBeLessThanOrEqual(20_000);
      await run.stop();
      await run.dispose();
    });
  });
});
