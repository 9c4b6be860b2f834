import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, lchownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { inputsText, readStapmod, writeStapmod } from '../../src/stapmod/stapmod.ts';
import { plainEnvironment, repositoryRoot, runCommand, type Finished } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

// What looks like a module may be anything that another user made to look so.

const OTHER = 1501;
const onRoot = process.getuid?.() === 0;

const runs: RunningStap[] = [];
const processes: ChildProcess[] = [];
const roots: string[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.dispose();
  for (const process of processes.splice(0)) process.kill('SIGKILL');
  for (const root of roots.splice(0)) await removeScratchFolder(dirname(root));
});

/** A program of the other user. */
function theirs(code: string, ...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['-e', code, ...words], { uid: OTHER, gid: OTHER, cwd: '/' });
  processes.push(child);
  return child;
}

/** A home that the other user filled with an entry for his process. */
function forge(owner: ChildProcess): string {
  const root = makeRoot();
  roots.push(root);
  const home = join(root, '.theirs');
  mkdirSync(home, { recursive: true });
  const pid = owner.pid ?? 0;
  const startTicks = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19];
  const facts = { formatVersion: 1, name: 'theirs', state: 'running', pid, startTicks, uid: OTHER };
  const entry = join(home, 'entry.json');
  writeFileSync(entry, JSON.stringify({ ...facts, startedAtMs: 1, script: 'x', files: [] }));
  for (const path of [root, home, entry]) chownSync(path, OTHER, OTHER);
  return root;
}

function command(name: string, words: readonly string[], root: string): Promise<Finished> {
  return runCommand(join(repositoryRoot, name), words, {
    env: plainEnvironment({ STAP_PROCFS_ROOT: root }),
    timeoutMs: 25_000,
  });
}

test.runIf(onRoot)('a link to the socket of another module steers and ends nothing', async () => {
  const mine = new RunningStap({
    script: 'global x = 1 probe procfs("a").read { $value = sprint(x) }',
    options: ['-m', 'mine'],
  });
  runs.push(mine);
  await mine.ready();
  const owner = theirs('setInterval(() => {}, 1e9)');
  const root = forge(owner);
  const link = join(root, '.theirs', 'control');
  symlinkSync(join(mine.root, '.mine', 'control'), link);
  lchownSync(link, OTHER, OTHER);
  const set = await command('stap-ctl', ['theirs', 'set', 'x=2'], root);
  expect([set.status, set.stderr]).toEqual([1, expect.stringContaining('Permission denied')]);
  expect((await command('stap-rmmod', ['-f', 'theirs'], root)).status).toBe(1);
  expect((await command('stap-ctl', ['mine', 'get', 'x'], mine.root)).stdout).toBe('x=1\n');
  // It was not killed either: what answers for it is another user's.
  expect(owner.exitCode).toBeNull();
});

test.runIf(onRoot)('nobody else gets the terminal of who attaches', async () => {
  const root = forge(theirs('setInterval(() => {}, 1e9)'));
  const server = theirs(
    `const socket = process.argv[1];
     require('node:net').createServer((client) => {
       client.on('data', (data) => { process.stdout.write(data); client.write('{"ok":true}\\n'); });
       client.on('error', () => {});
     }).listen(socket, () => console.log('listening'))`,
    join(root, '.theirs', 'control'),
  );
  let text = '';
  server.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until('the server', () => text !== '');
  const attach = await command('staprun', ['-A', 'theirs'], root);
  expect([attach.status, attach.stderr]).toEqual([
    1,
    expect.stringContaining('Another user runs module theirs'),
  ]);
  expect(text).toBe('listening\n');
});

describe.runIf(onRoot && hasEbpf())('forged programs in the kernel', () => {
  const script =
    'global n probe kernel.trace("sched_switch") { n++ } probe timer.ms(100) { println(n > 0) exit() }';
  let folder = '';

  beforeEach(async () => {
    folder = makeScratchFolder('forged');
    const words = ['-p4', '-m', 'counter', '-e', script];
    const compiled = await runCommand(join(repositoryRoot, 'stap'), words, { cwd: folder });
    expect(compiled.status).toBe(0);
  });
  afterEach(() => removeScratchFolder(folder));

  /** The module with another program, and a checksum that is right. */
  function replaceProgram(code: Buffer): string {
    const path = join(folder, 'counter.stapmod');
    const { facts, inputs, module, writtenBy } = readStapmod(readFileSync(path), path);
    if (module.kernel === undefined) throw new Error('nothing of it runs in the kernel');
    const programs = module.kernel.programs.map((program) => ({
      ...program,
      code: code.toString('base64'),
      relocations: [],
    }));
    const forged = { ...module, kernel: { ...module.kernel, programs } };
    writeFileSync(path, writeStapmod(facts, inputsText(inputs), forged, writtenBy));
    return path;
  }

  test('are not loaded when the file belongs to somebody else', async () => {
    const path = join(folder, 'counter.stapmod');
    expect(await command('staprun', [path], join(folder, 'root'))).toMatchObject({
      status: 0,
      stdout: '1\n',
    });
    chownSync(path, OTHER, OTHER);
    const refused = await command('staprun', [path], join(folder, 'root'));
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain(`${path} belongs to user ${OTHER}`);
  });

  test('are refused by the kernel when they do not end or leave their bounds', async () => {
    // goto -1; then a store through the uninitialised r3.
    for (const instruction of ['0500ffff00000000', '7b23000000000000']) {
      const path = replaceProgram(Buffer.from(`${instruction}b7000000000000009500000000000000`, 'hex'));
      const refused = await command('staprun', [path], join(folder, 'root'));
      expect([refused.status, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toMatch(/^ERROR: .*the kernel/);
    }
  });
});
