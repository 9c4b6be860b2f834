import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { killGroup, plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { makeRoot, processesNaming, RunningStap, until, type StapRun } from './running-stap.ts';

// Files as FIFOs (--procfs=fifo), and what happens where there is no FUSE.

const SCRIPT = String.raw`
global reads
probe begin { println("begin") }
probe end { println("end") }
probe procfs("in").write { printf("%s", $value) }
probe procfs("big").read.maxsize(300001) { for (i = 0; i < 3000; i++) $value .= sprintf("%99d\n", i) }
probe procfs("out").read { $value = sprintf("read %d\n", ++reads) }`;
/** Read last by the script above, so everything is there when it is. */
const LAST = 'out';

const started: RunningStap[] = [];
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

interface FifoRun {
  readonly stap: RunningStap;
  /** Path of the module's directory. */
  readonly directory: string;
  /** A bash command with D set to it; it fails the test when it takes longer than 20 s. */
  readonly bash: (command: string) => Promise<string>;
}

async function bash(command: string, directory = ''): Promise<string> {
  const result = await runCommand('/bin/bash', ['-c', command], {
    env: plainEnvironment({ D: directory }),
    cwd: '/',
    timeoutMs: 20_000,
  });
  if (result.timedOut) throw new Error(`timed out: ${command}\n${result.stdout}${result.stderr}`);
  return result.stdout + result.stderr;
}

async function start(run: StapRun = {}, last = LAST): Promise<FifoRun> {
  const stap = new RunningStap({
    script: SCRIPT,
    ...run,
    options: ['--procfs=fifo', '-m', 'fifos', ...(run.options ?? [])],
  });
  started.push(stap);
  const directory = `${stap.root}/fifos`;
  await until('FIFOs', () => existsSync(`${directory}/${last}`) || stap.isOver);
  if (stap.isOver) throw new Error(`stap ended early: ${stap.stderr()}`);
  return { stap, directory, bash: (command) => bash(command, directory) };
}

describe('--procfs=fifo', () => {
  test('one file to read, one to write, modes and types as the script says', async () => {
    const { stap, directory, bash } = await start();
    expect(await bash('stat -c "%n %F %a %u" $D/*')).toBe(
      ['big fifo 400', 'in fifo 200', 'out fifo 400'].map((line) => `${directory}/${line} 0\n`).join(''),
    );
    expect(await bash('cat $D/out')).toBe('read 1\n');
    expect(await bash(String.raw`echo -e "Hello, I'm digoal\nWho are you?\n" > $D/in`)).toBe('');
    await stap.printed('Who are you?\n\n');
    expect(await stap.stop()).toMatchObject({
      status: 0,
      stdout: "begin\nHello, I'm digoal\nWho are you?\n\nend\n",
      stderr: '',
    });
    await stap.assertNothingLeft();
  });
  test('twenty readers in a row get twenty texts', async () => {
    const { stap, bash } = await start();
    const texts = await bash('for i in {1..20}; do cat $D/out; done');
    expect(texts).toBe(Array.from({ length: 20 }, (_, index) => `read ${index + 1}\n`).join(''));
    await stap.stop();
    await stap.assertNothingLeft();
  });
  test('readers of different files at the same time', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const script = names.map((name) => `probe procfs("${name}").read { $value = "${name}\\n" }`).join('\n');
    const { stap, bash } = await start({ script }, 'e');
    const counts = await bash(
      'for n in a b c d e; do (for i in {1..100}; do cat $D/$n; done | sort | uniq -c | tr -d " ") & done; wait',
    );
    expect(counts.split('\n').sort().join(' ').trim()).toBe('100a 100b 100c 100d 100e');
    await stap.stop();
    await stap.assertNothingLeft();
  });
  test('a reader that does not read stops nobody, and gets its text later', async () => {
    const { stap, bash } = await start();
    const output = await bash(
      'exec 7<$D/big; sleep 0.2; cat $D/out; cat $D/big | md5sum; echo x > $D/in; md5sum <&7',
    );
    const [first, other, own] = output.split('\n');
    expect(first).toBe('read 1');
    expect(other).toBe(own);
    await stap.printed('x\n');
    await stap.stop();
    await stap.assertNothingLeft();
  });
  test('readers killed in the middle disturb nobody', async () => {
    const { stap, bash } = await start();
    await bash(
      'for i in {1..20}; do dd if=$D/big bs=9 of=/dev/null status=none & p=$!; sleep 0.00$((i % 7)); kill -9 $p; wait $p 2>/dev/null; done',
    );
    expect(await bash('cat $D/big | wc -c')).toBe('300000\n');
    expect((await stap.stop()).stderr).toBe('');
    await stap.assertNothingLeft();
  });
  test('100,000 writes of one writer: nothing is lost', async () => {
    const { stap, bash } = await start();
    await bash('seq -w 1 100000 | dd bs=7 of=$D/in status=none');
    await stap.printed('100000\n');
    const numbers = stap.stdout().split('\n').slice(1, -1);
    expect(numbers.length).toBe(100_000);
    expect(numbers.every((text, index) => Number(text) === index + 1)).toBe(true);
    await stap.stop();
    await stap.assertNothingLeft();
  });
  test('many writers, one after the other', async () => {
    const { stap, bash } = await start();
    await bash('for i in {1..500}; do echo line $i > $D/in; done');
    await stap.printed('line 500\n');
    expect(stap.stdout()).toBe(
      `begin\n${Array.from({ length: 500 }, (_, index) => `line ${index + 1}\n`).join('')}`,
    );
    await stap.stop();
    await stap.assertNothingLeft();
  });
  test('directories in paths', async () => {
    const { stap, bash } = await start(
      { script: 'probe procfs("a/b/c").read { $value = "deep\\n" }' },
      'a/b/c',
    );
    expect(await bash('cat $D/a/b/c')).toBe('deep\n');
    await stap.stop();
    await stap.assertNothingLeft();
  });
  test('exit() by a reader, who gets its text', async () => {
    const { stap, bash } = await start(
      { script: 'probe procfs("f").read { $value = "last\\n" exit() }' },
      'f',
    );
    expect(await bash('cat $D/f')).toBe('last\n');
    expect(await stap.end()).toMatchObject({ status: 0, stderr: '' });
    await stap.assertNothingLeft();
  });
  test('nothing exists when a begin probe ends the session', async () => {
    const root = makeRoot();
    const script = `probe begin { exit() } probe procfs.read { $value = "x" } probe end { system("test -e ${root}/fifos && echo exists") }`;
    const words = ['--procfs=fifo', '-m', 'fifos', '--procfs-root', root, '-e', script];
    const result = await runCommand(stapPath, words, { cwd: dirname(root) });
    expect(result).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(root)).toBe(false);
  });
  test('a path with read and write probes is refused before anything happens', async () => {
    const root = makeRoot();
    const script =
      'probe begin { println("begin") } probe procfs("x").read { $value = "x" } probe procfs("x").write { println($value) }';
    const result = await runCommand(stapPath, ['--procfs=fifo', '--procfs-root', root, '-e', script]);
    expect(result.stderr).toMatch(
      /^ERROR: both read and write procfs probes cannot exist for the same procfs path "x" when files are FIFOs/,
    );
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(existsSync(root)).toBe(false);
  });
  test('removed by hand: it says so and ends', async () => {
    const { stap, bash } = await start();
    await bash('rm -r $D');
    const end = await stap.end();
    expect(end.stderr).toMatch(/^ERROR: the module directory was removed from outside, ending\n/);
    expect(end).toMatchObject({ status: 1, stdout: 'begin\nend\n' });
    await stap.assertNothingLeft();
  });
  test('-v tells what is created and removed', async () => {
    const { stap, directory } = await start({ options: ['-v'] });
    const { stderr } = await stap.stop();
    expect(stderr).toContain(`created r fifo ${directory}/out\n`);
    expect(stderr).toContain(`created w fifo ${directory}/in\n`);
    expect(stderr).toContain(`removed fifo directory ${directory}\n`);
  });
});

test('handed to another process by Ctrl-\\ they go on, for those in the middle of one, too', async () => {
  const { stap, bash } = await start();
  const slow = bash('exec 7<$D/big; head -c 10 <&7; sleep 2; cat <&7 | wc -c');
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(stap.pid, 'SIGQUIT');
  const reads = await bash('for i in {1..50}; do cat $D/out; done');
  expect(reads).toBe(Array.from({ length: 50 }, (_, index) => `read ${index + 1}\n`).join(''));
  expect((await stap.end()).status).toBe(0);
  expect((await slow).trim()).toBe('299990');
  expect(await bash('cat $D/out')).toBe('read 51\n');
  await bash(`STAP_PROCFS_ROOT=${stap.root} stap-rmmod fifos`);
  await stap.assertNothingLeft();
});

describe('the end', () => {
  /** Programs at every stage: reading a large text, waiting to write, about to open again and again. */
  const CLIENTS = `
    (exec 7<$D/big; sleep 0.6; cat <&7 > /dev/null; echo big) &
    (exec 7>$D/in; sleep 0.6; echo x >&7; echo in) 2>/dev/null &
    for i in 1 2 3 4; do (while cat $D/out > /dev/null 2>&1; do :; done; echo loop) & done
    for i in 1 2; do (trap "" PIPE; while echo x > $D/in; do :; done; echo loop) 2>/dev/null & done
    wait`;

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'by %s leaves no FIFO, no directory and nobody waiting',
    async (signal) => {
      for (let round = 0; round < 3; round++) {
        const { stap, bash } = await start();
        const clients = bash(CLIENTS);
        await new Promise((resolve) => setTimeout(resolve, 200 + 30 * round));
        killGroup(stap.pid, signal);
        await stap.end();
        // bash() fails the test when one of them hangs.
        expect((await clients).split('\n').filter((line) => line === 'loop').length).toBe(6);
        await stap.assertNothingLeft();
      }
    },
    60_000,
  );
  test('programs inside are named', async () => {
    const { stap, bash } = await start();
    const [inside, ended] = [join(dirname(stap.root), 'inside'), join(dirname(stap.root), 'ended')];
    const shell = bash(`cd $D && : > ${inside} && until [ -e ${ended} ]; do sleep 0.02; done`);
    await until('somebody inside', () => existsSync(inside));
    const end = await stap.stop();
    writeFileSync(ended, '');
    expect(end).toMatchObject({ status: 0, stdout: 'begin\nend\n' });
    expect(end.stderr).toMatch(/^WARNING: module directory was in use by: \d+ \((bash|sleep)\)/);
    await shell;
    await stap.assertNothingLeft();
  });
  test('killed together with its supervisor: the next start cleans up and lets go who waits', async () => {
    const { stap, directory } = await start();
    const victims = [...new Set([stap.pid, ...processesNaming(stap.root)])];
    // All stand still first, so that the supervisor has no time for its work.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
      for (const pid of victims) process.kill(pid, signal);
    await stap.end();
    expect(existsSync(`${directory}/out`)).toBe(true);
    const reader = bash(`cat ${directory}/out; echo "status $?"`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const next = await start({ root: stap.root });
    expect(await reader).toMatch(/^(read 1\n)?status 0\n$/);
    await until('FIFOs of the next one', () => existsSync(`${directory}/out`));
    expect(await next.bash('cat $D/out')).toMatch(/^read [12]\n$/);
    await next.stap.stop();
    await next.stap.assertNothingLeft();
  });
  test('the same name twice is refused, the first goes on', async () => {
    const { stap, bash } = await start();
    const words = ['--procfs=fifo', '--procfs-root', stap.root, '-m', 'fifos', '-e', SCRIPT];
    expect(await runCommand(stapPath, words, { cwd: dirname(stap.root) })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('File exists') as string,
    });
    expect(await bash('cat $D/out')).toBe('read 1\n');
    await stap.stop();
    await stap.assertNothingLeft();
  });
});

describe.runIf(process.getuid?.() === 0)('without FUSE', () => {
  /** Runs stap where /dev has no fuse. */
  const withoutDevice = (words: readonly string[]): Promise<Finished> =>
    runCommand(
      'unshare',
      [
        '-m',
        '/bin/bash',
        '-c',
        `mount --rbind "$DEVICES" /dev && mknod -m 666 /dev/null c 1 3 && exec "$0" "$@"`,
        stapPath,
        ...words,
      ],
      { env: plainEnvironment({ DEVICES: makeDevices() }), cwd: dirname(makeRoot()) },
    );
  const makeDevices = (): string => {
    const folder = `${dirname(makeRoot())}/dev`;
    mkdirSync(folder);
    return folder;
  };

  test('files are FIFOs, and a warning says how to get FUSE', async () => {
    const root = makeRoot();
    const result = await withoutDevice([
      ...['--procfs-root', root, '-m', 'auto', '-c', `cat ${root}/auto/command`],
      ...['-e', 'probe procfs.read { $value = "from a FIFO\\n" }'],
    ]);
    expect(result).toMatchObject({ status: 0, stdout: 'from a FIFO\n' });
    expect(result.stderr).toMatch(/^WARNING: Cannot open \/dev\/fuse .* the files are FIFOs, in .*\/auto\./);
    expect(result.stderr).toContain('--device /dev/fuse --cap-add SYS_ADMIN');
    expect(result.stderr).toContain('fuse3');
    expect(existsSync(root)).toBe(false);
  });
  test('a path to read and write cannot be served', async () => {
    const root = makeRoot();
    const script = 'probe procfs("x").read { $value = "x" } probe procfs("x").write { println($value) }';
    const result = await withoutDevice(['--procfs-root', root, '-e', script]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^ERROR: Cannot open \/dev\/fuse .*both read and written, as the procfs path "x" is/,
    );
    expect(result.stderr).toContain('--device /dev/fuse');
    expect(existsSync(root)).toBe(false);
  });
  test('--procfs=fuse insists', async () => {
    const root = makeRoot();
    const script = 'probe procfs.read { $value = "x" }';
    const result = await withoutDevice(['--procfs=fuse', '--procfs-root', root, '-e', script]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/^ERROR: Cannot open \/dev\/fuse /);
  });
  test('by default they are below /var/tmp/systemtap-USER, which only its user can write', async () => {
    const result = await withoutDevice([
      ...['-m', 'at_home', '-c', 'stat -c "%a %U" /var/tmp/systemtap-root /var/tmp/systemtap-root/at_home'],
      ...['-e', 'probe procfs.read { $value = "x" }'],
    ]);
    expect(result).toMatchObject({ status: 0, stdout: '755 root\n755 root\n' });
    const left = existsSync('/var/tmp/systemtap-root') ? readdirSync('/var/tmp/systemtap-root') : [];
    expect(left).not.toContain('at_home');
    if (left.length > 0) expect(statSync('/var/tmp/systemtap-root').mode & 0o022).toBe(0);
  });
});
