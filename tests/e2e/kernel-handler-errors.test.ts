import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { runCommand, stapPath, type Finished } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { hardProgram } from './hard-program.ts';
import { makeRoot } from './running-stap.ts';

// Handlers of kernel probes that fail, in JavaScript and in the kernel: errors, full arrays, full buffers, bad memory.

const MODES = ['never', 'auto'];
const ERROR_END = 'Pass 5: run failed.  [man error::pass5]\n';
/** Everything starts slowly where the machine has much to do. */
const SLOW_MS = 120_000;

let folder: string;
let program: string;
const roots: string[] = [];

beforeAll(() => {
  folder = makeScratchFolder('hostile-kernel');
  program = hardProgram(folder);
});
afterAll(async () => {
  for (const root of roots) await removeScratchFolder(dirname(root));
  await removeScratchFolder(folder);
});

function stap(words: readonly string[]): Promise<Finished> {
  const root = makeRoot();
  roots.push(root);
  return runCommand(stapPath, ['--procfs-root', root, ...words], { timeoutMs: SLOW_MS });
}

describe.runIf(hasEbpf())('full arrays and buffers in the kernel', () => {
  const full = (place: string): string =>
    `ERROR: Array overflow, check MAXMAPENTRIES near identifier 'a' at ${place}`;

  test.each(
    MODES.flatMap((mode) => [
      [mode, 'a[$pid, gettimeofday_ns()]++'],
      [mode, 'a[tid(), get_cycles()] = 1'],
      [mode, 'a[0, gettimeofday_ns()] += 5'],
    ]),
  )('an array that is full is named, and what to change (%s, %s)', async (mode, statement) => {
    const script = `global a probe nd_syscall.kill { if (pid() == target()) ${statement} } probe end { println("end") }`;
    const text = script.replaceAll('$pid', 'pid()');
    const options = ['-D', `STP_BPF=${mode}`, '-D', 'MAXMAPENTRIES=10', '-c', `${program} 100`];
    const result = await stap([...options, '-e', text]);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(full(`<input>:1:${text.indexOf('a[') + 1}`));
    expect(result.stderr).toContain('WARNING: Number of errors: 1, skipped probes: ');
    expect(result.stderr).toContain(ERROR_END);
    expect(result.status).toBe(1);
    // Room for all of them.
    const enough = await stap([
      '-D',
      `STP_BPF=${mode}`,
      '-D',
      'MAXMAPENTRIES=100',
      '-c',
      `${program} 100`,
      '-e',
      text,
    ]);
    expect(enough.stdout.split('\n')[0]).toBe('end');
    expect(enough).toMatchObject({ stderr: '', status: 0 });
  });

  const EVENTS = 300_000;
  test.each(MODES)('events that find no room are counted: taken and skipped are all (%s)', async (mode) => {
    const script = `global n probe nd_syscall.kill { if (pid() == target()) printf("%d %s\\n", ++n, execname()) }
      probe end { printf("n=%d\\n", n) }`;
    const options = ['-D', `STP_BPF=${mode}`, '-D', 'MAXSKIPPED=100000000', '-c', `${program} ${EVENTS}`];
    const result = await stap([...options, '-e', script]);
    const taken = Number(/^n=(\d+)$/m.exec(result.stdout)?.[1]);
    const skipped = Number(
      /^WARNING: Number of errors: 0, skipped probes: (\d+)$/m.exec(result.stderr)?.[1] ?? 0,
    );
    expect(taken + skipped).toBe(EVENTS);
    expect(taken).toBeGreaterThan(1000);
    // Each event that was taken is printed, in order.
    const lines = result.stdout.split('\n');
    expect(lines[taken - 1]).toBe(`${taken} ${basename(program)}`);
    expect(result.status).toBe(0);
  });

  test('counts in the kernel lose nothing at any rate', async () => {
    const script = `global n, by probe nd_syscall.kill { if (pid() == target()) { n++; by[execname()] <<< 1 } }
      probe end { println(n, " ", @count(by["${basename(program)}"])) }`;
    const result = await stap(['-D', 'STP_BPF=always', '-c', `${program} 1000000`, '-e', script]);
    expect(result).toMatchObject({ stdout: '1000000 1000000\n', stderr: '', status: 0 });
  });

  test('more than MAXSKIPPED end the run, with the error probes', { timeout: SLOW_MS }, async () => {
    // Nothing is taken while the begin probe of a timer works, so that the buffer must overflow.
    const script = `global n, i
      probe nd_syscall.kill { if (pid() == target()) { n++; printf("%s\\n", argstr_of(n)) } }
      function argstr_of(n) { return sprintf("%0500d", n) }
      probe timer.ms(1) { for (i = 0; i < 1000000; i++) n += 0 }
      probe end { println("end") } probe error { println("error probe") }`;
    const options = ['-D', 'STP_BPF=never', '-D', 'MAXSKIPPED=5', '-D', 'MAXACTION_INTERRUPTIBLE=100000000'];
    const result = await stap([
      ...options,
      '-D',
      'MAXACTION=100000000',
      '-c',
      `${program} 3000000`,
      '-e',
      script,
    ]);
    expect(result.stderr).toContain(
      'ERROR: Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.\n',
    );
    expect(result.stderr).toMatch(/^WARNING: Number of errors: 0, skipped probes: \d+$/m);
    expect(result.stdout).toContain('error probe\n');
    expect(result.stdout).not.toContain('end\n');
    expect(result.status).toBe(1);
  });
});

describe.runIf(hasEbpf())('hostile handlers in the kernel', () => {
  const at = (
    mode: string,
    body: string,
    more: readonly string[] = [],
    command = `${program} 20`,
  ): Promise<Finished> => stap(['-D', `STP_BPF=${mode}`, ...more, '-c', command, '-e', body]);

  test.each(MODES)('an error at every event: MAXERRORS of them are borne (%s)', async (mode) => {
    const script = `global zero, n probe nd_syscall.kill { if (pid() == target()) n += 1 / zero }
      probe begin { zero = 0 } probe end { println("end ", n) }`;
    const word = /^ERROR: division by 0 near operator '\/' at <input>:1:\d+ in probe .*$/gm;
    const borne = await at(mode, script, ['-D', 'MAXERRORS=20']);
    expect(borne.stdout).toBe('end 0\n');
    expect(borne.stderr.match(word)).toHaveLength(20);
    expect(borne.stderr).toContain('WARNING: Number of errors: 20, skipped probes: 0\n');
    expect(borne.status).toBe(1);
    const tooMany = await at(mode, script, ['-D', 'MAXERRORS=19']);
    expect(tooMany.stdout).toBe('');
    expect(tooMany.stderr.match(word)).toHaveLength(20);
    expect(tooMany.status).toBe(1);
  });

  test.each(
    MODES.flatMap(
      (mode) =>
        [
          [mode, 'println(f(1000))', /^ERROR: MAXNESTING exceeded near identifier 'f' /m],
          [mode, 'while (1) n++', /^ERROR: MAXACTION exceeded near /],
          [
            mode,
            'n += @cast(0, "task_struct", "kernel<linux/sched.h>")->pid',
            /^ERROR: read fault \[man error::fault\] at 0x[0-9a-f]+ near /,
          ],
          [
            mode,
            'n += @cast(8, "task_struct", "kernel<linux/sched.h>")->mm->pgd->pgd',
            /^ERROR: read fault \[man error::fault\] at 0x[0-9a-f]+ near /,
          ],
          [
            mode,
            'n += strlen(user_string(1))',
            /^ERROR: user string copy fault -14 at 0x1 \[man error::fault\] near /,
          ],
          [
            mode,
            'n += strlen(kernel_string(1))',
            /^ERROR: kernel string copy fault at 0x1 \[man error::fault\] near /,
          ],
          [mode, 'error(sprintf("own %d", n))', /^ERROR: own 0 near identifier 'error' /m],
        ] as const,
    ),
  )('%s: %s ends the run with one error', async (mode, statement, expected) => {
    const script = `global n function f(x) { return x <= 0 ? 0 : 1 + f(x - 1) }
      probe nd_syscall.kill { if (pid() == target()) { ${statement} println("not here") } }
      probe never { println(f(n)) } probe end { println("end ", n) }`;
    const result = await at(mode, script);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(expected);
    expect(result.stderr).toContain('WARNING: Number of errors: 1, skipped probes: 0\n');
    expect(result.status).toBe(1);
  });

  test.each(MODES)('errors that the handler catches are none (%s)', async (mode) => {
    const script = `global n, caught
      probe nd_syscall.kill { if (pid() == target()) try { n += strlen(user_string(1)) } catch { caught++ } }
      probe end { println(n, " ", caught) }`;
    expect(await at(mode, script)).toMatchObject({ stdout: '0 20\n', stderr: '', status: 0 });
  });

  test.each(MODES)('texts of any bytes and length, and of bad addresses (%s)', async (mode) => {
    const script = `probe process("${program}").function("text") {
      printf("%d:%s|", strlen(user_string2(pointer_arg(1), "bad")), user_string2(pointer_arg(1), "bad"))
    }`;
    const result = await at(mode, script, ['-D', 'MAXSTRINGLEN=512'], `${program} 0 text`);
    const bytes = Array.from({ length: 511 }, (_, i) => String.fromCharCode(1 + ((1 + i) % 255))).join('');
    expect(result.stdout).toBe(`511:${bytes}|0:|3:bad|3:bad|3:end|`);
    expect(result.status).toBe(0);
  });

  test.each(MODES)('exit() is the last that happens (%s)', async (mode) => {
    const script = `global n probe nd_syscall.kill { if (pid() == target()) { n++; if (n == 7) exit() next; n = 100 } }
      probe end { println(n) }`;
    expect(await at(mode, script)).toMatchObject({ stdout: '7\n', stderr: '', status: 0 });
    const first = `global n probe nd_syscall.kill { if (pid() == target()) { n++; exit() } } probe end { println(n) }`;
    expect(await at(mode, first)).toMatchObject({ stdout: '1\n', stderr: '', status: 0 });
  });

  test.each(MODES)('what stap itself does is seen, and does not go on forever (%s)', async (mode) => {
    const script = `global n probe kernel.trace("sys_enter") { if (pid() == stp_pid()) { println("x"); n++ } }
      probe timer.s(1) { exit() } probe end { printf("n=%d\\n", n) }`;
    const result = await stap(['-D', `STP_BPF=${mode}`, '-e', script]);
    const seen = Number(/^n=(\d+)$/m.exec(result.stdout)?.[1]);
    expect(seen).toBeGreaterThan(10);
    // Batches: a drain every few milliseconds, and some system calls each.
    expect(seen).toBeLessThan(50_000);
    expect(result).toMatchObject({ stderr: '', status: 0 });
  });
});
