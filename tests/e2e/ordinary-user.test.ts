import { chmodSync, chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath } from '../harness/command.ts';
import { makeRoot, startStap, type RunningStap, type StapRun } from './running-stap.ts';

// stap without root's rights: its files come through fusermount3.

const NOBODY = 65534;
const DEVICE = '/dev/fuse';

function rootOfNobody(): string {
  const root = makeRoot();
  chownSync(dirname(root), NOBODY, NOBODY);
  return root;
}

function runAsNobody(
  options: readonly string[],
  script: string,
  environment: Readonly<Record<string, string>> = {},
  cwd = '/',
): ReturnType<typeof runCommand> {
  return runCommand(stapPath, [...options, '-e', script], {
    uid: NOBODY,
    gid: NOBODY,
    env: plainEnvironment(environment),
    cwd,
  });
}

describe.runIf(process.getuid?.() === 0)('an ordinary user', () => {
  const started: RunningStap[] = [];
  const deviceMode = existsSync(DEVICE) ? statSync(DEVICE).mode & 0o777 : 0;
  // Where root keeps the device for itself, everybody may use it meanwhile, as a distribution's udev allows.
  beforeAll(() => chmodSync(DEVICE, 0o666));
  afterAll(async () => {
    chmodSync(DEVICE, deviceMode);
    for (const stap of started) await stap.dispose();
  });
  const start = async (run: StapRun): Promise<RunningStap> => {
    const stap = await startStap({ ...run, root: rootOfNobody(), cwd: '/', uid: NOBODY, gid: NOBODY });
    started.push(stap);
    return stap;
  };

  test('gets files of its own', async () => {
    const stap = await start({
      script: `probe procfs("mine").read { $value = sprintf("for %d\\n", uid()) }
        probe procfs("mine").write { printf("from %d: %s", euid(), $value) }`,
    });
    const nobody = { uid: NOBODY, gid: NOBODY, cwd: '/' };
    const inside = (command: string) => stap.sh(`cd ${stap.directory} && ${command}`, nobody);
    expect(await inside('cat mine')).toMatchObject({ status: 0, stdout: `for ${NOBODY}\n`, stderr: '' });
    expect(await inside('echo hello > mine')).toMatchObject({ status: 0, stderr: '' });
    await stap.printed(`from ${NOBODY}: hello\n`);
    expect((await inside('stat -c "%a %u %s %F" mine .')).stdout).toBe(
      `600 ${NOBODY} 0 regular empty file\n555 ${NOBODY} 0 directory\n`,
    );
    expect(await stap.stop()).toMatchObject({ status: 0, stderr: '' });
    await stap.assertNothingLeft();
  });
  test('leaves nothing when killed', async () => {
    const stap = await start({ script: 'probe procfs.read { $value = "x" }' });
    process.kill(-stap.pid, 'SIGKILL');
    await stap.end();
    await stap.assertNothingLeft();
  });
  test('finds its files below XDG_RUNTIME_DIR', async () => {
    const folder = dirname(rootOfNobody());
    const result = await runAsNobody(
      ['-m', 'mine', '-c', `cat ${folder}/systemtap/mine/command`],
      'probe procfs.read { $value = "mine\\n" }',
      { XDG_RUNTIME_DIR: folder },
      folder,
    );
    expect(result).toMatchObject({ status: 0, stdout: 'mine\n', stderr: '' });
    expect(readdirSync(folder)).toEqual(['mine.stapmod']);
    await runCommand('rm', ['-r', folder]);
  });
  test('is told what to install where fusermount3 is missing', async () => {
    const folder = dirname(rootOfNobody());
    // A PATH with the few programs that the start needs.
    await runCommand('/bin/bash', [
      '-c',
      `for name in sh cat stat node; do ln -s "$(command -v $name)" ${folder}/; done`,
    ]);
    const script = 'probe procfs.read { $value = "x" }';
    const words = ['--procfs=fuse', '--procfs-root', `${folder}/root`];
    const result = await runAsNobody(words, script, { PATH: folder });
    expect(result).toMatchObject({ status: 1, stdout: '', timedOut: false });
    expect(result.stderr).toMatch(/^ERROR: .*fusermount3 is not installed: .*"fuse3"/);
    await runCommand('rm', ['-r', folder]);
  });
  test('runs a script without files', async () => {
    const result = await runAsNobody([], 'probe begin { println("as ", uid()) exit() }');
    expect(result).toMatchObject({ status: 0, stdout: `as ${NOBODY}\n` });
  });
  test('is told what is missing where the device is not for everybody', async () => {
    chmodSync(DEVICE, 0o600);
    try {
      const root = rootOfNobody();
      const script = 'probe procfs.read { $value = "x\\n" }';
      const result = await runAsNobody(['--procfs=fuse', '--procfs-root', root], script);
      expect(result).toMatchObject({ status: 1, stdout: '', timedOut: false });
      expect(result.stderr).toContain('This user may not open /dev/fuse');
      // Without --procfs the files are FIFOs then.
      const words = ['--procfs-root', root, '-c', `cat ${root}/*/command`];
      const other = await runAsNobody(words, script);
      expect(other).toMatchObject({ status: 0, stdout: 'x\n' });
      expect(other.stderr).toMatch(/^WARNING: This user may not open \/dev\/fuse.* the files are FIFOs, in /);
      await runCommand('rm', ['-r', dirname(root)]);
    } finally {
      chmodSync(DEVICE, 0o666);
    }
  });
});
