import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { until } from './running-stap.ts';

const WAITING = 'stap: waiting for another start that is installing or building ...\n';

/** A copy of the sources without dist/; dependencies are shared, so nothing is downloaded. */
let folder = '';
let copy = '';

beforeEach(() => {
  const root = dirname(stapPath);
  folder = makeScratchFolder('launcher');
  copy = join(folder, 'copy');
  mkdirSync(copy);
  for (const name of ['stap', 'src', 'tapset', 'scripts', 'package.json', 'package-lock.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterEach(() => {
  return removeScratchFolder(folder);
});

/** Starts the copy, which builds when it has to. */
function start(words: readonly string[], launcher = join(copy, 'stap')): Promise<Finished> {
  return runCommand(launcher, words, { cwd: '/', env: plainEnvironment({ STAP_KEEP_BUILD: '' }) });
}

function script(text: string): string[] {
  return ['-e', `probe begin { println("${text}") exit() }`];
}

describe('a fresh clone', () => {
  test('builds on the first start, also when two starts come at once', async () => {
    const [one, two] = await Promise.all([start(script('one')), start(script('two'))]);
    expect([one.stdout, two.stdout]).toEqual(['one\n', 'two\n']);
    // On a slow machine the one that waits says so.
    const messages = `${one.stderr}${two.stderr}`.replace(WAITING, '');
    expect(messages).toBe('stap: building ...\n');
    const next = await start(script('three'));
    expect([next.stdout, next.stderr, next.status]).toEqual(['three\n', '', 0]);
  });

  test('a start that waits for another one says so', async () => {
    mkdirSync(join(copy, 'dist'));
    const hold = ['sh', '-c', 'echo held; exec sleep 3'];
    const holder = spawn('flock', [join(copy, 'dist/.lock'), ...hold], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const waited = await start(script('waited'));
    expect([waited.stdout, waited.stderr]).toEqual(['waited\n', `${WAITING}stap: building ...\n`]);
  });

  test('a build can be kept although a source changed', async () => {
    await start(script('first'));
    const soon = new Date(Date.now() + 60_000);
    utimesSync(join(copy, 'tapset', 'logging.stp'), soon, soon);
    const env = plainEnvironment({ STAP_KEEP_BUILD: '1' });
    expect((await runCommand(join(copy, 'stap'), script('kept'), { env })).stderr).toBe('');
  });

  test('starts through a chain of symbolic links from another directory', async () => {
    symlinkSync('copy/stap', join(folder, 'link'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync('../link', join(folder, 'bin/stap'));
    const linked = await start(script('linked'), join(folder, 'bin/stap'));
    expect(linked.stdout).toBe('linked\n');
  });

  test('builds again after a source changed', async () => {
    await start(script('first'));
    const soon = new Date(Date.now() + 60_000);
    utimesSync(join(copy, 'tapset', 'logging.stp'), soon, soon);
    expect((await start(script('second'))).stderr).toBe('stap: building ...\n');
    // Even when the clock that stamped the source is ahead of ours.
    expect((await start(script('third'))).stderr).toBe('');
  });

  test('builds again after what serves metrics changed, when somebody wants that', async () => {
    await start(script('first'));
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(copy, 'src/metrics/otlp.ts'), later, later);
    expect((await start(script('second'))).stderr).toBe('');
    expect((await start(['--metrics=0', ...script('third')])).stderr).toMatch(
      /^stap: building \.\.\.\nmetrics: /,
    );
    expect((await start(['--metrics=0', ...script('fourth')])).stderr).toMatch(/^metrics: /);
  });

  test('builds again after a file came into the library', async () => {
    await start(script('first'));
    writeFileSync(join(copy, 'tapset', 'new.stp'), 'function new_one() { return 1 }\n');
    const used = await start(['-e', 'probe begin { println(new_one()) exit() }']);
    expect([used.stdout, used.stderr]).toEqual(['1\n', 'stap: building ...\n']);
  });

  test('a running script finds all of its program when that was built anew', async () => {
    const root = join(folder, 'root');
    const words = [
      '--procfs-root',
      root,
      '-m',
      'lasting',
      '-e',
      'global kept = 5 probe timer.s(100) {println(kept)}',
    ];
    const running = start(words);
    await until('its entry', () => existsSync(join(root, '.lasting/control')));
    rmSync(join(copy, 'dist'), { recursive: true });
    const next =
      'global kept probe begin {kept++ println("next")} probe timer.s(100) {log("")} probe end {println(kept)}';
    const control = (...rest: string[]): Promise<Finished> =>
      runCommand(join(dirname(stapPath), 'stap-ctl'), ['--procfs-root', root, 'lasting', ...rest]);
    writeFileSync(join(folder, 'next.stp'), next);
    expect((await control('reload', join(folder, 'next.stp'))).stdout).toBe('kept: kept\n');
    await runCommand(join(dirname(stapPath), 'stap-rmmod'), ['--procfs-root', root, '-f', 'lasting']);
    expect((await running).stdout).toBe('next\n5\n');
  });

  test('without node says what is missing', async () => {
    rmSync(join(copy, 'dist'), { recursive: true, force: true });
    const bin = join(folder, 'tools');
    mkdirSync(bin);
    for (const tool of ['sh', 'mkdir', 'readlink'])
      symlinkSync(
        execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
        join(bin, tool),
      );
    const refused = await runCommand(join(copy, 'stap'), script('x'), { env: { PATH: bin } });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('Node.js 20.19 or newer is needed');
    expect(existsSync(join(copy, 'dist', 'stap.cjs'))).toBe(false);
  });
});
