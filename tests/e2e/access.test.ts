import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { mountsBelow } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, until, type StapRun } from './running-stap.ts';

// Who may do what with a module's files, with real users: numbers are enough, nobody needs an account.

const OTHER = 64_001;
const VICTIM = 64_002;
const GROUP = 64_100;
const DEVICE = '/dev/fuse';

const SCRIPT = String.raw`
probe procfs("secret").read { $value = "secret\n" }
probe procfs("command").write { printf("got %s", $value) }
probe procfs("public").umask(0).read { $value = "public\n" }
probe procfs("inbox").umask(0).write { printf("inbox %s", $value) }`;

const started: RunningStap[] = [];
const onRoot = process.getuid?.() === 0;

async function start(method: string, run: StapRun = {}): Promise<RunningStap> {
  const options = [`--procfs=${method}`, '-m', 'guarded', ...(run.options ?? [])];
  const stap = new RunningStap({ script: SCRIPT, ...run, options });
  started.push(stap);
  await until('the files', () => isThere(stap, method) || stap.isOver);
  if (stap.isOver) throw new Error(`stap ended early: ${stap.stderr()}`);
  return stap;
}

const isThere = (stap: RunningStap, method: string): boolean =>
  method === 'fuse' ? mountsBelow(stap.root).length > 0 : existsSync(`${stap.root}/guarded/inbox`);

/** A bash command as another user; D is the module's directory, R the root. */
function as(
  uid: number,
  stap: RunningStap,
  command: string,
  groups: readonly number[] = [],
): Promise<Finished> {
  const groupOption = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`;
  return runCommand(
    'setpriv',
    [`--reuid=${uid}`, `--regid=${uid}`, groupOption, '/bin/bash', '-c', command],
    {
      env: plainEnvironment({ D: `${stap.root}/guarded`, R: stap.root, LC_ALL: 'C' }),
      cwd: '/',
      timeoutMs: 8000,
    },
  );
}

describe.runIf(onRoot)('access', () => {
  const deviceMode = existsSync(DEVICE) ? statSync(DEVICE).mode & 0o777 : 0;
  beforeAll(() => chmodSync(DEVICE, 0o666));
  afterEach(async () => {
    for (const stap of started.splice(0)) await stap.dispose();
  });
  afterAll(() => chmodSync(DEVICE, deviceMode));

  describe.each(['fuse', 'fifo'])('--procfs=%s', (method) => {
    test('another user reads and writes what the modes allow, and nothing else', async () => {
      const stap = await start(method);
      expect((await as(OTHER, stap, 'cat $D/secret')).stderr).toContain('Permission denied');
      expect((await as(OTHER, stap, 'echo x > $D/command')).stderr).toContain('Permission denied');
      expect((await as(OTHER, stap, 'echo x >> $D/secret')).stderr).toContain('Permission denied');
      expect((await as(OTHER, stap, 'cat $D/command')).stderr).toContain('Permission denied');
      expect(await as(OTHER, stap, 'cat $D/public')).toMatchObject({ stdout: 'public\n', stderr: '' });
      expect(await as(OTHER, stap, 'echo x > $D/inbox')).toMatchObject({ status: 0, stderr: '' });
      await stap.printed('inbox x\n');
      expect((await as(OTHER, stap, 'ls $D')).stdout).toBe('command\ninbox\npublic\nsecret\n');
      expect(stap.stdout()).toBe('inbox x\n');
      expect((await stap.stop()).stderr).toBe('');
      await stap.assertNothingLeft();
    });
    test('another user removes, renames and creates nothing', async () => {
      const stap = await start(method);
      const attempts = [
        ...['rm -f $D/public', 'rm -rf $D', 'rmdir $D', 'mv $D/public $D/x', 'mv $D $R/x', 'mkdir $R/x'],
        ...['touch $D/x', 'ln -s /etc/passwd $D/x', 'mkdir $R/.x', 'chmod 777 $D/secret', 'chmod 777 $D'],
        ...[`chown ${OTHER} $D/secret`, 'rm -rf $R', 'rm -r $R/.guarded', 'umount -l $D'],
      ];
      for (const attempt of attempts) expect((await as(OTHER, stap, attempt)).status, attempt).not.toBe(0);
      expect((await as(OTHER, stap, `kill -TERM ${stap.pid}`)).status).not.toBe(0);
      expect(await as(0, stap, 'cat $D/secret')).toMatchObject({ stdout: 'secret\n', stderr: '' });
      await stap.stop();
      await stap.assertNothingLeft();
    });
    test('--procfs-group: that group reads, and nobody else', async () => {
      const stap = await start(method, { options: ['--procfs-group', String(GROUP)] });
      expect((await as(OTHER, stap, 'cat $D/secret')).stderr).toContain('Permission denied');
      expect(await as(OTHER, stap, 'cat $D/secret', [GROUP])).toMatchObject({
        stdout: 'secret\n',
        stderr: '',
      });
      expect((await as(OTHER, stap, 'echo x > $D/command', [GROUP])).stderr).toContain('Permission denied');
      expect((await as(OTHER, stap, 'echo x > $D/secret', [GROUP])).stderr).toContain('Permission denied');
      expect((await as(OTHER, stap, 'cat $D/command', [GROUP])).stderr).toContain('Permission denied');
      expect((await as(OTHER, stap, 'stat -c "%a %g" $D/secret')).stdout).toBe(`440 ${GROUP}\n`);
      await stap.stop();
      await stap.assertNothingLeft();
    });
    test('a group that does not exist is an error', async () => {
      const root = makeRoot();
      const words = [
        `--procfs=${method}`,
        '--procfs-group',
        'no-such-group',
        '--procfs-root',
        root,
        '-e',
        SCRIPT,
      ];
      const result = await runCommand(stapPath, words);
      expect(result.stderr).toContain('There is no group "no-such-group"');
      expect(result.status).toBe(1);
      expect(existsSync(root)).toBe(false);
    });
    test("nobody reaches another user's module by its sockets and entries", async () => {
      const stap = await start(method);
      const home = `${stap.root}/.guarded`;
      // A module of a version without registry has none.
      if (!existsSync(home)) return;
      await until('control socket', () => existsSync(`${home}/control`));
      expect(lstatSync(`${home}/control`).mode & 0o777).toBe(0o600);
      expect(lstatSync(home).mode & 0o022).toBe(0);
      const connect = `node -e 'require("net").connect(process.argv[1]).on("connect", () => console.log("in")).on("error", (e) => console.log(e.code))' $R/.guarded/control`;
      expect((await as(OTHER, stap, connect)).stdout).toBe('EACCES\n');
      for (const command of ['stap-rmmod', 'stap-rmmod -f', 'staprun -d', 'staprun -A'])
        expect(
          (await as(OTHER, stap, `export STAP_PROCFS_ROOT=$R; ${command} guarded`)).status,
          command,
        ).not.toBe(0);
      for (const command of ['get', 'set x=1', 'off 0', 'reload /dev/null'])
        expect(
          (await as(OTHER, stap, `export STAP_PROCFS_ROOT=$R; stap-ctl guarded ${command}`)).status,
          command,
        ).not.toBe(0);
      expect(stap.isOver).toBe(false);
      expect(await as(0, stap, 'cat $D/secret')).toMatchObject({ stdout: 'secret\n', stderr: '' });
      await stap.stop();
      await stap.assertNothingLeft();
    });
  });

  describe('places that another user prepared', () => {
    const asVictim = (words: readonly string[]): Promise<Finished> =>
      runCommand(stapPath, [...words, '-c', 'true', '-e', 'probe procfs.read { $value = "x" }'], {
        uid: VICTIM,
        gid: VICTIM,
        cwd: '/',
        env: plainEnvironment(),
      });

    test.each([
      ['fuse', `/tmp/systemtap-${VICTIM}`],
      ['fifo', `/var/tmp/systemtap-${VICTIM}`],
    ])('--procfs=%s refuses %s of another user', async (method, place) => {
      const outside = dirname(makeRoot());
      chmodSync(outside, 0o777);
      try {
        mkdirSync(place, { mode: 0o777 });
        chmodSync(place, 0o777);
        chownSync(place, OTHER, OTHER);
        const result = await asVictim([`--procfs=${method}`]);
        expect(result).toMatchObject({ status: 1, stdout: '' });
        expect(result.stderr).toContain(`Other users can change ${place}`);
        expect(readdirSync(place)).toEqual([]);
        rmSync(place, { recursive: true });

        symlinkSync(outside, place);
        await runCommand('chown', ['-h', String(OTHER), place]);
        const second = await asVictim([`--procfs=${method}`]);
        expect(second).toMatchObject({ status: 1, stdout: '' });
        expect(second.stderr).toContain(`${place} is a symbolic link of another user`);
        expect(readdirSync(outside)).toEqual([]);
      } finally {
        rmSync(place, { recursive: true, force: true });
        rmSync(outside, { recursive: true });
      }
    });
    test.each(['fuse', 'fifo'])(
      'a directory for everybody without sticky bit is no place for --procfs=%s',
      async (method) => {
        const folder = dirname(makeRoot());
        chmodSync(folder, 0o777);
        const result = await asVictim([`--procfs=${method}`, '--procfs-root', `${folder}/root`]);
        expect(result).toMatchObject({ status: 1, stdout: '' });
        expect(result.stderr).toContain(`Other users can change ${folder}`);
        expect(readdirSync(folder)).toEqual([]);
        rmSync(folder, { recursive: true });
      },
    );
    test('a user who exchanges directories and links all the time never gets a file elsewhere', async () => {
      const folder = dirname(makeRoot());
      const [shared, outside] = [`${folder}/shared`, `${folder}/outside`];
      chmodSync(folder, 0o755);
      for (const directory of [shared, outside]) mkdirSync(directory);
      chmodSync(shared, 0o1777);
      // Root could write there, and so could whoever is led there.
      chmodSync(outside, 0o777);
      writeFileSync(`${folder}/go`, '');
      const attack = `cd ${shared}; while [ -e ${folder}/go ]; do
        mkdir root; mkdir root/m root/.m; rm -rf root; ln -s ${outside} root; rm -f root
        mkdir root; ln -s ${outside} root/m; ln -s ${outside} root/.m; rm -rf root
        ln -s /nonexistent root; mv -T root root2; rm -f root root2; done 2>/dev/null`;
      const attacker = runCommand('/bin/bash', ['-c', attack], {
        uid: OTHER,
        gid: OTHER,
        cwd: '/',
        timeoutMs: 110_000,
      });
      const verdicts = { served: 0, refused: 0 };
      const attempt = async (index: number): Promise<void> => {
        const method = index % 2 === 0 ? 'fuse' : 'fifo';
        const result = await runCommand(stapPath, [
          ...[
            `--procfs=${method}`,
            '--procfs-root',
            `${shared}/root`,
            '-m',
            index % 3 === 0 ? 'm' : `m${index}`,
          ],
          ...[
            '-c',
            'true',
            '-e',
            'probe procfs.read { $value = "x" } probe procfs("w").write { print($value) }',
          ],
        ]);
        expect(result.timedOut).toBe(false);
        expect(readdirSync(outside), result.stderr).toEqual([]);
        if (result.status === 0) verdicts.served++;
        else {
          verdicts.refused++;
          expect(result.stderr).toMatch(
            /^ERROR: (Other users can change|.* is a symbolic link of another user|.* is not a directory|Cannot|.*vanished|.*File exists)/,
          );
        }
      };
      try {
        for (let index = 0; index < 100; index++) {
          await attempt(index);
          // What stap found and did not create, it leaves; the attacker shall have the name again.
          await runCommand('rmdir', [`${shared}/root`]);
        }
        expect(verdicts.served + verdicts.refused).toBe(100);
        expect(Math.min(verdicts.served, verdicts.refused)).toBeGreaterThan(0);
      } finally {
        rmSync(`${folder}/go`);
        await attacker;
      }
      expect(mountsBelow(folder)).toEqual([]);
      expect(readdirSync(outside)).toEqual([]);
      rmSync(folder, { recursive: true });
    }, 120_000);
  });

  describe.each(['fuse', 'fifo'])('--procfs=%s under floods', (method) => {
    const COUNTING = String.raw`
      global bytes, events
      probe procfs("in").umask(0).write { bytes += strlen($value); events++ }
      probe procfs("inbox").umask(0).read { $value = sprintf("%d\n", bytes) }`;
    const peakMb = (stap: RunningStap): number =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${stap.pid}/status`, 'latin1'))?.[1]) / 1024;
    const bytesRead = async (stap: RunningStap, bytes: number): Promise<void> => {
      let seen = '';
      for (let tries = 0; tries < 200 && seen !== `${bytes}\n`; tries++)
        seen = (await as(0, stap, 'cat $D/inbox')).stdout;
      expect(seen).toBe(`${bytes}\n`);
    };

    test('a gigabyte in one go: every byte arrives, memory stays small', async () => {
      const stap = await start(method, { script: COUNTING });
      const result = await runCommand(
        'dd',
        ['if=/dev/zero', `of=${stap.root}/guarded/in`, 'bs=1M', 'count=1024', 'conv=notrunc', 'status=none'],
        { timeoutMs: 60_000 },
      );
      expect(result).toMatchObject({ status: 0, stderr: '' });
      // A handler's string ends at the first NUL byte, so these count events of no length.
      await bytesRead(stap, 0);
      expect(peakMb(stap)).toBeLessThan(500);
      await stap.stop();
      await stap.assertNothingLeft();
    }, 90_000);
    test('100,000 tiny writes', async () => {
      const stap = await start(method, { script: COUNTING });
      const command = 'seq -w 1 100000 | dd bs=7 of=$D/in conv=notrunc status=none';
      expect(await as(OTHER, stap, command)).toMatchObject({ status: 0, stderr: '' });
      await bytesRead(stap, 700_000);
      expect(peakMb(stap)).toBeLessThan(500);
      await stap.stop();
      await stap.assertNothingLeft();
    });
    test('opened 10,000 times, one after the other and many at once', async () => {
      const stap = await start(method, { script: COUNTING });
      const openings = 'for i in {1..10000}; do : < $D/inbox; done; echo done';
      expect((await as(OTHER, stap, openings)).stdout).toBe('done\n');
      // Opened and neither read nor closed, as many as one program may have.
      const held = `ulimit -n 1000; for i in {1..900}; do exec {fd}<$D/inbox; done; echo held; cat $D/inbox`;
      expect((await as(OTHER, stap, held)).stdout).toBe('held\n0\n');
      await bytesRead(stap, 0);
      expect(peakMb(stap)).toBeLessThan(500);
      await stap.stop();
      await stap.assertNothingLeft();
    });
  });
});
