import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { inParallel } from '../harness/in-parallel.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { until } from './running-stap.ts';

const HELLO = 'probe begin { println("hello") exit() }';

let folder = '';
let data = '';
let made = 0;
beforeAll(async () => {
  folder = makeScratchFolder('cache');
  // A build on the first start would print a line.
  await runCommand(stapPath, ['-V']);
});
afterAll(() => removeScratchFolder(folder));
beforeEach(() => {
  data = join(folder, `data-${made++}`);
});

function stap(words: readonly string[], environment: Record<string, string> = {}): Promise<Finished> {
  return runCommand(stapPath, words, {
    cwd: folder,
    env: plainEnvironment({
      SYSTEMTAP_DIR: data,
      STAP_PROCFS_ROOT: join(folder, 'root'),
      ...environment,
    }),
  });
}

/** Files of the cache with this ending, below its directory. */
function cached(ending = '.stapmod'): string[] {
  const cache = join(data, 'cache');
  if (!existsSync(cache)) return [];
  return readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(cache, name));
}

function onlyCached(): string {
  const [path, ...more] = cached();
  if (path === undefined || more.length > 0) throw new Error(`${cached().length} entries`);
  return path;
}

const usingCached = ({ stderr }: Finished): string[] => stderr.match(/^Pass \d: using cached .*$/gm) ?? [];

describe('a second start', () => {
  test('uses what the first one compiled, and says so', async () => {
    expect(await stap(['-e', HELLO])).toMatchObject({ status: 0, stdout: 'hello\n', stderr: '' });
    const path = onlyCached();
    expect(path).toMatch(/\/cache\/([0-9a-f]{2})\/stap_\1[0-9a-f]{30}_\d+\.stapmod$/);
    const source = path.replace('.stapmod', '.js');
    const second = await stap(['-v', '-e', HELLO]);
    expect(second).toMatchObject({ status: 0, stdout: 'hello\n' });
    expect(second.stderr).toMatch(
      /^Pass 1: parsed .*\nPass 2: analyzed .*\nPass 3: using cached .*\nPass 4: using cached .*\nPass 5: starting run\.\nPass 5: run completed .*\n$/,
    );
    expect(usingCached(second)).toEqual([`Pass 3: using cached ${source}`, `Pass 4: using cached ${path}`]);
    expect(await stap(['-e', HELLO])).toMatchObject({ status: 0, stdout: 'hello\n', stderr: '' });
    expect(usingCached(await stap(['--vp', '00100', '-e', HELLO]))).toEqual([
      `Pass 3: using cached ${source}`,
    ]);
    expect(cached()).toEqual([path]);
  });

  test('-p3 prints the cached text, -p4 the path; -p4 alone fills the cache', async () => {
    const path = (await stap(['-p4', '-e', HELLO])).stdout.trim();
    expect(path).toBe(onlyCached());
    expect((await stap(['-p4', '-e', HELLO])).stdout).toBe(`${path}\n`);
    const fresh = await stap(['-p3', '--disable-cache', '-e', HELLO]);
    expect(fresh.stdout).toContain('print(');
    const third = await stap(['-p3', '--vp', '00110', '-e', HELLO]);
    expect(third.stdout).toBe(fresh.stdout);
    expect(usingCached(third)).toHaveLength(1);
  });

  test('gives the same warnings again', async () => {
    const script = 'probe begin { x = 1 println(1) exit() }';
    const [first, second] = [await stap(['-e', script]), await stap(['-e', script])];
    expect(first.stderr).toContain("WARNING: Eliding assignment to 'x'");
    expect(second.stderr).toBe(first.stderr);
    expect(usingCached(await stap(['-v', '-e', script]))).toHaveLength(2);
    // What hid them does not hide them for ever.
    expect((await stap(['-w', '-e', `${script} `])).stderr).toBe('');
    const afterwards = await stap(['-e', `${script} `]);
    expect(afterwards.stderr.replaceAll(') exit() } ', ') exit() }')).toBe(first.stderr);
    expect((await stap(['-W', '-e', `${script} `])).status).toBe(1);
  });

  test('runs with its own -G, -x and arguments of the run', async () => {
    const script = 'global g = 1 probe begin { printf("%d %d %s\\n", g, target(), module_name()) exit() }';
    const run = async (...words: string[]): Promise<string> => (await stap([...words, '-e', script])).stdout;
    expect(await run('-G', 'g=5', '-x', '7')).toMatch(/^5 7 stap_[0-9a-f]{20,}_\d+\n$/);
    expect(await run('-G', 'g=6', '-x', '8')).toMatch(/^6 8 /);
    expect(cached()).toHaveLength(1);
    expect(await run()).toMatch(/^1 0 /);
    expect(cached()).toHaveLength(2);
  });
});

test('what makes another module makes another entry', async () => {
  const script = 'probe begin { printf("%d\\n", $#) exit() }';
  const variants: string[][] = [
    ['-e', script],
    ['-e', `${script}\n`],
    ['-e', script, 'argument'],
    ['-e', script, 'argument', 'two'],
    ['-g', '-e', script],
    ['-u', '-e', script],
    ['-DMAXACTION=2000', '-e', script],
    ['-DMAXACTION=2001', '-e', script],
    ['-T', '5', '-e', script],
    ['--compatible', '4.8', '-e', script],
    ['--privilege', 'stapsys', '-e', script],
    ['-r', '5.10.0', '-e', script],
    ['-t', '-e', script],
    ['--suppress-handler-errors', '-e', script],
  ];
  for (const words of variants) await stap(['-p4', ...words]);
  expect(cached()).toHaveLength(variants.length);
  for (const words of variants) expect(usingCached(await stap(['-v', '-p4', ...words]))).toHaveLength(2);
});

test('a changed library is noticed', async () => {
  const library = join(folder, 'library');
  mkdirSync(library);
  const write = (value: number): void =>
    writeFileSync(join(library, 'a.stp'), `function answer() { return ${value} }`);
  write(41);
  const run = (...words: string[]): Promise<Finished> =>
    stap([...words, '-I', library, '-e', 'probe begin { println(answer()) exit() }']);
  expect((await run()).stdout).toBe('41\n');
  expect(await run()).toMatchObject({ stdout: '41\n', stderr: '' });
  expect(usingCached(await run('-v'))).toHaveLength(2);
  write(42);
  utimesSync(join(library, 'a.stp'), new Date(1000), new Date(1000));
  expect((await run()).stdout).toBe('42\n');
  writeFileSync(join(library, 'b.stp'), 'function other() { return 1 }');
  expect(usingCached(await run('-v'))).toHaveLength(0);
});

test('--disable-cache, -k and -m leave the cache alone; --poison-cache fills it and does not use it', async () => {
  for (const words of [['--disable-cache'], ['-k'], ['-m', 'named']])
    expect((await stap([...words, '-e', HELLO])).stdout).toBe('hello\n');
  expect(cached()).toEqual([]);
  await stap(['-e', HELLO]);
  const before = statSync(onlyCached()).ino;
  const poisoned = await stap(['-v', '--poison-cache', '-e', HELLO]);
  expect(usingCached(poisoned)).toEqual([]);
  expect(poisoned.stderr).toContain('Pass 4: compiled JavaScript into');
  expect(statSync(onlyCached()).ino).not.toBe(before);
  expect(usingCached(await stap(['-v', '--disable-cache', '-e', HELLO]))).toEqual([]);
});

test('a script that fails is not cached, nor is a listing', async () => {
  await stap(['-e', 'probe begin { println(nothing_like_it()) }']);
  await stap(['-l', 'begin']);
  await stap(['-p2', '-e', HELLO]);
  expect(cached()).toEqual([]);
});

test('-m leaves NAME.stapmod where it was called, -p4 without a cache too', async () => {
  const here = join(folder, 'here');
  mkdirSync(here);
  const run = (...words: string[]): Promise<Finished> =>
    runCommand(stapPath, words, {
      cwd: here,
      env: plainEnvironment({ HOME: join(folder, 'no-home'), STAP_PROCFS_ROOT: join(folder, 'root') }),
    });
  expect(await run('-m', 'mine', '-e', 'probe begin { println(module_name()) exit() }')).toMatchObject({
    status: 0,
    stdout: 'mine\n',
    stderr: '',
  });
  expect(readFileSync(join(here, 'mine.stapmod'), 'latin1')).toMatch(/^stapmod 1 by stap-ts \S+, \d+ bytes/);
  expect(statSync(join(here, 'mine.stapmod')).mode & 0o777).toBe(0o644);
  expect((await run('-p4', '-m', 'other', '-e', HELLO)).stdout).toBe('other.stapmod\n');
  const unnamed = (await run('-p4', '-e', HELLO)).stdout.trim();
  expect(unnamed).toMatch(/^stap_[0-9a-f]{32}_\d+\.stapmod$/);
  expect(readdirSync(here).sort()).toEqual(['mine.stapmod', 'other.stapmod', unnamed].sort());
});

test('a working directory that cannot be written is a warning with -m, an error with -p4', async () => {
  const run = (...words: string[]): Promise<Finished> =>
    runCommand(stapPath, words, { cwd: '/proc', env: plainEnvironment() });
  expect(await run('-m', 'mine', '-e', HELLO)).toMatchObject({
    status: 0,
    stdout: 'hello\n',
    stderr: 'WARNING: cannot write mine.stapmod: No such file or directory\n',
  });
  expect(await run('-p4', '-m', 'mine', '-e', HELLO)).toMatchObject({
    status: 1,
    stdout: '',
    stderr:
      'ERROR: cannot write mine.stapmod: No such file or directory\nPass 4: compilation failed.  [man error::pass4]\n',
  });
});

test('a place that cannot be made is a warning, and the script runs', async () => {
  writeFileSync(join(folder, 'a-file'), '');
  expect(await stap(['-e', HELLO], { SYSTEMTAP_DIR: join(folder, 'a-file') })).toMatchObject({
    status: 0,
    stdout: 'hello\n',
    stderr: `WARNING: failed to create cache directory (" ${folder}/a-file/cache ") Not a directory, disabling cache support.\n`,
  });
});

test('a damaged entry is replaced without a word', async () => {
  await stap(['-e', HELLO]);
  const path = onlyCached();
  for (const damage of [
    () => truncateSync(path, 300),
    () => writeFileSync(path, 'x'),
    () => chmodSync(path, 0o666),
  ]) {
    damage();
    expect(await stap(['-e', HELLO])).toMatchObject({ status: 0, stdout: 'hello\n', stderr: '' });
    expect(usingCached(await stap(['-v', '-e', HELLO]))).toHaveLength(2);
  }
});

test('many first starts at once all run, and leave one whole entry', async () => {
  const starts = Array.from({ length: 12 }, () => ['-e', HELLO]);
  const runs = await inParallel(starts, 6, (words) => stap(words));
  for (const run of runs) expect(run).toMatchObject({ status: 0, stdout: 'hello\n', stderr: '' });
  // The directory, three files of the entry, two of the cleaning: nothing half written.
  expect(cached('')).toHaveLength(6);
  expect(usingCached(await stap(['-v', '-e', HELLO]))).toHaveLength(2);
});

test('the entry is written while the script still runs', async () => {
  const goOn = join(folder, 'go-on');
  const run = stap([
    '-c',
    `sh -c 'until [ -e ${goOn} ]; do sleep 0.02; done'`,
    '-e',
    'probe begin { println("running") }',
  ]);
  await until('the entry', () => cached().length === 1);
  writeFileSync(goOn, '');
  expect(await run).toMatchObject({ status: 0, stdout: 'running\n' });
});

test('cleaning keeps the limit; --clean-cache does it at once', async () => {
  await stap(['-e', HELLO]);
  const cache = join(data, 'cache');
  expect(readFileSync(join(cache, 'cache_mb_limit'), 'latin1')).toBe('256\n');
  writeFileSync(join(cache, 'cache_mb_limit'), '0\n');
  const verbose = await stap(['-vv', '-e', `${HELLO} `]);
  expect(verbose.stderr).toMatch(/^Cache cleaning skipped, interval not reached \d+ s \/ 300 s\.$/m);
  expect(cached()).toHaveLength(2);
  expect(await stap(['--clean-cache'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(cached('')).toHaveLength(readdirSync(cache).length);
  expect(cached()).toEqual([]);
});
