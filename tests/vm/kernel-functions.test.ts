import { describe, expect, test } from 'vitest';
import { runCommand, stapPath } from '../harness/command.ts';

/** Standard output of a script that must end well. */
async function output(script: string, words: readonly string[] = []): Promise<string> {
  const end = await runCommand(stapPath, [...words, '-e', script], { timeoutMs: 120_000 });
  expect(end).toMatchObject({ status: 0, stderr: '' });
  return end.stdout;
}

const OPENS = ['-c', 'cat /etc/passwd /etc/group /etc/hostname >/dev/null'];
const READS = ['-c', 'cat /etc/passwd'];

// By fentry, and by kprobes.
describe.each(['kernel', 'kprobe'])('functions of the kernel: %s.function', (kind) => {
  test('calls of the target and of its children are counted as the system call is', async () => {
    const text = await output(
      `global called, returned, entered
       probe ${kind}.function("do_sys_openat2") { if (target_set_pid(pid())) called++ }
       probe ${kind}.function("do_sys_openat2").return { if (target_set_pid(pid())) returned++ }
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
      `probe ${kind}.function("do_sys_openat2") {
         if (pid() == target()) printf("%s\\n%s\\n", user_string_quoted($filename), $$parms)
       }
       probe ${kind}.function("do_sys_openat2").return { if (pid() == target()) printf("%d %s\\n", $return < 0, $$return) }`,
      READS,
    );
    expect(text).toMatch(/"\/etc\/passwd"\ndfd=0xf+9c filename=0x\w+ how=0x\w+\n0 return=0x3\n/);
  });

  test('returns know what @entry had, also in memory that the function changes', async () => {
    const text = await output(
      `probe ${kind}.function("vfs_read").return {
         if (pid() == target()) printf("at %d of %d: %d\\n", @entry($pos ? kernel_long($pos) : 0), @entry($count), $return)
       }`,
      ['-c', 'head -c 100000 /etc/passwd'],
    );
    const sizes = [...text.matchAll(/^at 0 of (\d+): (\d+)$/gm)];
    expect(sizes.length).toBeGreaterThan(0);
    for (const [, asked, got] of sizes) expect(Number(got)).toBeLessThanOrEqual(Number(asked));
  });

  test('handlers in the kernel: texts from pointers, arrays, statistics', async () => {
    const text = await output(
      `global names, sizes
       probe ${kind}.function("vfs_read") {
         if (pid() == target()) names[kernel_string($file->f_path->dentry->d_name->name), execname()]++
       }
       probe ${kind}.function("vfs_read").return { if (pid() == target() && $return > 0) sizes <<< $return }
       probe end {
         foreach ([name, who] in names) printf("%s %s %d\\n", name, who, names[name, who] > 0)
         printf("%d\\n", @sum(sizes))
       }`,
      ['-D', 'STP_BPF=always', '-c', 'cat /etc/passwd'],
    );
    expect(text).toMatch(/^passwd cat 1$/m);
    expect(text).toMatch(/^[1-9]\d{2,}$/m);
  });

  test('functions have addresses and callers', async () => {
    const text = await output(
      `probe ${kind}.function("vfs_open") {
         if (pid() != target()) next
         printf("%s %s\\n", symname(addr()), ppfunc())
         print_backtrace()
         exit()
       }`,
      READS,
    );
    expect(text).toMatch(/^vfs_open vfs_open$/m);
    expect(text).toMatch(/^ 0x\w+ : vfs_open\+0x\w\/0x\w+ \[kernel\]\n 0x\w+ : (do_open|path_openat)\+/m);
  });

  test('a pattern is all functions of such names', async () => {
    const text = await output(
      `global calls
       probe ${kind}.function("vfs_rea*") { if (pid() == target()) calls[ppfunc()]++ }
       probe end { foreach (name in calls) println(name) }`,
      READS,
    );
    expect(text).toMatch(/^vfs_read$/m);
  });

  test('functions that do not exist are told what is similar', async () => {
    const end = await runCommand(stapPath, ['-e', `probe ${kind}.function("vfs_raed") {}`]);
    expect(end.status).toBe(1);
    expect(end.stderr).toContain('no match (similar functions: vfs_read,');
  });

  test('functions that cannot be probed are told, as long as others can', async () => {
    // One is code of the start of the system, which is gone.
    const script = `probe ${kind}.function("vfs_caches_init"), ${kind}.function("vfs_read") { exit() }`;
    const end = await runCommand(stapPath, ['-e', script, ...READS], { timeoutMs: 120_000 });
    expect(end.status).toBe(0);
    expect(end.stderr).toMatch(/^WARNING: the function vfs_caches_init is not probed: .*invalid argument$/m);
  });
});

describe('functions of the kernel', () => {
  test('listings tell parameters and results', async () => {
    const listed = await runCommand(stapPath, ['-L', 'kernel.function("vfs_read").return']);
    expect(listed.stdout).toBe(
      'kernel.function("vfs_read").return $return:ssize_t $file:struct file* $buf:char* $count:size_t $pos:loff_t*\n',
    );
  });

  test('functions that return structures are probed by kprobes', async () => {
    const script = 'probe kernel.function("ns_to_timespec64") { exit() }';
    const end = await runCommand(stapPath, ['-v', '-e', script, '-T', '20'], { timeoutMs: 120_000 });
    expect(end).toMatchObject({ status: 0 });
    expect(end.stderr).not.toMatch(/WARNING|ERROR/);
  });

  test('functions of kernel modules', async () => {
    const listed = await runCommand(stapPath, ['-L', 'module("overlay").function("ovl_open").return']);
    expect(listed.stdout).toMatch(
      /^module\("overlay"\).function\("ovl_open"\).return \$return:int \$inode:struct inode\* \$file:struct file\*\n$/,
    );
    const text = await output(
      `probe module("overlay").function("ovl_open").return {
         if (pid() == target()) printf("%s %d\\n", kernel_string(@entry($file->f_path->dentry->d_name->name)), $return)
       }`,
      READS,
    );
    expect(text).toMatch(/^passwd 0$/m);
  });

  test('aliases of the library for files', async () => {
    const text = await output(
      `probe vfs.read, vfs.open { if (pid() == target()) printf("%s\\n", name) }
       probe vfs.read.return { if (pid() == target()) printf("%s %d\\n", name, $return > 0) }`,
      READS,
    );
    expect(text).toMatch(/^vfs.open$/m);
    expect(text).toMatch(/^vfs.read\nvfs.read(\.return)? 1$/m);
  });

  test('aliases of the library for the network', async () => {
    const text = await output(`probe udp.sendmsg { if (pid() == target()) printf("%s %d\\n", name, size) }`, [
      '-c',
      `bash -c 'echo hello >/dev/udp/127.0.0.1/9'`,
    ]);
    expect(text).toBe('udp.sendmsg 6\n');
  });
});
