import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { DEFAULT_LIMITS } from '../../runtime/limits.ts';
import { inputsText, type StapmodFacts } from '../../stapmod/stapmod.ts';
import { cleanCache } from './cache-cleaning.ts';
import { cachePlace, isOnOwnWay, type CachePlace } from './cache-directory.ts';
import { digestedModuleName } from '../module-name.ts';
import { ScriptCache, type CacheEntry } from './script-cache.ts';
import { usedFile } from '../compile/used-file.ts';

const UID = process.getuid?.() ?? 0;
const MODULE: CompiledModule = {
  formatVersion: 3,
  globals: [],
  probes: [],
  limits: DEFAULT_LIMITS,
  maxNesting: 1,
  suppressTimeLimits: false,
  needs: { regex: false, stdin: false },
  code: '(rt) => ({ handlers: [] })',
};
const noSettings = { kernelSetting: () => '', kernelDecision: () => '' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stap-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function place(environment: Record<string, string> = {}): CachePlace {
  const found = cachePlace({ SYSTEMTAP_DIR: join(folder, 'data'), ...environment });
  if (found === undefined) throw new Error('no place');
  return found;
}

function readyCache(environment: Record<string, string> = {}): ScriptCache {
  const cache = new ScriptCache(place(environment), UID);
  expect(cache.prepare()).toEqual({ usable: true });
  return cache;
}

function entry(text: string, facts: Partial<StapmodFacts> = {}): CacheEntry {
  const inputs = inputsText({
    program: 'test',
    uid: UID,
    scripts: [{ name: '<input>', text }],
    scriptArguments: [],
    options: [],
    surroundings: [],
  });
  return {
    inputs,
    module: MODULE,
    version: '0.1.0',
    facts: {
      name: digestedModuleName(inputs),
      timing: false,
      timingAnywhere: false,
      suppressHandlerErrors: false,
      silent: true,
      libraryFiles: [],
      kernelSettings: [],
      ...facts,
    },
  };
}

function stored(cache: ScriptCache, what: CacheEntry): string {
  const path = cache.store(what);
  if (path === undefined) throw new Error('not stored');
  return path;
}

describe('an entry', () => {
  test('is found again, with its three files', () => {
    const cache = readyCache();
    const one = entry('probe begin {}');
    const path = stored(cache, one);
    expect(path).toBe(`${folder}/data/cache/${one.facts.name.slice(5, 7)}/${one.facts.name}.stapmod`);
    const found = cache.find(one.facts.name, one.inputs, noSettings);
    expect(found?.module()).toEqual(MODULE);
    expect(found?.facts).toEqual(one.facts);
    expect(readFileSync(found?.sourcePath ?? '', 'latin1')).toBe(`${MODULE.code}\n`);
    const log = readFileSync(path.replace('.stapmod', '_hash.log'), 'latin1').split('\n');
    expect(log[0]).toMatch(/^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] script_hash:$/);
    expect(log.at(-2)).toBe(`result:${one.facts.name.slice(5, 37)}`);
  });

  test('lies as deep as SYSTEMTAP_NLEVELS says', () => {
    const one = entry('x');
    const digits = one.facts.name.slice(5);
    const path = stored(readyCache({ SYSTEMTAP_NLEVELS: '3' }), one);
    expect(path).toContain(
      `/cache/${digits.slice(0, 2)}/${digits.slice(2, 4)}/${digits.slice(4, 6)}/stap_${digits}`,
    );
    expect(place({ SYSTEMTAP_NLEVELS: '9' }).levels).toBe(1);
    expect(place({ SYSTEMTAP_NLEVELS: 'x' }).levels).toBe(1);
  });

  test('of other inputs under the same name is none', () => {
    const cache = readyCache();
    const one = entry('one');
    stored(cache, one);
    expect(cache.find(one.facts.name, entry('two').inputs, noSettings)).toBeUndefined();
  });

  test('is none while a library file or a kernel setting is another one', () => {
    const cache = readyCache();
    const library = join(folder, 'a.stp');
    writeFileSync(library, 'function a() {}');
    const file = usedFile(library);
    const one = entry('one', {
      libraryFiles: file === undefined ? [] : [file],
      kernelSettings: [['CONFIG_X', 'y']],
    });
    stored(cache, one);
    const settings = {
      ...noSettings,
      kernelSetting: (name: string): string => (name === 'CONFIG_X' ? 'y' : ''),
    };
    const find = (questions = settings): unknown => cache.find(one.facts.name, one.inputs, questions);
    expect(find()).toBeDefined();
    expect(find(noSettings)).toBeUndefined();
    utimesSync(library, new Date(1), new Date(1));
    expect(find()).toBeUndefined();
    rmSync(library);
    expect(find()).toBeUndefined();
  });

  test('with probes of the kernel is none for another kernel or target, or a changed program', () => {
    const cache = readyCache();
    const program = join(folder, 'program');
    writeFileSync(program, 'ELF');
    const file = usedFile(program);
    const one = entry('one', { kernel: { decidedBy: 'Linux 6.1', files: file === undefined ? [] : [file] } });
    stored(cache, one);
    const find = (decision: string): unknown =>
      cache.find(one.facts.name, one.inputs, { ...noSettings, kernelDecision: () => decision });
    expect(find('Linux 6.1')).toBeDefined();
    expect(find('Linux 6.2')).toBeUndefined();
    utimesSync(program, new Date(1), new Date(1));
    expect(find('Linux 6.1')).toBeUndefined();
  });

  test('that is damaged or cut is none, and is replaced', () => {
    const cache = readyCache();
    const one = entry('one');
    for (const damage of [
      (path: string) => truncateSync(path, 200),
      (path: string) => truncateSync(path, 0),
      (path: string) => writeFileSync(path, readFileSync(path, 'latin1').replace('handlers', 'Handlers')),
      (path: string) => writeFileSync(path, 'stapmod 7 by stap-ts 9.9, '),
    ]) {
      const path = stored(cache, one);
      damage(path);
      expect(cache.find(one.facts.name, one.inputs, noSettings)).toBeUndefined();
    }
    stored(cache, one);
    expect(cache.find(one.facts.name, one.inputs, noSettings)).toBeDefined();
  });

  test.each(['missing', 'empty'])('whose .js is %s is removed', (state) => {
    const cache = readyCache();
    const one = entry('one');
    const path = stored(cache, one);
    const source = path.replace('.stapmod', '.js');
    if (state === 'missing') rmSync(source);
    else truncateSync(source, 0);
    expect(cache.find(one.facts.name, one.inputs, noSettings)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });

  test('that others could have written, or that a link leads to, is none', () => {
    const cache = readyCache();
    const one = entry('one');
    const path = stored(cache, one);
    const find = (): unknown => cache.find(one.facts.name, one.inputs, noSettings);
    chmodSync(path, 0o666);
    expect(find()).toBeUndefined();
    chmodSync(path, 0o644);
    expect(find()).toBeDefined();
    renameSync(path, join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), path);
    expect(find()).toBeUndefined();
  });

  test('of another user is none', () => {
    const one = entry('one');
    stored(readyCache(), one);
    const other = new ScriptCache(place(), UID + 1);
    expect(other.find(one.facts.name, one.inputs, noSettings)).toBeUndefined();
    expect(other.prepare()).toEqual({ usable: false });
    expect(other.store(one)).toBeUndefined();
  });

  test('is made whole by many at once', async () => {
    const cache = readyCache();
    const one = entry('one');
    await Promise.all(Array.from({ length: 8 }, async () => Promise.resolve(stored(cache, one))));
    expect(readdirSync(join(folder, 'data/cache', one.facts.name.slice(5, 7))).sort()).toHaveLength(3);
  });

  test('can be written by nobody else, whatever the umask', () => {
    const before = process.umask(0);
    try {
      const path = stored(readyCache(), entry('one'));
      for (const made of [path, join(path, '..'), join(path, '../..'), join(folder, 'data')])
        expect(statSync(made).mode & 0o022).toBe(0);
    } finally {
      process.umask(before);
    }
  });
});

describe('the place', () => {
  test('is below the home directory, or where SYSTEMTAP_DIR says', () => {
    expect(cachePlace({ HOME: '/home/a' })?.directory).toBe('/home/a/.systemtap/cache');
    expect(cachePlace({ HOME: '/home/a', SYSTEMTAP_DIR: '/b' })?.directory).toBe('/b/cache');
    expect(cachePlace({})).toBeUndefined();
  });

  test('is not made in a home directory that does not exist, without a word', () => {
    const found = cachePlace({ HOME: join(folder, 'nobody') });
    expect(found && new ScriptCache(found, UID).prepare()).toEqual({ usable: false });
    expect(existsSync(join(folder, 'nobody'))).toBe(false);
  });

  test('that cannot be made is a warning', () => {
    writeFileSync(join(folder, 'file'), '');
    const named = place({ SYSTEMTAP_DIR: join(folder, 'file/data') });
    expect(new ScriptCache(named, UID).prepare().warning).toBe(
      `failed to create systemtap data directory "${folder}/file/data" Not a directory, disabling cache support.`,
    );
    mkdirSync(join(folder, 'data'));
    symlinkSync('/nonexistent/x', join(folder, 'data/cache'));
    expect(new ScriptCache(place(), UID).prepare()).toEqual({ usable: false });
  });

  // `sudo stap` where HOME stays that of the person.
  test.runIf(UID === 0)(
    'in the home of another user is not used, and nothing is made where his links lead',
    () => {
      const home = join(folder, 'home');
      const victim = join(folder, 'victim');
      mkdirSync(home);
      mkdirSync(victim);
      symlinkSync(victim, join(home, '.systemtap'));
      lchownSync(join(home, '.systemtap'), 1501, 1501);
      chownSync(home, 1501, 1501);
      const found = cachePlace({ HOME: home });
      expect(found && new ScriptCache(found, UID).prepare()).toEqual({ usable: false });
      expect(readdirSync(victim)).toEqual([]);
      rmSync(join(home, '.systemtap'));
      expect(found && new ScriptCache(found, UID).prepare()).toEqual({ usable: false });
      expect(readdirSync(home)).toEqual([]);
      mkdirSync(join(home, '.systemtap/cache'), { recursive: true });
      if (found !== undefined) cleanCache(found, true, () => undefined);
      expect(readdirSync(join(home, '.systemtap/cache'))).toEqual([]);
      // Neither through a link above it that he may exchange.
      const link = join(folder, 'link');
      symlinkSync(victim, link);
      lchownSync(link, 1501, 1501);
      expect(isOnOwnWay(place({ SYSTEMTAP_DIR: join(link, 'data') }), UID)).toBe(false);
      expect(isOnOwnWay(place({ SYSTEMTAP_DIR: join(victim, 'data') }), UID)).toBe(true);
    },
  );

  test('that others can write to is not used', () => {
    readyCache();
    chmodSync(join(folder, 'data/cache'), 0o777);
    expect(new ScriptCache(place(), UID).prepare()).toEqual({ usable: false });
  });
});

describe('cleaning', () => {
  function clean(whenever = false): string[] {
    const notes: string[] = [];
    cleanCache(place(), whenever, (line) => notes.push(line));
    return notes;
  }

  test('makes its two files, then waits for the interval', () => {
    readyCache();
    const cache = `${folder}/data/cache`;
    expect(clean().slice(0, 2)).toEqual([
      `Cache limit file ${cache}/cache_mb_limit missing, creating default.`,
      `Cache clean interval file ${cache}/cache_clean_interval_s missing, creating default.`,
    ]);
    expect(readFileSync(`${cache}/cache_mb_limit`, 'latin1')).toBe('256\n');
    expect(readFileSync(`${cache}/cache_clean_interval_s`, 'latin1')).toBe('300\n');
    expect(clean()[0]).toMatch(/^Cache cleaning skipped, interval not reached 0 s \/ 300 s\.$/);
    const old = new Date(Date.now() - 400_000);
    utimesSync(`${cache}/cache_clean_interval_s`, old, old);
    expect(clean()[0]).toMatch(/^Cleaning cache, interval reached 40\d s > 300 s\.$/);
    expect(clean()[0]).toMatch(/skipped/);
  });

  test('removes the oldest entries, whole ones, until the limit is kept', () => {
    const cache = readyCache();
    const filler = 'x'.repeat(300_000);
    const paths = ['a', 'b', 'c', 'd'].map((name, index) => {
      const path = stored(cache, entry(name + filler));
      for (const ending of ['.stapmod', '.js', '_hash.log']) {
        const time = new Date(1_000_000 + index * 1000);
        utimesSync(path.replace('.stapmod', ending), time, time);
      }
      return path;
    });
    writeFileSync(`${folder}/data/cache/cache_mb_limit`, '1\n');
    clean(true);
    // Each entry is 600 kB: one fits into 1 MB.
    expect(paths.map((path) => existsSync(path))).toEqual([false, false, false, true]);
    expect(paths.map((path) => existsSync(path.replace('.stapmod', '.js')))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    writeFileSync(`${folder}/data/cache/cache_mb_limit`, '0\n');
    expect(clean(true).at(-1)).toMatch(/^ {2}\/.*_hash\.log$/);
    expect(existsSync(paths[3] ?? '')).toBe(false);
  });

  test('takes only its own files', () => {
    readyCache();
    const own = `${folder}/data/cache/ab`;
    mkdirSync(own);
    const foreign = [`${own}/notes.txt`, `${folder}/data/cache/README`];
    for (const path of foreign) writeFileSync(path, 'mine');
    const left = `${own}/.stap_${'ab'.repeat(16)}_12.stapmod.4711`;
    writeFileSync(left, 'half');
    utimesSync(left, new Date(1), new Date(1));
    writeFileSync(`${folder}/data/cache/cache_mb_limit`, '0\n');
    clean(true);
    expect(foreign.every((path) => existsSync(path))).toBe(true);
    expect(existsSync(left)).toBe(false);
  });

  test('of no cache says so', () => {
    expect(clean()).toEqual(['Cache cleaning skipped, no cache path.']);
  });
});
