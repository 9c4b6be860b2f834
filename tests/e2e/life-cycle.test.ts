import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { killGroup, plainEnvironment, runCommand } from '../harness/command.ts';
import { mountsBelow } from '../harness/scratch-folder.ts';
import { makeRoot, startStap, until, type RunningStap, type StapRun } from './running-stap.ts';

// Start and end of a session: signals, users inside, several sessions. Whatever happens, nothing is left behind.

const SCRIPT = String.raw`
probe begin { println("begin") }
probe end { println("end") }
probe procfs("digoal").read { $value = "Hello from read\n" }
probe procfs("digoal").write { printf("%s", $value) }`;

const started: RunningStap[] = [];
const start = async (run: StapRun = {}): Promise<RunningStap> => {
  const stap = await startStap({ script: SCRIPT, ...run });
  started.push(stap);
  return stap;
};
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s to the process group', async (signal) => {
    const stap = await start();
    expect(await stap.stop(signal)).toMatchObject({ status: 0, stdout: 'begin\nend\n', stderr: '' });
    await stap.assertNothingLeft();
  });
  test.each(['SIGINT', 'SIGTERM'] as const)('%s to the process alone', async (signal) => {
    const stap = await start();
    process.kill(stap.pid, signal);
    expect(await stap.end()).toMatchObject({ status: 0, stdout: 'begin\nend\n' });
    await stap.assertNothingLeft();
  });
  test('SIGKILL: the mount goes away by itself', async () => {
    const stap = await start();
    await stap.out('cat digoal');
    killGroup(stap.pid, 'SIGKILL');
    await until('unmount after SIGKILL', () => mountsBelow(stap.root).length === 0, 2000);
    await stap.assertNothingLeft();
  });
  test('a read that waits does not outlive SIGKILL', async () => {
    const stap = await start();
    killGroup(stap.pid, 'SIGKILL');
    const result = await stap.sh('timeout 5 cat digoal; true', { cwd: '/' });
    expect(result.status).toBe(0);
  });
});

describe('a dead session', () => {
  test('is swept by the next start', async () => {
    const stap = await start();
    const { root } = stap;
    const pids = (
      await runCommand('/bin/bash', [
        '-c',
        `grep -l -- ${root} /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null`,
      ])
    ).stdout
      .split('\n')
      .map((path) => Number(path.split('/')[2]))
      .filter((pid) => Number.isInteger(pid) && pid !== process.pid && existsSync(`/proc/${pid}`));
    // Without its supervisor nobody cleans up at once.
    for (const pid of new Set([stap.pid, ...pids])) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It belonged to the grep above.
      }
    }
    await stap.end();
    const next = await start({ root });
    expect(mountsBelow(root)).toEqual([next.directory]);
    expect(readdirSync(root).sort()).toEqual([`.${next.moduleName}`, next.moduleName]);
    await next.stop();
    await next.assertNothingLeft();
  });
});

describe('users inside at the end', () => {
  test('a shell standing in the directory does not keep it, and is named', async () => {
    const stap = await start();
    const shell = spawn('/bin/bash', ['-c', 'read -t 20 x'], {
      cwd: stap.directory,
      env: plainEnvironment(),
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await until('shell', () => existsSync(`/proc/${String(shell.pid)}/cwd`));
    const end = await stap.stop();
    expect(end.status).toBe(0);
    expect(end.stdout).toBe('begin\nend\n');
    expect(end.stderr).toContain(String(shell.pid));
    if (shell.pid !== undefined) killGroup(shell.pid, 'SIGKILL');
    await stap.assertNothingLeft();
  });
  test('an open file reads an error or nothing afterwards', async () => {
    const stap = await start();
    const [begun, ended] = [join(dirname(stap.root), 'begun'), join(dirname(stap.root), 'ended')];
    const reader = runCommand(
      '/bin/bash',
      [
        '-c',
        `exec 9<${stap.directory}/digoal; head -c 3 <&9; echo; : > ${begun}
         until [ -e ${ended} ]; do sleep 0.02; done; cat <&9; echo "status $?"`,
      ],
      { cwd: '/' },
    );
    await until('a begun read', () => existsSync(begun));
    const end = await stap.stop();
    writeFileSync(ended, '');
    expect(end.status).toBe(0);
    const { stdout } = await reader;
    expect(stdout).toMatch(/^Hel\n/);
    expect(stdout).toMatch(/status [01]\n$/);
    await stap.assertNothingLeft();
  });
});

describe('several sessions', () => {
  test('two scripts at once have their own directories', async () => {
    const root = makeRoot();
    const one = await start({
      root,
      script: 'probe procfs("one").read { $value = "1\\n" }',
      options: ['-m', 'mod_one'],
    });
    const two = await start({
      root,
      script: 'probe procfs("two").read { $value = "2\\n" }',
      options: ['-m', 'mod_two'],
    });
    expect(readdirSync(root).sort()).toEqual(['.mod_one', '.mod_two', 'mod_one', 'mod_two']);
    expect(await one.out(`cat ${root}/mod_one/one ${root}/mod_two/two`)).toBe('1\n2\n');
    await one.stop();
    expect(await two.out('cat two')).toBe('2\n');
    await two.stop();
    await two.assertNothingLeft();
  });
  test('the same script twice', async () => {
    const root = makeRoot();
    const one = await start({ root });
    const two = await start({ root });
    expect(readdirSync(root).filter((name) => !name.startsWith('.')).length).toBe(2);
    await one.stop();
    expect(await two.out('cat digoal')).toBe('Hello from read\n');
    await two.stop();
    await two.assertNothingLeft();
  });
  test('the same module name twice is refused, the first goes on', async () => {
    const root = makeRoot();
    const one = await start({ root, options: ['-m', 'taken'] });
    await expect(start({ root, options: ['-m', 'taken'] })).rejects.toThrow(/File exists|taken/);
    expect(await one.out('cat digoal')).toBe('Hello from read\n');
    await one.stop();
  });
});

describe('names', () => {
  test('the module is called stap_HASH_PID', async () => {
    const stap = await start();
    expect(stap.moduleName).toMatch(/^stap_[0-9a-f]+_+\d+$/);
    expect(stap.moduleName.length).toBeLessThan(56);
  });
  test('-m chooses', async () => {
    const stap = await start({ options: ['-m', 'my_module'] });
    expect(stap.moduleName).toBe('my_module');
    expect(stap.directory).toBe(`${stap.root}/my_module`);
  });
  test('STAP_PROCFS_ROOT chooses the root', async () => {
    const root = makeRoot();
    const result = await runCommand(
      'stap',
      ['-m', 'by_env', '-c', `cat ${root}/by_env/command`, '-e', 'probe procfs.read { $value = "env\\n" }'],
      { cwd: dirname(root), env: plainEnvironment({ STAP_PROCFS_ROOT: root }) },
    );
    expect(result).toMatchObject({ status: 0, stdout: 'env\n', stderr: '' });
  });
});
