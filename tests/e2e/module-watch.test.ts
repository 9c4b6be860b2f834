import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ModuleDescription } from '../../src/control/protocol.ts';
import type { ModuleObserver } from '../../src/observe/module-observer.ts';
import { ModuleHistory } from '../../src/observe/module-history.ts';
import { observeModule } from '../../src/observe/observed-module.ts';
import { RunningModules } from '../../src/observe/running-modules.ts';
import { plainEnvironment, repositoryRoot, runCommand, stapPath } from '../harness/command.ts';
import { mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

const COUNTING = `
# Lines so far.
global n
probe procfs("n").read { $value = sprintf("%d\\n", n) }
probe procfs("burst").write { for (i = 0; i < 5000; i++) printf("%0127d\\n", n++) }
probe timer.ms(5) { printf("%0127d\\n", n++) }
probe end { println("bye") }
`;
const LINE_BYTES = 128;
const OPTIONS = ['-m', 'watched', '-DMAXACTION=1000000'];

let root = '';
let runs: RunningStap[] = [];
let watchers: Watcher[] = [];
let observers: ModuleObserver[] = [];
let children: ChildProcess[] = [];
beforeEach(() => {
  root = makeRoot();
  runs = [];
  watchers = [];
  observers = [];
  children = [];
});
afterEach(async () => {
  for (const watcher of watchers) watcher.socket.destroy();
  for (const observer of observers) observer.close();
  for (const child of children) child.kill('SIGKILL');
  const pid = ownerPid();
  if (pid !== undefined && !runs.some((run) => run.child.pid === pid)) process.kill(pid, 'SIGTERM');
  for (const run of runs) await run.dispose();
  await until('end of all modules', () => ownerPid() === undefined && mountsBelow(root).length === 0, 5000);
  await removeScratchFolder(dirname(root));
});

function entryPath(): string {
  return join(root, '.watched', 'entry.json');
}

function ownerPid(): number | undefined {
  if (!existsSync(entryPath())) return undefined;
  const { pid } = JSON.parse(readFileSync(entryPath(), 'utf8')) as { pid: number };
  return existsSync(`/proc/${pid}`) ? pid : undefined;
}

async function start(script = COUNTING, ...options: string[]): Promise<RunningStap> {
  const run = new RunningStap({ script, root, options: [...OPTIONS, ...options] });
  runs.push(run);
  await run.ready();
  await until('control socket', () => existsSync(join(root, '.watched', 'control')));
  return run;
}

interface Received {
  readonly [member: string]: unknown;
}

/** A connection to the control socket: what it was told, line by line. */
class Watcher {
  readonly socket: Socket;
  readonly lines: Received[] = [];
  #rest = '';
  isClosed = false;

  constructor(...requests: readonly object[]) {
    this.socket = connect(join(root, '.watched', 'control'));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
    this.socket.on('data', (data: Buffer) => {
      const parts = (this.#rest + data.toString('latin1')).split('\n');
      this.#rest = parts.pop() ?? '';
      for (const part of parts) this.lines.push(JSON.parse(part) as Received);
    });
    for (const request of requests) this.socket.write(`${JSON.stringify(request)}\n`);
    watchers.push(this);
  }

  events(name: string): Received[] {
    return this.lines.filter(({ event }) => event === name);
  }

  get text(): string {
    return this.events('output')
      .map(({ text }) => String(text))
      .join('');
  }

  get missedBytes(): number {
    return this.events('output-missed').reduce((sum, { bytes }) => sum + Number(bytes), 0);
  }
}

const WATCH = { op: 'watch', output: true };

async function watch(request: object = WATCH): Promise<Watcher> {
  const watcher = new Watcher(request);
  await until('answer to watch', () => watcher.lines.length > 0);
  expect(watcher.lines[0]).toMatchObject({ ok: true });
  return watcher;
}

/** Lines that go up by one, from wherever they begin. */
function expectConsecutive(text: string): void {
  const numbers = text.split('\n').filter((line) => line.length === LINE_BYTES - 1);
  const first = Number(numbers[0]);
  expect(numbers.map(Number)).toEqual(numbers.map((_, index) => first + index));
}

describe('source', () => {
  test('is what was read at the start, and after a reload the new text', async () => {
    const file = join(dirname(root), 'script.stp');
    writeFileSync(file, `${COUNTING}# caf\u00e9\n`);
    const run = new RunningStap({ root, options: [...OPTIONS, file] });
    runs.push(run);
    await run.ready();
    await until('control socket', () => existsSync(join(root, '.watched', 'control')));
    const first = new Watcher({ op: 'source' });
    await until('source', () => first.lines.length > 0);
    expect(first.lines).toEqual([
      { ok: true, sources: [{ name: file, text: readFileSync(file, 'latin1') }] },
    ]);
    writeFileSync(file, COUNTING.replace('bye', 'see you'));
    const words = ['--procfs-root', root, 'watched', 'reload', file];
    expect((await runCommand(join(repositoryRoot, 'stap-ctl'), words)).status).toBe(0);
    const second = new Watcher({ op: 'source' });
    await until('source', () => second.lines.length > 0);
    expect(second.lines).toMatchObject([{ sources: [{ name: file, text: readFileSync(file, 'latin1') }] }]);
  });

  test('comes from the module file with staprun', async () => {
    const folder = dirname(root);
    const words = ['-p4', '-m', 'watched', '-e', COUNTING];
    expect((await runCommand(stapPath, words, { cwd: folder })).status).toBe(0);
    const started = await runCommand(join(repositoryRoot, 'staprun'), ['-L', './watched.stapmod'], {
      cwd: folder,
      env: { STAP_PROCFS_ROOT: root },
    });
    expect(started.stderr).toContain('Disconnecting');
    const asker = new Watcher({ op: 'source' });
    await until('source', () => asker.lines.length > 0);
    expect(asker.lines).toEqual([{ ok: true, sources: [{ name: '<input>', text: COUNTING }] }]);
  });
});

describe('watch', () => {
  test('copies output, and tells the last state when the end probes have run', async () => {
    const run = await start();
    const watcher = await watch();
    await until('output', () => watcher.text.length > 20 * LINE_BYTES);
    run.child.kill('SIGINT');
    await until('end of the connection', () => watcher.isClosed);
    const end = await run.end();
    expect(end.stdout.endsWith(watcher.text)).toBe(true);
    expect(watcher.text.endsWith('\nbye\n')).toBe(true);
    expectConsecutive(end.stdout);
    const last = watcher.lines.at(-1) as { status: number; module: ModuleDescription };
    expect(last).toMatchObject({ event: 'finished', status: 0 });
    expect(last.module.entry.state).toBe('ending');
    expect(last.module.outputBytes).toBe(end.stdout.length);
    expect(last.module.globals[0]).toMatchObject({ name: 'n', documentation: 'Lines so far.' });
    expect(last.module.globals[0]?.value).toBe(end.stdout.split('\n').length - 2);
  });

  test('what a file does is counted, and handlers are measured while somebody wants that', async () => {
    const run = await start();
    const plain = await watch({ op: 'watch' });
    await run.out('cat n n; echo > burst');
    plain.socket.write('{"op":"describe"}\n');
    await until('state', () => plain.lines.some((line) => 'module' in line));
    const { files, probes } = plain.lines.at(-1)?.['module'] as ModuleDescription;
    expect(files).toEqual([
      { path: 'n', mode: 0o400, reads: 2, writes: 0 },
      { path: 'burst', mode: 0o200, reads: 0, writes: 1 },
    ]);
    expect(probes.some(({ avgNs }) => avgNs !== undefined)).toBe(false);
    expect(plain.events('output')).toEqual([]);

    const timing = await watch({ op: 'watch', timing: true });
    await run.out('cat n');
    timing.socket.write('{"op":"describe"}\n');
    await until('state', () => timing.lines.some((line) => 'module' in line));
    const measured = (timing.lines.at(-1)?.['module'] as ModuleDescription).probes[0];
    expect(measured).toMatchObject({ hits: 3, timedHits: 1 });
    timing.socket.destroy();
    await run.out('sleep 0.1; cat n');
    plain.socket.write('{"op":"describe"}\n');
    await until('state', () => plain.lines.filter((line) => 'module' in line).length > 1);
    expect((plain.lines.at(-1)?.['module'] as ModuleDescription).probes[0]).toMatchObject({
      ...{ hits: 4, timedHits: 1 },
    });
  });

  test('twenty clients, one of which does not read, take nothing from the reader', async () => {
    const run = await start();
    const others = await Promise.all(Array.from({ length: 19 }, () => watch()));
    const slow = await watch();
    slow.socket.pause();
    for (let round = 0; round < 10; round++) await run.out('echo > burst');
    await until('all of it', () => run.stdout().length > 10 * 5000 * LINE_BYTES);
    slow.socket.resume();
    run.child.kill('SIGINT');
    const end = await run.end();
    expectConsecutive(end.stdout);
    await until('end of all connections', () => watchers.every(({ isClosed }) => isClosed));
    expect(slow.missedBytes).toBeGreaterThan(1 << 20);
    for (const watcher of [...others, slow]) {
      const from = Number(watcher.lines[0]?.['position']);
      expect(watcher.text.length + watcher.missedBytes).toBe(end.stdout.length - from);
      expect(watcher.lines.at(-1)?.['event']).toBe('finished');
    }
    for (const watcher of others) if (watcher.missedBytes === 0) expectConsecutive(watcher.text);
  });

  test('a client that does not read does not keep the module from ending', async () => {
    const run = await start();
    const slow = await watch();
    slow.socket.pause();
    for (let round = 0; round < 6; round++) await run.out('echo > burst');
    run.child.kill('SIGINT');
    const before = performance.now();
    expect((await run.end()).status).toBe(0);
    expect(performance.now() - before).toBeLessThan(2500);
  });

  test('is refused beyond its limit, and there is still room for commands', async () => {
    await start();
    await Promise.all(Array.from({ length: 32 }, () => watch()));
    const late = new Watcher(WATCH, { op: 'get', name: 'n' });
    await until('answers', () => late.lines.length > 1);
    expect(late.lines[0]).toMatchObject({ ok: false, code: 'busy' });
    expect(late.lines[1]).toMatchObject({ ok: true });
    watchers[0]?.socket.destroy();
    await until('room', () => {
      late.socket.write(`${JSON.stringify(WATCH)}\n`);
      return late.lines.slice(2).some(({ ok }) => ok === true);
    });
  });

  test('tells of a reload, and goes on measuring', async () => {
    await start();
    const watcher = await watch({ ...WATCH, timing: true });
    const file = join(dirname(root), 'next.stp');
    writeFileSync(file, 'global n probe begin { println("next begins") } probe timer.ms(5) { n++ }');
    const words = ['--procfs-root', root, 'watched', 'reload', file];
    expect((await runCommand(join(repositoryRoot, 'stap-ctl'), words)).status).toBe(0);
    await until('event', () => watcher.events('reloaded').length === 1);
    expect(watcher.text).toContain('next begins\n');
    await until('times', () => {
      watcher.socket.write('{"op":"describe"}\n');
      const { probes = [] } = (watcher.lines.at(-1)?.['module'] ?? {}) as Partial<ModuleDescription>;
      return probes.some(({ point, avgNs = 0 }) => point === 'timer.ms(5)' && avgNs > 0);
    });
  });

  test('a reader of a module in the background loses nothing while others watch', async () => {
    const words = ['--procfs-root', root, ...OPTIONS, '-F', '-e', COUNTING];
    expect((await runCommand(stapPath, words)).status).toBe(0);
    const watcher = await watch();
    const detachedFor = until('output that nobody reads', () => watcher.text.length > 10 * LINE_BYTES);
    await detachedFor;
    const client = spawn(join(repositoryRoot, 'staprun'), ['-A', 'watched'], {
      env: plainEnvironment({ STAP_PROCFS_ROOT: root }),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(client);
    let read = '';
    client.stdout.on('data', (data: Buffer) => (read += data.toString('latin1')));
    await until('output', () => read.length > 50 * LINE_BYTES);
    client.kill('SIGINT');
    await until('end of the connection', () => watcher.isClosed);
    await until('all output', () => read.endsWith('\nbye\n'));
    expectConsecutive(read);
    expect(Number(read.slice(0, LINE_BYTES - 1))).toBe(0);
    expect(read.endsWith(watcher.text)).toBe(true);
  });
});

/** What an observer tells. */
class Notes {
  text = '';
  missedBytes = 0;
  reloads = 0;
  last: ModuleDescription | undefined;
  hasEnded = false;

  constructor(observer: ModuleObserver) {
    observer.listen({
      output: (_stream, text) => (this.text += text),
      outputMissed: (bytes) => (this.missedBytes += bytes),
      reloaded: () => (this.reloads += 1),
      ended: (last) => {
        this.last = last;
        this.hasEnded = true;
      },
    });
  }
}

function observe(): ModuleObserver {
  const module = new RunningModules(() => [root]).find('watched');
  if (module === undefined) throw new Error('the module is not listed');
  const observer = observeModule(module);
  observers.push(observer);
  return observer;
}

describe('an observer', () => {
  test('follows the module to another process, and knows how much it has not heard', async () => {
    const run = await start();
    const observer = observe();
    const notes = new Notes(observer);
    await until('output', () => notes.text.length > 10 * LINE_BYTES);
    const beforeBytes = Number(new RegExp(`^\\d{${LINE_BYTES - 1}}`).exec(notes.text)?.[0]) * LINE_BYTES;
    run.child.kill('SIGQUIT');
    await run.end();
    const moved = notes.text.length;
    await until('output after the move', () => notes.text.length > moved + 10 * LINE_BYTES);
    const state = await observer.describe(0);
    expect(state.entry.pid).not.toBe(run.child.pid);
    expect(observer.isConnected).toBe(true);
    expect(await observer.request({ op: 'stop', force: true })).toEqual({ ok: true });
    await until('end', () => notes.hasEnded);
    const { globals = [], outputBytes = 0 } = notes.last ?? {};
    expect(outputBytes).toBe(Number(globals[0]?.value) * LINE_BYTES + 'bye\n'.length);
    expect(beforeBytes + notes.text.length + notes.missedBytes).toBe(outputBytes);
    await expect(observer.describe(0)).rejects.toMatchObject({ code: 'not-running' });
  });

  test('says that a killed module has ended', async () => {
    const run = await start();
    const notes = new Notes(observe());
    await until('output', () => notes.text !== '');
    run.child.kill('SIGKILL');
    await until('end', () => notes.hasEnded);
    expect(notes.last).toBeUndefined();
  });

  test('gets over a stopped module', async () => {
    const run = await start();
    const observer = observe();
    const notes = new Notes(observer);
    await until('output', () => notes.text !== '');
    run.child.kill('SIGSTOP');
    await expect(observer.request({ op: 'describe' }, 300)).rejects.toMatchObject({ code: 'no-answer' });
    await until('loss of the connection', () => !observer.isConnected);
    await expect(observer.request({ op: 'describe' }, 300)).rejects.toMatchObject({ code: 'no-answer' });
    run.child.kill('SIGCONT');
    await until('a new connection', () => observer.isConnected);
    const before = notes.text.length;
    await until('output', () => notes.text.length > before);
    expect(notes.hasEnded).toBe(false);
  });

  test('asks once for all who want a state, and not too often', async () => {
    await start('global asked probe procfs("n").read { $value = "1" } probe timer.ms(1) { asked++ }');
    const observer = observe();
    const states = await Promise.all(Array.from({ length: 50 }, () => observer.describe(0)));
    expect(new Set(states).size).toBe(1);
    expect(await observer.describe(0)).toBe(states[0]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await observer.describe(60_000)).toBe(states[0]);
    expect(await observer.describe(10)).not.toBe(states[0]);
  });

  test('remembers numbers', async () => {
    await start(
      'global n, s, a[5] probe procfs("n").read { $value = "1" } probe timer.ms(5) { n++; s <<< n; a[1] = 2 }',
    );
    const history = new ModuleHistory(observe());
    await until('two samples', () => history.view().timesMs.length >= 2);
    history.close();
    const { timesMs, series } = history.view();
    expect(series.map(({ name }) => name)).toEqual(['n', 's']);
    for (const { values } of series) {
      expect(values).toHaveLength(timesMs.length);
      expect(Number(values[1])).toBeGreaterThan(Number(values[0]));
    }
  });
});

test('who wants to know of running modules is told when they come and go', async () => {
  const modules = new RunningModules(() => [root]);
  let calls = 0;
  const stop = modules.onChange(() => (calls += 1));
  expect(modules.list()).toEqual([]);
  const run = await start();
  await until('news', () => calls > 0 && modules.find('watched')?.entry.state === 'running');
  run.child.kill('SIGINT');
  await run.end();
  const before = calls;
  await until('news', () => calls > before && modules.list().length === 0);
  stop();
});
