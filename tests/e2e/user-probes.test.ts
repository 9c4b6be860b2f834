import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { compiledProgram } from '../../src/elf/testing/compiled-program.ts';
import { runCommand, stapPath, type Finished } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot } from './running-stap.ts';

// Functions, marks, processes and system calls of programs that the test compiles, so that all of it is known.

const SOURCE = `
#include <string.h>
#include <unistd.h>
#define KEPT __attribute__((noinline, noipa))
KEPT long fact(int n) { return n <= 1 ? 1 : n * fact(n - 1); }
KEPT unsigned many(int a, const char *name, long c, long d, long e, long f, long g, unsigned h) {
  return a + strlen(name) + c + d + e + f + g + h;
}
int main(int count, char **words) {
  char text[8] = "apple";
  if (count > 5) while (read(0, text, 1) == 1) { fact(4); getppid(); }
  (void)words;
  for (int i = 0; i < count; i++) { fact(4); many(-i, text, 3, 4, 5, 6, 700, 4000000000u); }
  getppid();
  return 0;
}`;

let folder: string;
let program: string;
let shop: string;
const roots: string[] = [];

beforeAll(() => {
  folder = makeScratchFolder('programs');
  const source = join(folder, 'work.c');
  program = join(folder, 'work');
  writeFileSync(source, SOURCE);
  execFileSync('gcc', ['-O1', '-fno-optimize-sibling-calls', '-o', program, source]);
  shop = compiledProgram(folder);
});
afterAll(async () => {
  for (const root of roots) await removeScratchFolder(dirname(root));
  await removeScratchFolder(folder);
});

function stap(...words: readonly string[]): Promise<Finished> {
  const root = makeRoot();
  roots.push(root);
  return runCommand(stapPath, ['--procfs-root', root, ...words]);
}

const GETPPID = process.arch === 'arm64' ? 173 : 110;

describe.runIf(hasEbpf())('probes of programs in the kernel', () => {
  test.each(['never', 'auto'])('functions with arguments and results, kernel handlers: %s', async (mode) => {
    const script = `
      probe process("${program}").function("many") {
        printf("%d %s %d %d\\n", int_arg(1), user_string(pointer_arg(2)), long_arg(7), uint_arg(8))
      }
      probe process("${program}").function("many").return { printf("%s=%d\\n", ppfunc(), $return & 0xffff) }`;
    const result = await stap('-D', `STP_BPF=${mode}`, '-c', `${program} again`, '-e', script);
    const sum = (a: number): number => (a + 5 + 3 + 4 + 5 + 6 + 700 + 4_000_000_000) & 0xffff;
    expect(result).toMatchObject({
      stdout: `0 apple 700 4000000000\nmany=${sum(0)}\n-1 apple 700 4000000000\nmany=${sum(-1)}\n`,
      stderr: '',
      status: 0,
    });
  });

  test.each(['never', 'auto'])('@entry is the value of the same call, kernel handlers: %s', async (mode) => {
    const script = `global sum
      probe process("${program}").function("fact").return {
        printf("%d! = %d\\n", @entry(int_arg(1)), $return)
        sum += @entry(int_arg(1))
      }
      probe end { println(sum) }`;
    const result = await stap('-D', `STP_BPF=${mode}`, '-c', program, '-e', script);
    expect(result).toMatchObject({ stdout: '1! = 1\n2! = 2\n3! = 6\n4! = 24\n10\n', stderr: '', status: 0 });
  });

  test('a pattern probes every function, each under its name', async () => {
    const script = `global n
      probe process("${program}").function("[fm]a*") { if (ppfunc() != "main") n[ppfunc()]++ }
      probe end { foreach (name+ in n) println(name, " ", n[name]) }`;
    const result = await stap('-c', `${program} 2 3`, '-e', script);
    expect(result).toMatchObject({ stdout: 'fact 12\nmany 3\n', stderr: '', status: 0 });
  });

  test('marks with arguments, with and without a semaphore', async () => {
    const script = `
      probe process("${shop}").provider("sh*").mark("*") { println($$provider, ":", $$name, " ", $$vars) }
      probe process("${shop}").mark("sold") { println($arg1 + $arg2, " ", pp()) }`;
    const result = await stap('-c', `${shop} 2 3`, '-e', script);
    expect(result.stdout.split('\n').sort().join('\n')).toBe(
      `\n8 process("${shop}").mark("sold")\nshop:given \nshop:sold $arg1=0x3 $arg2=0x5`,
    );
  });

  test('nothing is probed in the process of the engine, which would go on forever', async () => {
    const script = `global own, others
      probe process("${program}").library("libc.so.6").function("free"),
            process("${program}").library("libc.so.6").function("malloc") {
        if (pid() == stp_pid()) own++
        else others[execname()]++
      }
      probe end { println(own) }`;
    const result = await stap('-D', 'STP_BPF=never', '-c', 'sh -c "ls / >&2; sleep 0.5"', '-e', script);
    expect(result.stdout.split('\n')[0]).toBe('0');
    expect(result.stdout).toContain('others["ls"]=');
  });

  test('begin, end and system calls of the command', async () => {
    const script = `global calls
      probe process("${program}").begin { println("begin ", execname()) }
      probe process("${program}").end { println("end ", execname()) }
      probe process("${program}").syscall { if ($syscall == ${GETPPID}) calls++ }
      probe process("${program}").syscall.return { if ($syscall == ${GETPPID} && $return == ppid()) println("ppid") }
      probe process.begin { if (pid() == target()) println("target") }
      probe end { println(calls) }`;
    const result = await stap('-c', program, '-e', script);
    expect(result.stdout.split('\n').sort()).toEqual(
      ['', '1', 'begin work', 'end work', 'ppid', 'target'].sort(),
    );
  });

  test('process(PID) is about that process only', async () => {
    const workers = [0, 1].map(() =>
      spawn(program, ['1', '2', '3', '4', '5'], { stdio: ['pipe', 'ignore', 'ignore'] }),
    );
    try {
      const pid = workers[0]?.pid ?? 0;
      const script = `global calls, results
        probe process(${pid}).function("fact").call { calls[pid()]++ }
        probe process(${pid}).begin, process("${program}").begin { println(pid() == ${pid} ? "this" : "another") }
        probe process(${pid}).syscall.return { if ($syscall == ${GETPPID}) results[pid()]++ }
        probe timer.ms(20) { foreach (p in results) if (calls[p] >= 8 && results[p] >= 2) exit() }
        probe end { foreach (p in calls) println("calls ", p) foreach (p in results) println("results ", p) }`;
      const timer = setInterval(() => {
        for (const { stdin } of workers) stdin.write('x');
      }, 50);
      const result = await stap('-e', script);
      clearInterval(timer);
      const begun = result.stdout.split('\n').filter((line) => line === 'this' || line === 'another');
      expect(begun.sort()).toEqual(['another', 'this', 'this']);
      expect(result.stdout.endsWith(`calls ${pid}\nresults ${pid}\n`)).toBe(true);
      expect(result).toMatchObject({ stderr: '', status: 0 });
    } finally {
      for (const worker of workers) worker.kill('SIGKILL');
    }
  });
});

describe('listings of programs', () => {
  test('points with their variables', async () => {
    expect((await stap('-L', `process("${shop}").mark("*")`)).stdout).toBe(
      `process("${shop}").mark("given")\nprocess("${shop}").mark("sold") $arg1:long $arg2:long\n`,
    );
    expect((await stap('-L', `process("${program}").function("f?ct").return`)).stdout).toBe(
      `process("${program}").function("fact").return $return:long\n`,
    );
    expect((await stap('-L', `process("${program}").syscall`)).stdout).toContain(
      '.syscall $syscall:long $arg1:long',
    );
  });

  test('names that are not there', async () => {
    const { stderr, status } = await stap('-p2', '-e', `probe process("${shop}").mark("soldd") { }`);
    expect(stderr).toContain('semantic error: no match (similar marks: sold, given)');
    expect(status).toBe(1);
  });
});
