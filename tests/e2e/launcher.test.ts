import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand, stapPath } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';

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

function script(text: string): string[] {
  return ['-e', `probe begin { println("${text}") exit() }`];
}

describe('a fresh clone', () => {
  test('builds on the first start, also when two starts come at once', async () => {
    const stap = join(copy, 'stap');
    const [one, two] = await Promise.all([runCommand(stap, script('one')), runCommand(stap, script('two'))]);
    expect([one.stdout, two.stdout]).toEqual(['one\n', 'two\n']);
    expect([one.stderr, two.stderr].sort()).toEqual(['', 'stap: building ...\n']);
    const next = await runCommand(stap, script('three'));
    expect([next.stdout, next.stderr, next.status]).toEqual(['three\n', '', 0]);
  });

  test('starts through a chain of symbolic links from another directory', async () => {
    symlinkSync('copy/stap', join(folder, 'link'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync('../link', join(folder, 'bin/stap'));
    const linked = await runCommand(join(folder, 'bin/stap'), script('linked'), { cwd: '/' });
    expect(linked.stdout).toBe('linked\n');
  });

  test('builds again after a source changed', async () => {
    const stap = join(copy, 'stap');
    await runCommand(stap, script('first'));
    const soon = new Date(Date.now() + 60_000);
    utimesSync(join(copy, 'tapset', 'logging.stp'), soon, soon);
    expect((await runCommand(stap, script('second'))).stderr).toBe('stap: building ...\n');
    // Even when the clock that stamped the source is ahead of ours.
    expect((await runCommand(stap, script('third'))).stderr).toBe('');
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
