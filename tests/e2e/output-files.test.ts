import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath } from '../harness/command.ts';
import { makeRoot, startStap, until, type RunningStap } from './running-stap.ts';

// -o and -S: names, successors, and what happens when nothing can be written any more.

const WRITER = String.raw`
probe procfs("in").write { printf("%s", $value) }
probe end { println("end") }`;
const started: RunningStap[] = [];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-files-'));
});
afterAll(async () => {
  for (const stap of started) await stap.dispose();
  rmSync(folder, { recursive: true });
});

const start = async (options: readonly string[], script = WRITER): Promise<RunningStap> => {
  const stap = await startStap({ script, options });
  started.push(stap);
  return stap;
};
/** Runs a script that needs no file, in a shell that may set limits first; output is read through a pipe. */
const run = (script: string, options: string, before = 'true'): ReturnType<typeof runCommand> =>
  runCommand(
    '/bin/sh',
    [
      '-c',
      `{ ${before}; timeout 10 $STAP --procfs-root $ROOT ${options} -e "$SCRIPT"; echo "status $?"; } 2>&1 | cat`,
    ],
    { cwd: folder, env: plainEnvironment({ STAP: stapPath, ROOT: makeRoot(), SCRIPT: script }) },
  );
const content = (name: string): string => readFileSync(join(folder, name), 'latin1');

describe('names', () => {
  test('%% is a percent sign, an existing file is emptied, the mode is 0666 without the umask', async () => {
    writeFileSync(join(folder, 'a%b.log'), 'old content');
    const result = await run(
      'probe begin { println("new") exit() }',
      `-o 'a%%b.log'`,
      'rm -f a%b.log; umask 027',
    );
    expect(result.stdout).toBe('status 0\n');
    expect(content('a%b.log')).toBe('new\n');
    expect(statSync(join(folder, 'a%b.log')).mode & 0o777).toBe(0o640);
  });
  test.each([
    ['none/out', "Couldn't open output file none/out: No such file or directory"],
    ['.', "Couldn't open output file .: Is a directory"],
    ["''", 'Filename format is invalid or too long.'],
  ])('%s cannot be opened: no probe runs', async (name, reason) => {
    const result = await run('probe begin { warn("ran") exit() }', `-o ${name}`);
    expect(result.stdout).toBe(`ERROR: ${reason}\nPass 5: run failed.  [man error::pass5]\nstatus 1\n`);
  });
  test('-S needs -o', async () => {
    const result = await run('probe begin { exit() }', '-S 1');
    expect(result.stdout).toBe(
      "ERROR: You have to specify output FILE with '-S' option.\nPass 5: run failed.  [man error::pass5]\nstatus 1\n",
    );
  });
});

describe('successors', () => {
  test('SIGUSR2 goes on in FILE.1, FILE.2', async () => {
    const stap = await start(['-o', join(folder, 'usr2')]);
    await stap.out('echo one > in');
    process.kill(stap.pid, 'SIGUSR2');
    await until('FILE.1', () => readdirSync(folder).includes('usr2.1'));
    await stap.out('echo two > in');
    process.kill(stap.pid, 'SIGUSR2');
    await until('FILE.2', () => readdirSync(folder).includes('usr2.2'));
    expect((await stap.stop()).status).toBe(0);
    expect([content('usr2'), content('usr2.1'), content('usr2.2')]).toEqual(['one\n', 'two\n', 'end\n']);
  });
  test('-S 1,2 keeps the last two megabytes, and nothing in them is missing', async () => {
    const stap = await start(['-o', join(folder, 'rotated'), '-S', '1,2']);
    await stap.out('for i in {0..39}; do printf "%0100000d" $i > in; done', { timeoutMs: 20_000 });
    await stap.stop();
    const names = readdirSync(folder).filter((name) => name.startsWith('rotated.'));
    expect(names.sort()).toEqual(['rotated.2', 'rotated.3']);
    expect(names.every((name) => content(name).length <= 1 << 20)).toBe(true);
    const kept = names.map(content).join('');
    const all =
      Array.from({ length: 40 }, (_, index) => String(index).padStart(100_000, '0')).join('') + 'end\n';
    expect(all.endsWith(kept)).toBe(true);
  });
  test('when the next one cannot be opened it stays in this one and says so', async () => {
    mkdirSync(join(folder, 'stuck.1'));
    const stap = await start(['-o', join(folder, 'stuck')]);
    process.kill(stap.pid, 'SIGUSR2');
    await until('warning', () => stap.stderr().includes('\n'));
    await stap.out('echo still here > in');
    const end = await stap.stop();
    const name = join(folder, 'stuck');
    expect(end.stderr).toBe(
      `WARNING: Couldn't open output file ${name}.1: Is a directory; output goes on in ${name}\n`,
    );
    expect(content('stuck')).toBe('still here\nend\n');
  });
});

describe('output that cannot be written', () => {
  const TICKS =
    'probe timer.ms(5) { println("tick") } probe end { println("end") } probe timer.s(8) { exit() }';
  const told = (name: string, reason: string): RegExp =>
    new RegExp(
      `^ERROR: Couldn't write to ${name}: ${reason}, exiting\\.\nWARNING: \\d+ bytes of output could not be written to ${name}\\.\nPass 5: run failed\\.  \\[man error::pass5\\]\nstatus 1\n$`,
    );
  test('/dev/full as -o', async () => {
    expect((await run(TICKS, '-o /dev/full')).stdout).toMatch(
      told('output file /dev/full', 'No space left on device'),
    );
  });
  test('/dev/full as standard output', async () => {
    const full = await runCommand('/bin/sh', [
      '-c',
      `timeout 10 ${stapPath} --procfs-root ${makeRoot()} -e '${TICKS}' > /dev/full; echo "status $?"`,
    ]);
    expect(full.stderr).toMatch(
      /^ERROR: Couldn't write to standard output: No space left on device, exiting\.\n/,
    );
    expect(full.stdout).toBe('status 1\n');
  });
  test('a limit of the file size', async () => {
    const result = await run(TICKS, '-o limited', 'ulimit -f 1');
    expect(result.stdout).toMatch(told('output file limited', 'File too large'));
    expect(content('limited').length).toBeGreaterThanOrEqual(512);
  });
  test.runIf(process.getuid?.() === 0)(
    'a full disk: readers are answered to the end, what fits is there',
    async () => {
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      expect((await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk])).status).toBe(0);
      try {
        const stap = await start(['-o', join(disk, 'out')]);
        const written = await stap.sh('for i in {1..100}; do printf "%04000d" $i > in || exit 0; done', {
          timeoutMs: 10_000,
        });
        expect(written.timedOut).toBe(false);
        const end = await stap.end();
        expect(end.status).toBe(1);
        expect(end.stderr).toContain(
          `ERROR: Couldn't write to output file ${disk}/out: No space left on device`,
        );
        expect(end.stderr).toMatch(/WARNING: \d+ bytes of output could not be written to /);
        expect(statSync(join(disk, 'out')).size).toBeGreaterThanOrEqual(40_000);
        await stap.assertNothingLeft();
      } finally {
        await runCommand('umount', ['-l', disk]);
      }
    },
  );
  test('a FIFO that nobody reads does not stop the start; a reader that comes gets it', async () => {
    await runCommand('mkfifo', [join(folder, 'fifo')]);
    const stap = await start(['-o', join(folder, 'fifo')]);
    await stap.out('echo early > in');
    const reader = runCommand('head', ['-n', '1', join(folder, 'fifo')]);
    expect(await reader).toMatchObject({ stdout: 'early\n', timedOut: false });
    expect((await stap.stop()).status).toBe(0);
  });
});
