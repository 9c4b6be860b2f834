import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killGroup, plainEnvironment, runCommand, stapPath } from '../harness/command.ts';
import { mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, startStap, until, type StapRun } from './running-stap.ts';

// What goes wrong on real machines: signals at the wrong moment, nobody reading, nothing left to open.

const SCRIPT = String.raw`
probe procfs("f").read { $value = "abc\n" }
probe procfs("w").write { print($value) }
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

/** A bash script with STAP and ROOT set; it must see to it that its children end. */
const bash = (script: string, root: string): ReturnType<typeof runCommand> =>
  runCommand('/bin/bash', ['-c', script], {
    env: plainEnvironment({ STAP: stapPath, ROOT: root }),
    cwd: dirname(root),
  });

test('INT, TERM and HUP at any moment of the start leave nothing', async () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (let round = 0; round < 18; round++) {
    const stap = new RunningStap({ script: SCRIPT, root: makeRoot() });
    started.push(stap);
    await new Promise((resolve) => setTimeout(resolve, round * 8 + Math.random() * 8));
    killGroup(stap.pid, signals[round % 3] ?? 'SIGINT');
    const end = await stap.end();
    // Ended by the signal before Node runs our code, with status 1 while compiling, in good order afterwards.
    expect(end.signal === signals[round % 3] || end.status === 1 || end.status === 0).toBe(true);
    expect(end.stderr).toBe('');
    await stap.assertNothingLeft();
  }
}, 60_000);

test('stopped and continued: readers wait and then get their text; killed ones go at once', async () => {
  const stap = await start();
  process.kill(stap.pid, 'SIGSTOP');
  const readers = (timeoutMs: number): ReturnType<typeof runCommand>[] =>
    Array.from({ length: 10 }, () => runCommand('cat', [`${stap.directory}/f`], { timeoutMs, cwd: '/' }));
  const waiting = readers(8000);
  const killed = await Promise.all(readers(300));
  expect(killed.every(({ timedOut, signal }) => timedOut && signal === 'SIGKILL')).toBe(true);
  process.kill(stap.pid, 'SIGCONT');
  for (const { stdout } of await Promise.all(waiting)) expect(stdout).toBe('abc\n');
  expect(await stap.stop()).toMatchObject({ status: 0, stdout: 'end\n', stderr: '' });
  await stap.assertNothingLeft();
});

test('readers killed in the middle disturb nobody', async () => {
  const stap = await start({
    script: String.raw`probe procfs("big").read.maxsize(500000) { for (i = 0; i < 900; i++) $value .= sprintf("%500d\n", i) }`,
  });
  const kill = `for i in {1..15}; do dd if=big bs=7 of=/dev/null status=none & p=$!; sleep 0.00$((i % 10)); kill -9 $p; wait $p 2>/dev/null; done; true`;
  await stap.sh(kill);
  expect(await stap.out('timeout 5 wc -c < big')).toBe('450900\n');
  expect(await stap.stop()).toMatchObject({ status: 0, stderr: '' });
  await stap.assertNothingLeft();
});

test('one ^C ends it while nobody reads its output and a writer waits', async () => {
  const root = makeRoot();
  const result = await bash(
    `cd "$(mktemp -d)" && mkfifo out && exec 9<>out
     setsid $STAP --procfs-root $ROOT -m full -e 'probe procfs("w").write { print($value) }' > out 9>&- &
     stap=$!
     until [ -w $ROOT/full/w ]; do sleep 0.02; done 2>/dev/null
     dd if=/dev/zero of=$ROOT/full/w bs=4000 count=100000 status=none 2>/dev/null 9>&- & dd=$!
     sleep 1
     kill -0 $dd && echo 'the writer waits'
     kill -INT $stap; wait $stap; echo "status $?"; wait $dd; echo "dd $?"`,
    root,
  );
  expect(result.stdout).toBe('the writer waits\nstatus 0\ndd 1\n');
  expect(mountsBelow(root)).toEqual([]);
  await removeScratchFolder(dirname(root));
});

test.each(['>&-', '2>&-', '<&- >&- 2>&-', '> /dev/full 2>&1'])(
  'standard streams that cannot be used: %s',
  async (streams) => {
    const root = makeRoot();
    const result = await bash(
      `timeout 10 $STAP --procfs-root $ROOT -c 'cat /dev/null' -e 'probe procfs.read { $value = "a" } probe begin { println("x") warn("y") }' ${streams}; echo "status $?"`,
      root,
    );
    expect(result.stdout).toMatch(/status [01]\n$/);
    expect(mountsBelow(root)).toEqual([]);
    await removeScratchFolder(dirname(root));
  },
);

test('hardly any descriptors: it works or says why, without a stack trace of ours', async () => {
  const root = makeRoot();
  for (const limit of [21, 22, 23, 24, 26, 30]) {
    const result = await bash(
      `ulimit -n ${limit}; timeout 10 $STAP --procfs-root $ROOT -c "cat $ROOT/few/command" -m few -e 'probe procfs.read { $value = "ok\\n" }'`,
      root,
    );
    if (result.status === 0) expect(result.stdout).toBe('ok\n');
    else expect(result.stderr).toMatch(/descriptors|EMFILE|too many open files/);
    expect(result.stderr).not.toContain('TypeError');
    await until('unmount', () => mountsBelow(root).length === 0, 2000);
  }
  await removeScratchFolder(dirname(root));
});

test('hardly any descriptors: files that could not be removed in the end are not made', async () => {
  const root = makeRoot();
  for (let limit = 22; limit <= 28; limit++) {
    const result = await bash(
      `ulimit -n ${limit}; timeout 10 $STAP --procfs-root $ROOT -e 'probe procfs.read { $value = "" } probe timer.ms(200) { exit() }'`,
      root,
    );
    if (result.status !== 0) expect(result.stderr).toMatch(/descriptors|EMFILE/);
    await until('all is removed', () => !existsSync(root) || readdirSync(root).length === 0, 2000);
  }
  await removeScratchFolder(dirname(root));
});

test('several sessions started at the same moment', async () => {
  const root = makeRoot();
  const sessions = Array.from(
    { length: 8 },
    (_, index) => new RunningStap({ script: SCRIPT, root, options: ['-m', `same_moment_${index}`] }),
  );
  started.push(...sessions);
  await until('eight directories', () => mountsBelow(root).length === 8);
  const texts = await runCommand('/bin/bash', ['-c', `cat ${root}/*/f | sort | uniq -c`]);
  expect(texts.stdout.trim()).toBe('8 abc');
  for (const end of await Promise.all(sessions.map((stap) => stap.stop())))
    expect(end).toMatchObject({ status: 0, stdout: 'end\n', stderr: '' });
  await sessions[0]?.assertNothingLeft();
});

test('the process is called stap, for ps, pgrep and killall, and for scripts', async () => {
  const stap = await start({ script: `probe begin { println(execname()) } ${SCRIPT}` });
  expect(readFileSync(`/proc/${stap.pid}/comm`, 'latin1')).toBe('stap\n');
  expect((await runCommand('pgrep', ['-x', 'stap'])).stdout.split('\n')).toContain(String(stap.pid));
  expect((await stap.stop()).stdout).toBe('stap\nend\n');
});

test('a root directory that cannot be created is named, while a command waits to be run', async () => {
  for (let round = 0; round < 5; round++) {
    const result = await runCommand(stapPath, ['--procfs-root', '/proc/nope', '-c', 'true', '-e', SCRIPT]);
    expect(result.stderr).toMatch(/^ERROR: Cannot create the directory \/proc\/nope: .*\nPass 5: run failed/);
    expect(result.status).toBe(1);
  }
});

test.runIf(process.getuid?.() === 0)('unmounted by hand: it says so and ends', async () => {
  const stap = await start();
  await runCommand('umount', ['-l', stap.directory]);
  const end = await stap.end();
  expect(end.stderr).toMatch(/^ERROR: the module directory was unmounted from outside, ending\n/);
  expect(end).toMatchObject({ status: 1, stdout: 'end\n' });
  await stap.assertNothingLeft();
});
