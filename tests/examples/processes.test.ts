import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { runCommand } from '../harness/command.ts';
import { runExample } from './example-run.ts';
import { tableRows } from './table-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'stap-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A Python program as a command; it runs alone, without the modules of the machine. */
function python(name: string, text: string): string {
  const path = join(folder, `${name}.py`);
  writeFileSync(path, text);
  return `/usr/bin/python3 -I -S ${path}`;
}

describe.runIf(hasEbpf())('examples of processes in the kernel', () => {
  test('execsnoop shows each program with its parent', async () => {
    const { stdout } = await runExample({
      name: 'execsnoop',
      command: `sh -c 'echo self $$; /bin/echo one; /bin/true; exit 0'`,
    });
    const own = /^self (\d+)$/m.exec(stdout)?.[1];
    const children = tableRows(stdout).filter((row) => row.length === 4 && row[1] === own);
    expect(children.map(([, , command, path]) => [command, path])).toEqual([
      ['echo', '/bin/echo'],
      ['true', '/bin/true'],
    ]);
  });

  test('process-lifetimes tells how long and how', async () => {
    const { stdout } = await runExample({
      name: 'process-lifetimes',
      command: `sh -c 'exec 2>/dev/null; sleep 0.25; sh -c "exit 3"; sh -c "kill -9 \\$\\$"; exit 0'`,
    });
    const slept = /^\d+ sleep lived (\d+) us, status 0$/m.exec(stdout)?.[1];
    expect(Number(slept)).toBeGreaterThanOrEqual(250_000);
    expect(stdout).toMatch(/^\d+ sh lived \d+ us, status 3$/m);
    expect(stdout).toMatch(/^\d+ sh lived \d+ us, signal 9$/m);
  });

  test('signals names both sides', async () => {
    const { stdout } = await runExample({
      name: 'signals',
      command: python(
        'signals',
        `import os, signal
print("self", os.getpid())
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
for i in range(7): os.kill(os.getpid(), signal.SIGUSR1)
`,
      ),
    });
    const own = /^self (\d+)$/m.exec(stdout)?.[1] ?? '';
    const line = `python3 (${own}) sends SIGUSR1 to python3 (${own})`;
    expect(stdout.split('\n').filter((text) => text === line)).toHaveLength(7);
  });

  test('page-faults counts what the process itself is told', async () => {
    const { stdout } = await runExample({
      name: 'page-faults',
      command: python(
        'faults',
        `import mmap, resource
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
memory = mmap.mmap(-1, 4000 * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_NOHUGEPAGE)
for page in range(4000): memory[page * 4096] = 1
usage = resource.getrusage(resource.RUSAGE_SELF)
print("own", usage.ru_minflt + usage.ru_majflt, usage.ru_minflt - before)
`,
      ),
    });
    const [, all = 0, touched = 0] = (/^own (\d+) (\d+)$/m.exec(stdout) ?? []).map(Number);
    const [, read = 0, write = 0] = (/^python3 +read (\d+) write (\d+)$/m.exec(stdout) ?? []).map(Number);
    expect(touched).toBeGreaterThanOrEqual(4000);
    expect(write).toBeGreaterThanOrEqual(4000);
    // The kernel counts a fault that it has to take twice once, and those of its own accesses to the process besides.
    expect(Math.abs(read + write - all)).toBeLessThan(all / 20);
  });

  test('context-switches counts as the process is told', async () => {
    const { stdout } = await runExample({
      name: 'context-switches',
      command: python(
        'switches',
        `import resource, time
for i in range(50): time.sleep(0.002)
usage = resource.getrusage(resource.RUSAGE_SELF)
print("own", usage.ru_nvcsw, usage.ru_nivcsw)
`,
      ),
    });
    const own = Number(/^own (\d+) \d+$/m.exec(stdout)?.[1]);
    const seen = Number(/^python3 +voluntary (\d+)$/m.exec(stdout)?.[1]);
    expect(own).toBeGreaterThanOrEqual(50);
    // Those at its start, under another name, and at its end are not in both.
    expect(Math.abs(seen - own)).toBeLessThanOrEqual(5);
  });

  test('lock-contention finds the lock that threads wait for', async () => {
    const { stdout } = await runExample({
      name: 'lock-contention',
      command: python(
        'locks',
        `import threading, time
lock = threading.Lock()
def work():
    with lock: pass
lock.acquire()
threads = [threading.Thread(target=work) for i in range(3)]
for thread in threads: thread.start()
time.sleep(0.2)
lock.release()
for thread in threads: thread.join()
`,
      ),
    });
    const longest = tableRows(stdout)
      .filter(([command]) => command === 'python3')
      .map((row) => Number(row[5]));
    expect(Math.max(...longest)).toBeGreaterThanOrEqual(150_000);
  });

  test('off-cpu-stacks shows where a sleeper sleeps', async () => {
    const { stdout } = await runExample({ name: 'off-cpu-stacks', command: 'sleep 0.3' });
    const [first = ''] = stdout.split('\n\n');
    expect(first).toMatch(/nanosleep/);
    expect(Number(/^(\d+) us in 1 sleeps/.exec(first)?.[1])).toBeGreaterThanOrEqual(295_000);
  });

  test('run-queue-latency sees those that wait for a busy processor', async () => {
    const busy = python('busy', 'x = 0\nfor i in range(1500000): x += i\n');
    const { stdout } = await runExample({
      name: 'run-queue-latency',
      command: `taskset -c 0 sh -c '${busy} & ${busy} & wait'`,
    });
    expect(stdout).toMatch(/\|@+/);
  });

  test('strace-like prints what strace prints', async () => {
    const file = join(folder, 'strace');
    await runCommand('strace', ['-o', file, '-e', 'trace=openat,close,lseek', 'cat', '/etc/hostname']);
    const expected = readFileSync(file, 'latin1')
      .split('\n')
      .filter((line) => /^(openat|close)\(/.test(line))
      .map((line) => line.replace(/ +=/, ' =').replace(/ = -1 (\w+).*/, ' = $1'));
    const { stdout } = await runExample({ name: 'strace-like', command: 'cat /etc/hostname' });
    const seen = tableRows(stdout)
      .map((row) => row.slice(1).join(' '))
      .map((line) => line.replace(/ = -\d+ \((\w+)\)/, ' = $1'));
    const first = seen.findIndex((line) => line.startsWith('openat'));
    expect(seen.slice(first).filter((line) => /^(openat|close)\(/.test(line))).toEqual(expected);
  });
});
