import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { newAttributes } from '../../src/bpf/loader/attributes.ts';
import { loadLoaderSystemCalls } from '../../src/bpf/loader/system-calls.ts';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { killGroup, plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { mountsBelow } from '../harness/scratch-folder.ts';
import { processesNaming, RunningStap, until } from './running-stap.ts';

// Files that iterators of the kernel serve (-D STP_PROCFS_ITER=1), beside the same files without.

const SCRIPT = `global n, m, calls
probe kernel.trace("sys_enter") { calls++ if (pid() == 0) { n++ m++ } }
probe begin { n = 42 m = -7 }
probe procfs("counts").read { $value = sprintf("n %d\\n", n) $value .= sprintf("%08x|%-6d|%5d 100%%\\n", n, m, m * 2) }
probe procfs("below/n").umask(0).read { $value = sprintln(n) }
probe procfs("calls").umask(0).read { $value = sprint(calls) }
probe procfs("js").read { $value = sprintf("%d\\n", strlen("abc")) }
probe timer.s(1) { n = 43 }
probe end { printf("end %d\\n", n) }`;
const COUNTS = 'n 42\n0000002a|-7    |  -14 100%\n';
const STILL = SCRIPT.replace('probe timer.s(1) { n = 43 }', '');
const WITH = ['-D', 'STP_PROCFS_ITER=1'];

describe.runIf(hasEbpf())('files of iterators in the kernel', () => {
  const runs: RunningStap[] = [];
  afterEach(async () => {
    for (const run of runs.splice(0)) {
      await run.dispose();
      expect(fileProgramCount()).toBe(0);
    }
  });

  /** With `isCovered`, waits until the iterators are there. */
  async function start(options: readonly string[], isCovered: boolean, script = STILL): Promise<RunningStap> {
    const run = await new RunningStap({ script, options }).ready();
    runs.push(run);
    if (isCovered) await until('iterators', () => mountsBelow(run.root).length === 4);
    else await until('files', () => run.stderr() !== '' || mountsBelow(run.root).length === 1);
    return run;
  }

  const ctl = (run: RunningStap, ...words: readonly string[]): Promise<Finished> =>
    runCommand(join(dirname(stapPath), 'stap-ctl'), [run.moduleName, ...words], {
      env: plainEnvironment({ STAP_PROCFS_ROOT: run.root }),
    });

  test('look and read as those of handlers', async () => {
    const commands = [
      'cat counts below/n js',
      'ls -ln --time-style=+ . below',
      'stat -c "%n %A %u %g %s %h %F" counts below/n calls',
      'wc counts; grep -c . counts; sort counts; tail -n 1 counts; od -c counts',
      'f=$(mktemp) && cp counts $f && cat $f && rm $f',
      'dd if=counts bs=1 status=none; dd if=counts bs=7 status=none',
      'while read line; do echo "<$line>"; done < counts',
      'for i in 1 2 3 4 5 6 7 8; do cat counts & done; wait',
      'exec 3< counts; read -N 3 a <&3; cat below/n; cat <&3',
      'chmod 444 counts; stat -c %a counts',
    ];
    const answers = async (options: readonly string[], isCovered: boolean): Promise<readonly string[]> => {
      const run = await start(options, isCovered);
      const texts: string[] = [];
      for (const command of commands) texts.push(await run.out(command));
      for (const name of ['below/n', 'js', 'counts']) {
        const { status, stdout } = await run.sh(`cat ${name}`, { uid: 65_534, gid: 65_534 });
        texts.push(`${name} ${status} ${stdout}`);
      }
      texts.push((await run.stop()).stdout);
      await run.assertNothingLeft();
      return texts;
    };
    const [withIterators, without] = [await answers(WITH, true), await answers([], false)];
    expect(withIterators).toEqual(without);
    expect(withIterators[0]).toBe(`${COUNTS}42\n3\n`);
    expect(withIterators.at(-1)).toBe('end 42\n');
    expect(await answers(['-D', 'STP_PROCFS_ITER=0'], false)).toEqual(without);
  }, 40_000);

  test('cannot be sought in', async () => {
    const run = await start(WITH, true);
    expect(await run.sh('head -n 1 counts')).toMatchObject({
      status: 0,
      stdout: 'n 42\n',
      stderr: expect.stringContaining('cannot seek') as string,
    });
    expect((await run.sh('tail -c +3 counts')).stderr).toContain('cannot seek');
    const plain = await start([], false);
    expect(await plain.out('head -n 1 counts; tail -c +3 counts')).toBe(`n 42\n${COUNTS.slice(2)}`);
  });

  test('-v tells which', async () => {
    const run = await start(['-v', ...WITH], true);
    expect(run.stderr()).toMatch(
      /^probe procfs\("counts"\)\.read at <input>:4:1: file served by the kernel$/m,
    );
    expect(run.stderr()).toMatch(
      /^probe procfs\("js"\)\.read at .*: file served by its handler, which calls strlen$/m,
    );
  });

  test('show what handlers set, and answer while the engine cannot', async () => {
    const run = await start(WITH, true, SCRIPT);
    await until('the timer', () => readFileSync(join(run.directory, 'below', 'n'), 'latin1') === '43\n');
    process.kill(run.pid, 'SIGSTOP');
    const [first, second] = [await run.out('timeout 5 cat calls'), await run.out('timeout 5 cat calls')];
    expect(Number(second)).toBeGreaterThan(Number(first));
    expect((await run.sh('timeout 0.2 cat js')).status).toBe(124);
    process.kill(run.pid, 'SIGCONT');
    expect(await run.out('cat js')).toBe('3\n');
    expect((await run.stop()).stdout).toBe('end 43\n');
    await run.assertNothingLeft();
  });

  test('are gone with all that belongs to them after SIGKILL, also while they are open', async () => {
    const run = await start(WITH, true);
    expect(fileProgramCount()).toBe(3);
    const reader = runCommand('/bin/bash', ['-c', 'exec 3< counts; sleep 1; cat <&3'], {
      cwd: run.directory,
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    killGroup(run.pid, 'SIGKILL');
    await until('the unmount', () => mountsBelow(run.root).length === 0, 2000);
    expect((await reader).stdout).toBe(COUNTS);
    await until('the end of the programs', () => fileProgramCount() === 0, 2000);
    await run.assertNothingLeft();
  });

  test('killed while they are laid over the files, nothing is left', async () => {
    for (let round = 0; round < 6; round++) {
      const run = new RunningStap({ script: STILL, options: WITH });
      runs.push(run);
      // One mount, then one more for each file.
      await until('mounts', () => mountsBelow(run.root).length > round % 4);
      killGroup(run.pid, 'SIGKILL');
      expect((await run.end()).signal).toBe('SIGKILL');
      await run.assertNothingLeft();
    }
    await until('the end of the programs', () => fileProgramCount() === 0, 2000);
  }, 40_000);

  test('without a supervisor, the next start removes what a killed module left', async () => {
    const run = await start(WITH, true);
    const supervisors = processesNaming(run.root).filter((pid) => isSupervisor(pid));
    expect(supervisors).toHaveLength(1);
    for (const pid of [...supervisors, run.pid]) process.kill(pid, 'SIGKILL');
    await run.end();
    expect(mountsBelow(run.root)).toHaveLength(4);
    expect(await run.out('cat below/n')).toBe('42\n');
    const next = await new RunningStap({
      script: 'probe procfs.read { $value = "x" }',
      root: run.root,
    }).ready();
    await next.stop();
    expect(mountsBelow(run.root)).toEqual([]);
    await until('the end of the programs', () => fileProgramCount() === 0, 2000);
  });

  test('unmounted from outside, the module ends', async () => {
    const run = await start(WITH, true);
    await runCommand('umount', ['-l', run.directory]);
    expect((await run.end()).stderr).toContain('the module directory was unmounted from outside');
    await run.assertNothingLeft();
  });

  test('a module that is handed over keeps them', async () => {
    const run = await start(['-m', 'handed', ...WITH], true);
    process.kill(run.pid, 'SIGQUIT');
    expect((await run.end()).stderr).toContain('Disconnecting from systemtap module.');
    expect(mountsBelow(run.root)).toHaveLength(4);
    expect(await run.out('cat counts js')).toBe(`${COUNTS}3\n`);
    expect(await ctl(run, 'set', 'n=5')).toMatchObject({ status: 0 });
    expect(await run.out('cat below/n')).toBe('5\n');
    const removed = await runCommand(join(dirname(stapPath), 'stap-rmmod'), ['handed'], {
      env: plainEnvironment({ STAP_PROCFS_ROOT: run.root }),
    });
    expect(removed).toMatchObject({ status: 0, stderr: '' });
    await run.assertNothingLeft();
  });

  test('a module that is reloaded has those of the new script', async () => {
    const run = await start(WITH, true);
    await run.out('chmod 440 counts');
    const script = STILL.replace('"n %d', '"new n %d').replace('procfs("calls")', 'procfs("other")');
    const before = await ctl(run, 'reload', '-e', script);
    expect(before).toMatchObject({ status: 0, stderr: '' });
    // How files are served is of the script's compilation: this one was compiled without.
    expect(mountsBelow(run.root)).toHaveLength(1);
    expect(await run.out('cat counts; stat -c %a counts')).toBe(`new ${COUNTS}440\n`);
    expect(await ctl(run, 'reload', ...WITH, '-e', STILL)).toMatchObject({ status: 0, stderr: '' });
    expect(mountsBelow(run.root)).toHaveLength(4);
    expect(await run.out('cat counts; stat -c %a counts')).toBe(`${COUNTS}440\n`);
    await run.stop();
    await run.assertNothingLeft();
  });
});

function isSupervisor(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('\0stap-supervisor\0');
}

/** How many programs behind files there are in the kernel. */
function fileProgramCount(): number {
  const [nextId, openById, infoOf] = [11, 13, 15];
  const calls = loadLoaderSystemCalls();
  const attributes = newAttributes();
  let count = 0;
  while (calls.bpf(nextId, attributes) >= 0) {
    const id = attributes.readUInt32LE(4);
    const open = newAttributes();
    open.writeUInt32LE(id, 0);
    const fd = calls.bpf(openById, open);
    if (fd >= 0) {
      const info = Buffer.alloc(80);
      const ask = newAttributes();
      ask.writeInt32LE(fd, 0);
      ask.writeUInt32LE(info.length, 4);
      ask.writeBigUInt64LE(calls.address(info), 8);
      calls.bpf(infoOf, ask);
      // Its name.
      if (/^p\d+_file\0/.test(info.toString('latin1', 64))) count++;
      calls.close(fd);
    }
    attributes.fill(0);
    attributes.writeUInt32LE(id, 0);
  }
  return count;
}
