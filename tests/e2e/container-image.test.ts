import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainEnvironment, repositoryRoot, runCommand, stapPath } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Instructions that builders of Debian 12 and newer know. */
const KNOWN = new Set(['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD']);

/** The instructions of Containerfile, continued lines joined, comments left out. */
const instructions: readonly Instruction[] = readFileSync('Containerfile', 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#'))
  .join('\n')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, name = '', text = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { name, text: text.trim() };
  });
const ofKind = (kind: string): readonly string[] =>
  instructions.filter(({ name }) => name === kind).map(({ text }) => text);

/** What COPY takes from the directory of the build, with where it goes. */
const copies = ofKind('COPY')
  .filter((text) => !text.startsWith('--from='))
  .map((text) => text.split(' '))
  .map((words) => ({ sources: words.slice(0, -1), target: words[words.length - 1] ?? '' }));

/** Names at the top of the tree that belong to the project. */
const ownNames = [
  ...new Set(
    execFileSync('git', ['ls-files'], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((path) => path.split('/')[0] ?? ''),
  ),
];

test('Containerfile consists of instructions that there are', () => {
  expect(instructions.filter(({ name }) => !KNOWN.has(name))).toEqual([]);
  expect(instructions[0]?.name).toBe('FROM');
  for (const kind of ['ENTRYPOINT', 'CMD'])
    for (const text of ofKind(kind)) expect(JSON.parse(text), kind).toBeInstanceOf(Array);
  const stages = ofKind('FROM').flatMap((text) => / AS (\w+)$/.exec(text)?.[1] ?? []);
  for (const text of ofKind('COPY')) {
    const stage = /^--from=(\w+)/.exec(text)?.[1];
    if (stage !== undefined) expect(stages).toContain(stage);
  }
  for (const text of ofKind('RUN'))
    execFileSync('/bin/sh', ['-n', '-c', text], { stdio: ['ignore', 'ignore', 'inherit'] });
});

test('what is copied is there, and nothing else is sent to the builder', () => {
  const sources = [...new Set(copies.flatMap((copy) => copy.sources))].sort();
  for (const source of sources) expect(ownNames).toContain(source);
  const [first, ...kept] = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(first).toBe('*');
  expect(kept.sort()).toEqual(sources.map((name) => `!${name}`));
});

test('each command of the package has its name there', () => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> };
  const links = /for name in (.*?);/.exec(ofKind('RUN').join('\n'))?.[1]?.split(' ') ?? [];
  expect([...links, 'stap'].sort()).toEqual(Object.keys(bin).sort());
});

describe('what the image holds', () => {
  const folder = makeScratchFolder('image');
  const installed = join(folder, 'opt');
  afterAll(() => removeScratchFolder(folder));

  /** The last stage, with what the first one would have built. */
  beforeAll(async () => {
    await runCommand(stapPath, ['-V'], { timeoutMs: 60_000 });
    chmodSync(folder, 0o755);
    mkdirSync(installed);
    const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
    for (const { name, text } of lastStage) {
      if (name !== 'COPY') continue;
      const words = text.split(' ');
      if (text.startsWith('--from=')) {
        const what = words[2] ?? '';
        if (what === 'node_modules') symlinkSync(join(repositoryRoot, what), join(installed, what));
        else cpSync(join(repositoryRoot, what), join(installed, what), { recursive: true });
        continue;
      }
      for (const source of words.slice(0, -1))
        cpSync(join(repositoryRoot, source), join(installed, source), { recursive: true });
    }
    symlinkSync('stap', join(installed, 'stap-lsmod'));
  });

  const environment = (): Record<string, string> =>
    plainEnvironment({
      ...Object.fromEntries(ofKind('ENV').map((text) => text.split('=') as [string, string])),
      SYSTEMTAP_DIR: join(folder, 'cache'),
      STAP_PROCFS_ROOT: join(folder, 'root'),
    });
  const run = (name: string, ...words: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand(join(installed, name), words, { cwd: '/', env: environment() });

  test('starts, without a build', async () => {
    const version = await run('stap', '-V');
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toContain('stap-ts');
    const listed = await run('stap-lsmod');
    expect(listed).toMatchObject({ status: 0, stderr: '' });
    expect(listed.stdout).toContain('Module');
  });

  test('runs a script with a file, and finds its library and its examples', async () => {
    const script = `
      global asked
      probe procfs("f").read { $value = tz_ctime(0) . "\\n" }
      probe timer.ms(50) {
        if (!asked++) system("cat $STAP_PROCFS_ROOT/image/f; kill -INT " . sprint(stp_pid()))
      }`;
    const { status, stdout, stderr } = await run('stap', '-m', 'image', '-e', script);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Thu Jan {2}1 00:00:00 1970/);
    const listed = await run('stap', '-p1', '--example', 'execsnoop.stp');
    expect(listed).toMatchObject({ status: 0, stderr: '' });
  });
});
