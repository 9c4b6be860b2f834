import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { TmuxTerminal } from './tmux-terminal.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

const DISCONNECT = (name: string): string =>
  `\nDisconnecting from systemtap module.\nTo reconnect, type "staprun -A ${name}"\n`;
const staprunPath = join(dirname(stapPath), 'staprun');

let root = '';
let clients: ChildProcess[] = [];
beforeEach(() => {
  root = makeRoot();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.kill('SIGKILL');
  for (const pid of owners()) process.kill(pid, 'SIGTERM');
  await until('end of all modules', () => owners().length === 0 && mountsBelow(root).length === 0, 5000);
  await removeScratchFolder(dirname(root));
});

interface Entry {
  readonly name: string;
  readonly pid: number;
  readonly state: string;
}

function entries(): Entry[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => name.startsWith('.'))
    .map((name) => join(root, name, 'entry.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Entry);
}

function owners(): number[] {
  return entries()
    .map(({ pid }) => pid)
    .filter((pid) => existsSync(`/proc/${pid}`));
}

function stap(...words: string[]): Promise<Finished> {
  return runCommand(stapPath, ['--procfs-root', root, ...words]);
}

function staprun(...words: string[]): Promise<Finished> {
  return runCommand(staprunPath, words, { env: { STAP_PROCFS_ROOT: root } });
}

/** staprun -A as a process of its own; what it and the module write into its pipes. */
class Client {
  readonly child: ChildProcess;
  out = '';
  err = '';
  status: number | null | undefined;

  constructor(name: string, ...words: string[]) {
    this.child = spawn(staprunPath, ['-A', name, ...words], {
      env: plainEnvironment({ STAP_PROCFS_ROOT: root }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    clients.push(this.child);
    this.child.stdout?.on('data', (data: Buffer) => (this.out += data.toString('latin1')));
    this.child.stderr?.on('data', (data: Buffer) => (this.err += data.toString('latin1')));
    this.child.on('close', (status) => (this.status = status));
  }

  async ended(): Promise<this> {
    await until('end of staprun -A', () => this.status !== undefined);
    return this;
  }
}

test('stap -F: begin output appears when a client attaches, ^C there ends the module', async () => {
  const script =
    'probe begin { println("hi") } probe end { println("bye") } probe procfs("v").read { $value = "1" }';
  const started = await stap('-m', 'flight', '-F', '-e', script);
  expect([started.status, started.stdout, started.stderr]).toEqual([0, '', DISCONNECT('flight')]);
  expect(readFileSync(join(root, 'flight', 'v'), 'latin1')).toBe('1');
  const client = new Client('flight');
  await until('begin output', () => client.out === 'hi\n');
  client.child.kill('SIGINT');
  await client.ended();
  expect([client.status, client.out, client.err]).toEqual([0, 'hi\nbye\n', '']);
  expect(existsSync(root)).toBe(false);
  const late = await staprun('-A', 'flight');
  expect([late.status, late.stderr]).toEqual([
    1,
    'ERROR: Cannot attach to module flight control channel; not running?\n',
  ]);
});

test('^C at any moment of an attach ends the module, or only a client that has not begun', async () => {
  for (let round = 0; round < 24; round++) {
    await stap('-m', 'early', '-F', '-e', 'probe end { println("bye") } probe timer.s(100) { println(1) }');
    const client = new Client('early');
    await new Promise((resolve) => setTimeout(resolve, 60 + round * 5));
    client.child.kill('SIGINT');
    await client.ended();
    // Killed before it could handle the signal: the status is null.
    const hasBegun = client.status !== null;
    expect([client.status, client.out, client.err]).toEqual(hasBegun ? [0, 'bye\n', ''] : [null, '', '']);
    if (!hasBegun) process.kill(owners()[0] ?? 0, 'SIGTERM');
    await until('end of the module', () => !existsSync(root));
  }
});

test('a name is taken while its module runs, and free afterwards', async () => {
  await stap('-m', 'taken', '-F', '-e', 'probe timer.s(100) { println(1) }');
  const second = await stap('-m', 'taken', '-e', 'probe begin { println("never"); exit() }');
  expect([second.status, second.stdout, second.stderr]).toEqual([
    1,
    '',
    "ERROR: Couldn't insert module 'taken': File exists\n" +
      "ERROR: Rerun with staprun option '-R' to rename this module.\n" +
      'Pass 5: run failed.  [man error::pass5]\n',
  ]);
  process.kill(entries()[0]?.pid ?? 0, 'SIGTERM');
  await until('end of the module', () => !existsSync(root));
  expect((await stap('-m', 'taken', '-e', 'probe begin { println("now"); exit() }')).stdout).toBe('now\n');
});

test('stap -F -o FILE prints the number of its process, which writes the file and its messages', async () => {
  const file = join(dirname(root), 'log');
  const script = 'probe begin { println("hi"); warn("early") } probe end { println("bye"); error("late") }';
  const started = await stap('-m', 'recorder', '-F', '-o', file, '-e', script);
  const [entry] = entries();
  expect([started.status, started.stdout, started.stderr]).toEqual([
    0,
    `${entry?.pid}\n`,
    'WARNING: early\n',
  ]);
  const busy = await staprun('-A', 'recorder');
  expect([busy.status, busy.stderr]).toEqual([
    1,
    'ERROR: Cannot attach to module recorder control channel; not running?\n',
  ]);
  process.kill(entry?.pid ?? 0, 'SIGTERM');
  await until('end of the module', () => !existsSync(root));
  expect(readFileSync(file, 'latin1')).toContain('hi\nbye\n');
});

test('a start that fails is told by the command that was asked to start', async () => {
  const failed = await stap('-F', '-G', 'n=x', '-e', 'global n = 1 probe begin { println(n) }');
  expect([failed.status, failed.stderr]).toEqual([
    1,
    "ERROR: Couldn't set global variable 'n' to 'x'\nPass 5: run failed.  [man error::pass5]\n",
  ]);
  expect(existsSync(root)).toBe(false);
});

test('what a script said before it ended by itself waits for a reader', async () => {
  await stap('-m', 'brief', '-F', '-e', 'probe begin { println("over") } probe timer.ms(1) { error("why") }');
  await until('end of the script', () => entries()[0]?.state === 'ending');
  const client = await new Client('brief').ended();
  expect([client.status, client.out]).toEqual([1, 'over\n']);
  expect(client.err).toMatch(/^ERROR: why near .*\nWARNING: Number of errors: 1, skipped probes: 0\n$/);
  expect(existsSync(root)).toBe(false);
});

test('a full buffer keeps the newest output', async () => {
  const script =
    'global n; probe timer.ms(1) { for (i = 0; i < 500; i++) printf("%06d %1000s\\n", n++, "") }' +
    ' probe procfs("n").read { $value = sprintf("%d\\n", n) }';
  await stap('-m', 'full', '-F', '-s', '1', '-e', script);
  // Twice what the buffer takes.
  await until('a full buffer', () => Number(readFileSync(join(root, 'full', 'n'), 'latin1')) > 2000);
  const client = new Client('full');
  await until('output', () => client.out.length > 1 << 20);
  client.child.kill('SIGINT');
  await client.ended();
  const numbers = client.out
    .split('\n')
    .flatMap((line) => (/^\d{6} /.test(line) ? [Number(line.slice(0, 6))] : []));
  expect(numbers[0]).toBeGreaterThan(0);
  for (const [index, number] of numbers.entries()) expect(number).toBe((numbers[0] ?? 0) + index);
});

test('clients come, detach and are killed: every number is read exactly once', async () => {
  const script =
    'global n; probe timer.ms(2) { for (i = 0; i < 7; i++) printf("%d\\n", n++) } probe end { println("end") }';
  await stap('-m', 'numbers', '-F', '-e', script);
  let read = '';
  for (const signal of ['SIGKILL', 'SIGQUIT', 'SIGKILL', 'SIGINT'] as const) {
    const client = new Client('numbers');
    await until('output', () => client.out.length > 500);
    client.child.kill(signal);
    if (signal === 'SIGKILL') await until('detached', () => client.status !== undefined);
    await client.ended();
    if (signal === 'SIGQUIT') expect([client.status, client.err]).toEqual([0, DISCONNECT('numbers')]);
    if (signal === 'SIGINT') expect([client.status, client.err]).toEqual([0, '']);
    read += client.out;
  }
  const lines = read.trimEnd().split('\n');
  expect(lines.pop()).toBe('end');
  expect(lines).toEqual(lines.map((_, index) => String(index)));
  expect(lines.length).toBeGreaterThan(500);
});

test('only one client reads at a time', async () => {
  await stap('-m', 'single', '-F', '-e', 'probe timer.ms(20) { print(".") }');
  const first = new Client('single');
  await until('output', () => first.out !== '');
  expect((await staprun('-A', 'single')).stderr).toBe(
    'ERROR: Cannot attach to module single control channel; not running?\n',
  );
  const refused = await runCommand(join(dirname(stapPath), 'stap-rmmod'), ['single'], {
    env: { STAP_PROCFS_ROOT: root },
  });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('Module single is in use');
  expect(refused.stderr).toContain(`${first.child.pid} (staprun)`);
  first.child.kill('SIGINT');
  await first.ended();
});

const LONG_SCRIPT = `
global n
probe begin { println("begin") }
probe timer.ms(5) { printf("%d\\n", n++) }
probe procfs("n").read { $value = sprintf("%d\\n", n) }
probe procfs("long").read.maxsize(1100000) { for (i = 0; i < 16384; i++) $value .= sprintf("%63d\\n", i) }
probe end { println("end") }`;

test('SIGQUIT hands a running module over: globals, open files and output go on', async () => {
  const first = await new RunningStap({
    root,
    script: LONG_SCRIPT,
    options: ['-m', 'moved', '-DMAXACTION=1000000'],
  }).ready();
  await until('output', () => first.stdout().includes('10\n'));
  // A reader in the middle of a megabyte.
  const [begun, moved] = [join(dirname(root), 'begun'), join(dirname(root), 'moved')];
  const reading = `{ head -c 100000; : > ${begun}; until [ -e ${moved} ]; do sleep 0.02; done; cat; } < long | md5sum`;
  const reader = runCommand('/bin/bash', ['-c', reading], { cwd: first.directory });
  const whole = await runCommand('/bin/bash', ['-c', 'cat long | md5sum'], { cwd: first.directory });
  await until('a begun read', () => existsSync(begun));
  const before = Number((await first.out('cat n')).trim());
  process.kill(first.pid, 'SIGQUIT');
  const ended = await first.end();
  expect([ended.status, ended.stderr]).toEqual([0, DISCONNECT('moved')]);
  const after = Number(readFileSync(join(root, 'moved', 'n'), 'latin1'));
  expect(after).toBeGreaterThanOrEqual(before);
  expect(entries()[0]?.pid).not.toBe(first.pid);
  writeFileSync(moved, '');
  expect((await reader).stdout).toBe(whole.stdout);
  const client = new Client('moved');
  await until('output', () => client.out.split('\n').length > 30);
  client.child.kill('SIGINT');
  await client.ended();
  const lines = (ended.stdout + client.out).trimEnd().split('\n');
  expect([lines.shift(), lines.pop()]).toEqual(['begin', 'end']);
  expect(lines).toEqual(lines.map((_, index) => String(index)));
  expect(existsSync(root)).toBe(false);
});

test('Ctrl-\\ with -c ends the command; the module goes on without it', async () => {
  const script = 'probe begin { println("begin") } probe timer.s(100) { println(1) }';
  const command = `sh -c 'echo "command runs"; exec sleep 60'`;
  const running = new RunningStap({ root, script, options: ['-m', 'alone', '-c', command] });
  await running.printed('command runs');
  await until('module', () => entries()[0]?.state === 'running');
  // As a terminal does it: the command gets it too.
  process.kill(-running.pid, 'SIGQUIT');
  expect(await running.end()).toMatchObject({ status: 0, stderr: DISCONNECT('alone') });
  expect(entries()[0]).toMatchObject({ name: 'alone', state: 'running' });
  process.kill(owners()[0] ?? 0, 'SIGTERM');
  await until('end of the module', () => !existsSync(root));
});

test('a module that nobody could find does not leave its terminal', async () => {
  const running = await new RunningStap({ root, script: LONG_SCRIPT, options: ['-m', 'lost'] }).ready();
  rmSync(join(root, '.lost'), { recursive: true });
  process.kill(running.pid, 'SIGQUIT');
  const refusal =
    'ERROR: Cannot disconnect from the module: nobody could find the module again; it goes on here.\n';
  await until('the refusal', () => running.stderr() === refusal);
  expect(await running.out('cat n')).toMatch(/^\d+\n$/);
  expect((await running.stop()).status).toBe(0);
  const nowhere = await runCommand(
    stapPath,
    ['--procfs-root', '/proc/nowhere', '-F', '-e', 'probe timer.s(100) { println(1) }'],
    { cwd: dirname(root) },
  );
  expect([nowhere.status, nowhere.stdout]).toEqual([1, '']);
  expect(nowhere.stderr).toMatch(/^ERROR: .*\nPass 5: run failed\. {2}\[man error::pass5\]\n$/);
});

test('Ctrl-\\ on a terminal', async () => {
  const terminal = new TmuxTerminal(120, 20);
  try {
    const script = 'probe begin { println("begin") } probe timer.s(100) { println(1) }';
    terminal.type(`${stapPath} --procfs-root ${root} -m tty -e '${script}'; echo "status $?"`);
    await until('module', () => entries()[0]?.state === 'running');
    await terminal.shows(/^begin$/m);
    terminal.press('C-\\');
    await terminal.shows(
      /^\^\\\nDisconnecting from systemtap module.\nTo reconnect, type "staprun -A tty"\nstatus 0$/m,
    );
    expect(owners()).toHaveLength(1);
  } finally {
    terminal.end();
  }
});

test('killed at any moment of a handover: one process serves, or nothing is left', async () => {
  for (let round = 0; round < 8; round++) {
    const running = await new RunningStap({ root, script: LONG_SCRIPT, options: ['-m', 'risky'] }).ready();
    process.kill(running.pid, 'SIGQUIT');
    await new Promise((resolve) => setTimeout(resolve, round * 25));
    try {
      process.kill(running.pid, 'SIGKILL');
    } catch {
      // Handed over already.
    }
    await until('a settled module', () => {
      const [entry] = entries();
      if (entry === undefined) return mountsBelow(root).length === 0 && !existsSync(root);
      return entry.pid !== running.pid && entry.state === 'running';
    });
    const [entry] = entries();
    if (entry === undefined) continue;
    expect(Number(readFileSync(join(root, 'risky', 'n'), 'latin1'))).toBeGreaterThanOrEqual(0);
    process.kill(entry.pid, 'SIGTERM');
    await until('end of the module', () => !existsSync(root));
  }
});

test('a successor that is killed during a handover leaves one owner, or nothing', async () => {
  for (let round = 0; round < 6; round++) {
    const running = await new RunningStap({ root, script: LONG_SCRIPT, options: ['-m', 'heir'] }).ready();
    process.kill(running.pid, 'SIGQUIT');
    await new Promise((resolve) => setTimeout(resolve, 15 + round * 25));
    for (const pid of successorsOf(running.pid)) process.kill(pid, 'SIGKILL');
    await until('a settled module', () => {
      const [entry] = entries();
      if (entry === undefined) return mountsBelow(root).length === 0 && !existsSync(root);
      return existsSync(`/proc/${entry.pid}`) && entry.state === 'running';
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [entry] = entries();
    if (entry === undefined) continue;
    expect(Number(readFileSync(join(root, 'heir', 'n'), 'latin1'))).toBeGreaterThanOrEqual(0);
    process.kill(entry.pid, 'SIGTERM');
    await until('end of the module', () => !existsSync(root));
  }
});

/** Children of stap that run the program itself, not a shell; none when it has ended. */
function successorsOf(parent: number): number[] {
  try {
    return readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1')
      .split(' ')
      .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('stap.cjs'))
      .map(Number);
  } catch {
    return [];
  }
}

test('no read hangs in a handover', async () => {
  const running = await new RunningStap({ root, script: LONG_SCRIPT, options: ['-m', 'swift'] }).ready();
  const [begun, moved] = [join(dirname(root), 'reading'), join(dirname(root), 'moved')];
  const reader = `const { existsSync, readFileSync, writeFileSync } = require("fs");
    let worst = 0;
    for (let last = false; !last; ) {
      last = existsSync(${JSON.stringify(moved)});
      const start = performance.now();
      readFileSync("n");
      worst = Math.max(worst, performance.now() - start);
      writeFileSync(${JSON.stringify(begun)}, "");
    }
    console.log(worst);`;
  const reading = runCommand(process.execPath, ['-e', reader], { cwd: running.directory });
  await until('a read', () => existsSync(begun));
  process.kill(running.pid, 'SIGQUIT');
  expect((await running.end()).status).toBe(0);
  writeFileSync(moved, '');
  const { stdout, stderr } = await reading;
  expect(stderr).toBe('');
  expect(Number(stdout)).toBeLessThan(5000);
});

test('reload: another script goes on with globals and files, a bad one is refused', async () => {
  const scripts = dirname(root);
  const write = (name: string, text: string): string => {
    writeFileSync(join(scripts, name), text);
    return join(scripts, name);
  };
  const files = (text: string): string => `probe procfs("x").read { $value = sprintf("${text} %d\\n", n) }`;
  const first = `global n = 5; probe begin { n = 17 } probe end { println("end of the old") } ${files('old')} probe procfs("gone").read { $value = "" }`;
  const second = `global n = 1; probe timer.ms(20) { println("on") } probe end { println("end of the new") } ${files('new')} probe procfs("fresh").read { $value = "" }`;
  await stap('-m', 'live', '-F', '-e', first);
  const ctl = (...words: string[]): Promise<Finished> =>
    runCommand(join(dirname(stapPath), 'stap-ctl'), ['live', ...words], { env: { STAP_PROCFS_ROOT: root } });
  const read = (): string => readFileSync(join(root, 'live', 'x'), 'latin1');
  expect(read()).toBe('old 17\n');
  expect(await ctl('reload', write('second.stp', second))).toMatchObject({ status: 0, stdout: 'kept: n\n' });
  expect(read()).toBe('new 17\n');
  expect(readdirSync(join(root, 'live')).sort()).toEqual(['fresh', 'x']);
  const bad = await ctl('reload', write('bad.stp', `global n = 3; probe begin { exit() } ${files('bad')}`));
  expect([bad.status, bad.stderr]).toEqual([
    1,
    'stap-ctl: ERROR: The new script ended, or failed, in its begin probes; the old one goes on.\n',
  ]);
  expect(read()).toBe('new 17\n');
  const client = new Client('live');
  await until('output of the new script', () => client.out.includes('on\n'));
  client.child.kill('SIGINT');
  await client.ended();
  expect(client.status).toBe(0);
  expect(client.out).toMatch(/^(on\n)+end of the new\n$/);
});

test('output into a file of the module itself is refused: it would wait for itself', async () => {
  const script = 'probe timer.ms(5) { println("tick") } probe procfs("w").write { printf("%s", $value) }';
  await stap('-m', 'ring', '-F', '-e', script);
  const file = join(root, 'ring', 'w');
  const refusal = (end: {
    readonly status?: number | null | undefined;
    readonly stderr: string;
  }): unknown[] => [end.status, end.stderr.includes('Its output cannot go to one of its own files')];
  const shell = (words: string): Promise<Finished> =>
    runCommand('/bin/sh', ['-c', `"$STAPRUN" -A ring ${words}`], {
      env: { STAP_PROCFS_ROOT: root, STAPRUN: staprunPath },
    });
  expect(refusal(await shell(`> ${file}`))).toEqual([1, true]);
  expect(refusal(await staprun('-A', 'ring', '-o', join(root, '.', 'ring', 'w')))).toEqual([1, true]);
  writeFileSync(file, 'alive\n');
  const client = new Client('ring');
  await until('output for a client elsewhere', () => client.out.includes('alive\n'));
  client.child.kill('SIGINT');
  expect((await client.ended()).status).toBe(0);
});
