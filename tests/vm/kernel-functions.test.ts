import { describe, expect, test } from 'vitest';
import { runCommand, stapPath } from '../harness/command.ts';

/** Standard output of a script that must end well. */
async function output(script: string, words: readonly string[] = []): Promise<string> {
  const end = await runCommand(stapPath, [...words, '-e', script], { timeoutMs: 120_000 });
  expect(end).toMatchObject({ status: 0, stderr: '' });
  return end.stdout;
}

const OPENS = ['-c', 'cat /etc/passwd /etc/group /etc/hostname >/dev/null'];

describe('functions of the kernel', () => {
  test('calls of the target and of its children are counted as the system call is', async () => {
    const text = await output(
      `global called, returned, entered
       probe kernel.function("do_sys_openat2") { if (target_set_pid(pid())) called++ }
       probe kernel.function("do_sys_openat2").return { if (target_set_pid(pid())) returned++ }
       probe kernel.trace("sys_enter") { if ($id == 257 && target_set_pid(pid())) entered++ }
       probe end { printf("%d %d %d\\n", called, returned, entered) }`,
      OPENS,
    );
    const [called = 0, returned, entered] = text.trim().split(' ').map(Number);
    expect(called).toBeGreaterThanOrEqual(3);
    expect([returned, entered]).toEqual([called, called]);
  });

  test('parameters and results have names and types', async () => {
    const text = await output(
      `probe kernel.function("do_sys_openat2") { if (pid() == target()) println(user_string_quoted($filename)) }
       probe kernel.function("do_sys_openat2").return { if (pid() == target()) printf("%d\\n", $return < 0 ? 1 : 0) }`,
      ['-c', 'cat /etc/passwd'],
    );
    expect(text).toContain('"/etc/passwd"\n0\n');
  });
});
