import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killGroup, plainEnvironment, runCommand, stapPath } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, startStap, until, type StapRun } from './running-stap.ts';

// What each signal does, from the first line of our code to the last.

const SCRIPT = String.raw`
global ticks
probe begin { println("begin") }
probe timer.ms(10) { ticks++ }
probe procfs("ticks").read { $value = sprintf("%d\n", ticks) }
probe end { println("end") }`;

const started: RunningStap[] = [];
const start = async (run: StapRun = {}): Promise<RunningStap> => {
  const stap = await startStap({ script: SCRIPT, ...run });
  started.push(stap);
  return stap;
};
// A build on the first start would print a line.
beforeAll(() => runCommand(stapPath, ['-V']));
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

test.each(['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGWINCH', 'SIGCHLD', 'SIGCONT', 'SIGURG', 'SIGXFSZ'] as const)(
  '%s changes nothing',
  async (signal) => {
    const stap = await start();
    process.kill(stap.pid, signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await stap.out('cat ticks')).toMatch(/^\d+\n$/);
    expect(await stap.stop()).toMatchObject({ status: 0, stdout: 'begin\nend\n', stderr: '' });
  },
);

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGXCPU'] as const)('%s ends it in good order', async (signal) => {
  const stap = await start();
  process.kill(stap.pid, signal);
  expect(await stap.end()).toMatchObject({ status: 0, stdout: 'begin\nend\n', stderr: '' });
  await stap.assertNothingLeft();
});

test('a signal while the script is being compiled ends stap with status 1, without a word', async () => {
  const functions = Array.from(
    { length: 3000 },
    (_, index) => `function f${index}(a) { return a * ${index} }`,
  );
  const calls = functions.map((_, index) => `println(f${index}(${index}))`);
  const script = `${functions.join('\n')}\nprobe procfs("f").read { ${calls.join('\n')} }`;
  const folder = makeScratchFolder('signals');
  writeFileSync(join(folder, 'long.stp'), script);
  const statuses = new Set<number | undefined>();
  // Longer where compiling begins later.
  for (let delayMs = 80; delayMs <= 200 || (!statuses.has(1) && delayMs < 4000); delayMs *= 1.1) {
    const stap = new RunningStap({ options: [join(folder, 'long.stp')], root: makeRoot() });
    started.push(stap);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    process.kill(stap.pid, 'SIGTERM');
    const end = await stap.end();
    expect(end.stderr).toBe('');
    statuses.add(end.status);
    await stap.assertNothingLeft();
  }
  expect(statuses.has(1)).toBe(true);
  await removeScratchFolder(folder);
});

test('waiting for a script from standard input, a signal ends it as any program', async () => {
  const stap = new RunningStap({ options: ['-'], root: makeRoot() });
  started.push(stap);
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.kill(stap.pid, 'SIGINT');
  expect((await stap.end(10_000)).signal).toBe('SIGINT');
});

test('blocked by a pipe that nobody reads before it runs, a signal ends it', async () => {
  const result = await runCommand(
    '/bin/bash',
    [
      '-c',
      `cd "$(mktemp -d)" && mkfifo out && exec 9<>out
       head -c 65536 /dev/zero >&9
       ${stapPath} --dump-functions > out 9>&- & stap=$!
       # One that comes while it is being started is not in time to interrupt the write.
       sleep 0.5; while kill -TERM $stap 2>/dev/null; do sleep 0.2; done; wait $stap; echo "status $?"`,
    ],
    { timeoutMs: 8000 },
  );
  expect(result).toMatchObject({ stdout: 'status 143\n', timedOut: false });
});

test('stopped and continued: files answer again, timers do not make up for what they missed', async () => {
  const stap = await start();
  // Not inside the directory: who enters it waits too.
  const ticks = async (): Promise<number> =>
    Number((await runCommand('cat', [`${stap.directory}/ticks`], { cwd: '/' })).stdout);
  process.kill(stap.pid, 'SIGSTOP');
  await until('stopped', () => readFileSync(`/proc/${stap.pid}/stat`, 'latin1').includes(') T '));
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  process.kill(stap.pid, 'SIGCONT');
  const first = await before;
  const sinceMs = performance.now();
  let gained = 0;
  while (gained <= 5) gained = (await ticks()) - first;
  // Made up for, it would be a hundred more: one for each 10 ms of the second.
  expect(gained).toBeLessThan((performance.now() - sinceMs) / 10 + 50);
  expect((await stap.stop()).status).toBe(0);
});

test('nobody reads standard error and a handler error fills it: signals still end it, within seconds', async () => {
  const root = makeRoot();
  const result = await runCommand(
    '/bin/bash',
    [
      '-c',
      `cd "$(mktemp -d)" && mkfifo err && exec 9<>err
       head -c 65536 /dev/zero >&9
       $STAP --procfs-root $ROOT -e 'probe timer.ms(50) { error("x") }' 2> err 9>&- & stap=$!
       sleep 1; kill -TERM $stap; sleep 0.2; kill -TERM $stap; sleep 0.2
       SECONDS=0; wait $stap; echo "status $? after less than 10 s: $((SECONDS < 10))"`,
    ],
    { timeoutMs: 15_000, env: plainEnvironment({ STAP: stapPath, ROOT: root }) },
  );
  expect(result).toMatchObject({ stdout: 'status 1 after less than 10 s: 1\n', timedOut: false });
  await removeScratchFolder(dirname(root));
});

test('three at once, with output that nobody reads: it leaves at the third', async () => {
  const root = makeRoot();
  const stap = new RunningStap({
    root,
    script: String.raw`probe timer.ms(1) { for (i = 0; i < 50; i++) printf("%01000d\n", i) } probe procfs("f").read { $value = "x" }`,
  });
  started.push(stap);
  stap.child.stdout?.pause();
  await stap.ready();
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let count = 0; count < 3; count++) {
    killGroup(stap.pid, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await until('exit', () => stap.child.exitCode !== null || stap.child.signalCode !== null);
  stap.child.stdout?.resume();
  await stap.assertNothingLeft();
});
