import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { runCommand, stapPath, type Finished } from '../harness/command.ts';

// Probes on system calls of one command, compared with what strace says about the same command.

const COMMAND = ['cat', '/etc/hostname'];
/** What the kernel calls a system call, by the name that scripts know. */
const KERNEL_NAMES: Readonly<Record<string, string>> = {
  mmap2: 'mmap',
  pread: 'pread64',
  fstatat: 'newfstatat',
};
/** The command of -c waits until the probes are there; what it does before it runs its program is not meant. */
const FROM_EXEC =
  'global runs probe syscall.execve.return { if (pid() == target() && retval == 0) runs = 1 }';

function stap(script: string): Promise<Finished> {
  return runCommand(stapPath, ['-c', COMMAND.join(' '), '-e', `${FROM_EXEC}\n${script}`]);
}

/** Lines of strace about the command, `openat(AT_FDCWD, "/etc/hostname", O_RDONLY) = 3`. */
async function strace(options: readonly string[]): Promise<readonly string[]> {
  const file = join(tmpdir(), `strace-${process.pid}-${Date.now()}`);
  await runCommand('strace', ['-o', file, ...options, ...COMMAND]);
  const lines = readFileSync(file, 'latin1').split('\n');
  rmSync(file);
  return lines;
}

describe.runIf(hasEbpf())('system calls in the kernel', () => {
  test('as many of each as strace counts', async () => {
    const counted = await stap(
      'global n probe syscall.* { if (runs && pid() == target()) n[name]++ } ' +
        'probe end { foreach (name+ in n) printf("%s %d\\n", name, n[name]) delete n }',
    );
    const ours = counted.stdout
      .split('\n')
      .filter((line) => /^\w+ \d+$/.test(line))
      .map((line) => line.replace(/^\w+/, (name) => KERNEL_NAMES[name] ?? name));
    const theirs = new Map<string, number>();
    for (const line of await strace([])) {
      const name = /^(\w+)\(/.exec(line)?.[1];
      if (name !== undefined && name !== 'execve') theirs.set(name, (theirs.get(name) ?? 0) + 1);
    }
    expect(counted.status).toBe(0);
    expect(ours.sort()).toEqual([...theirs].map(([name, count]) => `${name} ${count}`).sort());
  });

  test('arguments and results as strace shows them', async () => {
    const traced = await stap(
      'global text probe syscall.{openat,read,close} { if (runs && pid() == target()) text = argstr } ' +
        'probe syscall.{openat,read,close}.return { if (runs && pid() == target()) printf("%s(%s) = %s\\n", name, text, retstr) }',
    );
    // Addresses differ from run to run, and strace shows what was read.
    const plain = (line: string): string =>
      line
        .replace(/^read\((\d+), .*, (\d+)\)/, 'read($1, $2)')
        .replace(/\s+=\s+(-?\d+)/, ' = $1')
        .replace(/ = -1 (E\w+) .*$/, ' = -N ($1)')
        .replace(/ = -\d+ \((E\w+)\)$/, ' = -N ($1)');
    const ofCalls = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => /^(openat|read|close)\(/.test(line)).map(plain);
    const theirs = ofCalls(await strace(['-e', 'trace=openat,read,close']));
    expect(theirs.length).toBeGreaterThan(5);
    expect(ofCalls(traced.stdout.split('\n'))).toEqual(theirs);
  });

  test('any system call by its number', async () => {
    const counted = await stap(
      'global n, r probe syscall_any { if (runs && pid() == target() && name == "openat") n++ } ' +
        'probe syscall_any.return { if (runs && pid() == target() && name == "openat") r += retval >= 0 } ' +
        'probe end { printf("%d %d\\n", n, r) delete n delete r }',
    );
    const lines = (await strace(['-e', 'trace=openat'])).filter((line) => line.startsWith('openat('));
    const opened = lines.filter((line) => !line.includes('= -1'));
    expect(counted.stdout).toContain(`${lines.length} ${opened.length}\n`);
  });

  test('points are listed with their variables', async () => {
    const listed = await runCommand(stapPath, ['-L', 'syscall.openat*']);
    expect(listed.stdout).toBe(
      'syscall.openat name:string dfd:long dfd_str:string filename:string filename_unquoted:string flags:long flags_str:string mode:long argstr:string\n' +
        'syscall.openat2 name:string dfd:long dfd_str:string filename:string filename_unquoted:string how_uaddr:long how_str:string size:long argstr:string\n',
    );
  });
});

describe.runIf(hasEbpf())('tracepoints in the kernel', () => {
  test('parameters have their types', async () => {
    const script =
      'probe kernel.trace("sched:sched_process_exec") { if (pid() == target()) { t = $p; printf("%d %d %s %s\\n", t->tgid == pid(), $bprm->argc, kernel_string($bprm->filename), probe_type()) } }';
    const result = await stap(script);
    expect(result.stdout).toMatch(/^1 2 \/(usr\/)?bin\/cat tracepoint$/m);
  });

  test.each([
    ['kernel.trace("sched_swich")', 'no match (similar tracepoint'],
    ['kernel.trace("no*thing")?, kernel.trace("nothing")', 'no match'],
    ['syscall.opne', 'probe point mismatch (similar: '],
  ])('%s is refused', async (point, message) => {
    const result = await runCommand(stapPath, ['-p2', '-e', `probe ${point} { }`]);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(1);
  });
});
