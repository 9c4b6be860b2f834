import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { runCommand } from '../harness/command.ts';
import { runExample } from './example-run.ts';
import { tableRows } from './table-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'stap-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The system calls of a command as strace shows them, one line for each. */
async function traced(words: readonly string[]): Promise<readonly string[]> {
  const file = join(folder, 'strace');
  const end = await runCommand('strace', ['-f', '-o', file, ...words]);
  expect(end.status).toBe(0);
  // A process number comes first.
  return readFileSync(file, 'latin1')
    .split('\n')
    .map((line) => line.replace(/^\d+ +/, ''));
}

describe.runIf(hasEbpf())('examples of system calls in the kernel', () => {
  test('opensnoop shows the files that strace shows', async () => {
    const words = ['cat', '/etc/passwd', '/etc/hostname'];
    const expected = (await traced(words)).flatMap((line) => {
      const [, path, result, error] = /^openat\(AT_FDCWD, (".*?").* = (-?\d+) ?(\w*)/.exec(line) ?? [];
      return path === undefined ? [] : [`${result === '-1' ? error : result} ${path}`];
    });
    const { stdout } = await runExample({ name: 'opensnoop', command: words.join(' ') });
    const seen = tableRows(stdout).filter(([, command]) => command === 'cat');
    expect(seen.map(([, , result, path]) => `${result} ${path}`)).toEqual(expected);
    expect(expected).toContain('3 "/etc/passwd"');
  });

  test('syscalls-by-process counts as strace does', async () => {
    const words = ['cat', '/etc/passwd', '/etc/hostname'];
    const lines = await traced(words);
    const { stdout } = await runExample({ name: 'syscalls-by-process', command: words.join(' ') });
    const counts = new Map(tableRows(stdout).map(([count, name]) => [name, Number(count)]));
    for (const name of ['openat', 'mmap', 'newfstatat', 'read'])
      expect([name, counts.get(name)]).toEqual([
        name,
        lines.filter((line) => line.startsWith(`${name}(`)).length,
      ]);
  });

  test('failed-syscalls names call and error', async () => {
    const end = await runExample({
      name: 'failed-syscalls',
      command:
        'python3 -I -S -c "import os\nfor i in range(17):\n  try: os.rmdir(\'/proc/none\')\n  except OSError: pass"',
    });
    expect(tableRows(end.stdout)).toContainEqual(['17', 'python3', 'rmdir', 'ENOENT']);
  });

  test('file-io counts the bytes that dd moves', async () => {
    const end = await runExample({
      name: 'file-io',
      command: 'dd if=/dev/zero of=/dev/null bs=1000 count=777 status=none',
    });
    const dd = tableRows(end.stdout).find(([command]) => command === 'dd') ?? [];
    // The loader reads the headers of libraries besides.
    expect(Number(dd[1])).toBeGreaterThanOrEqual(777_000);
    expect(Number(dd[1])).toBeLessThan(790_000);
    expect(dd[2]).toBe('777000');
  });

  test('sleepers measures what sleep sleeps', async () => {
    const end = await runExample({ name: 'sleepers', command: 'sleep 0.3' });
    const [command, count, , elapsedUs] = tableRows(end.stdout)[0] ?? [];
    expect([command, count]).toEqual(['sleep', '1']);
    expect(Number(elapsedUs)).toBeGreaterThanOrEqual(300_000);
  });
});
