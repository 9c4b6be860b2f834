import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processStartTicks } from '../fuse/process-identity.ts';
import { MAX_ENTRY_BYTES, entryText, isModuleName, parseEntry } from './entry-text.ts';
import { adoptClaim, claimModule, ModuleExistsError } from './module-claim.ts';
import type { ModuleEntry } from './module-entry.ts';
import { findModule, knownRoots, listModules, stillRuns, sweepModules } from './module-list.ts';
import { processUser, residentBytes, thisProcess } from './owner-process.ts';

let scratch = '';
let root = '';

beforeEach(() => {
  // Below /tmp, which is sticky: a directory that nobody else can write to.
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'stap-registry-')));
  root = join(scratch, 'root');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const DEAD = { pid: 1 << 21, startTicks: '1' };

function entryOf(name: string, patch: Partial<ModuleEntry> = {}): ModuleEntry {
  return {
    formatVersion: 1,
    name,
    state: 'running',
    ...thisProcess(),
    uid: process.getuid?.() ?? 0,
    startedAtMs: Date.now(),
    script: '<input>',
    directory: undefined,
    files: [],
    ...patch,
  };
}

/** A home as some process left it. */
function plant(name: string, text: string | undefined, inside = root): string {
  const home = join(inside, `.${name}`);
  mkdirSync(home, { recursive: true });
  if (text !== undefined) writeFileSync(join(home, 'entry.json'), text);
  return home;
}

function age(path: string): void {
  const past = new Date(Date.now() - 60_000);
  utimesSync(path, past, past);
}

describe('a claim', () => {
  test('publishes an entry that everybody can read, and removes all of it', () => {
    const claim = claimModule(root, { name: 'one', script: 'a.stp' });
    expect(statSync(claim.home).mode & 0o777).toBe(0o755);
    expect(statSync(join(claim.home, 'entry.json')).mode & 0o777).toBe(0o644);
    expect(listModules([root]).map(({ entry }) => [entry.name, entry.state, entry.pid])).toEqual([
      ['one', 'starting', process.pid],
    ]);
    claim.update({ state: 'running', directory: `${root}/one`, files: [{ path: 'a', mode: 0o600 }] });
    const found = findModule([root], 'one');
    expect(found?.entry).toEqual(claim.entry);
    expect(found?.entry.files).toEqual([{ path: 'a', mode: 0o600 }]);
    writeFileSync(claim.controlSocket, '');
    claim.release();
    expect(existsSync(root)).toBe(false);
    claim.release();
  });

  test('is found and released although its root was renamed; the same name at the old place is left alone', () => {
    const claim = claimModule(root, { name: 'one', script: 'a.stp' });
    const moved = join(scratch, 'moved');
    renameSync(root, moved);
    const other = claimModule(root, { name: 'one', script: 'b.stp' });
    claim.update({ state: 'running' });
    expect(findModule([moved], 'one')?.entry).toEqual(claim.entry);
    expect(adoptClaim(claim.transfer()).root).toBe(moved);
    claim.release();
    expect(readdirSync(scratch)).toEqual(['root']);
    expect(findModule([root], 'one')?.entry.script).toBe('b.stp');
    other.release();
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('is readable whatever the umask', () => {
    mkdirSync(root, 0o755);
    const old = process.umask(0o077);
    try {
      const claim = claimModule(root, { name: 'one', script: 'a.stp' });
      expect(statSync(claim.home).mode & 0o777).toBe(0o755);
      expect(statSync(join(claim.home, 'entry.json')).mode & 0o777).toBe(0o644);
      claim.release();
    } finally {
      process.umask(old);
    }
  });

  test('of a taken name is refused and changes nothing', () => {
    const claim = claimModule(root, { name: 'one', script: 'a.stp' });
    const refused = (): unknown => claimModule(root, { name: 'one', script: 'b.stp' });
    expect(refused).toThrow(ModuleExistsError);
    expect(refused).toThrow(`${root}/one: File exists`);
    expect(findModule([root], 'one')?.entry.script).toBe('a.stp');
    claim.release();
  });

  test('takes the name of a dead module', () => {
    const home = plant('one', entryText(entryOf('one', DEAD)));
    writeFileSync(join(home, 'control'), '');
    writeFileSync(join(home, 'control.77'), '');
    const claim = claimModule(root, { name: 'one', script: 'b.stp' });
    expect(findModule([root], 'one')?.entry.pid).toBe(process.pid);
    claim.release();
    expect(readdirSync(root)).toEqual([]);
  });

  test('tells a later process with the same number', () => {
    plant('one', entryText(entryOf('one', { startTicks: '1' })));
    expect(findModule([root], 'one')).toBeUndefined();
    claimModule(root, { name: 'one', script: 'b.stp' }).release();
  });

  test('waits for a home without entry, then takes it', () => {
    const home = plant('one', undefined);
    const almostOver = new Date(Date.now() - 1900);
    utimesSync(home, almostOver, almostOver);
    const startMs = Date.now();
    claimModule(root, { name: 'one', script: 'b.stp' }).release();
    expect(Date.now() - startMs).toBeGreaterThan(50);
  });

  test('leaves a directory with foreign files alone', () => {
    const home = plant('one', entryText(entryOf('one', DEAD)));
    writeFileSync(join(home, 'diary'), 'dear');
    expect(() => claimModule(root, { name: 'one', script: 'b.stp' })).toThrow(ModuleExistsError);
    sweepModules(root);
    expect(readdirSync(home).sort()).toEqual(['diary', 'entry.json']);
  });

  test('is not made below a directory that others can write to', () => {
    mkdirSync(root, { mode: 0o777 });
    const old = process.umask(0);
    mkdirSync(join(root, 'open'), { mode: 0o777 });
    process.umask(old);
    expect(() => claimModule(join(root, 'open'), { name: 'one', script: '' })).toThrow(/Other users/);
  });

  test.each(['', '.', '..', '.x', 'a/b', 'a b', 'a#1', 'x'.repeat(57), 'ä'])(
    'refuses the name %j',
    (name) => {
      expect(() => claimModule(root, { name, script: '' })).toThrow('cannot be the name of a module');
    },
  );

  test('goes over to another process, and back', async () => {
    const claim = claimModule(root, { name: 'one', script: 'a.stp' });
    const other = await sleeper();
    const startTicks = processStartTicks(other.pid ?? 0) ?? '';
    const transfer = claim.handOver({ pid: other.pid ?? 0, startTicks });
    expect(findModule([root], 'one')?.entry.pid).toBe(other.pid);
    claim.release();
    expect(findModule([root], 'one')?.entry.pid).toBe(other.pid);
    claim.takeBack();
    expect(findModule([root], 'one')?.entry.pid).toBe(process.pid);
    const { startedAtMs } = claim.entry;
    claim.giveUp();
    other.kill('SIGKILL');
    const adopted = adoptClaim(transfer);
    expect(findModule([root], 'one')?.entry).toMatchObject({ pid: process.pid, startedAtMs });
    adopted.release();
    expect(existsSync(root)).toBe(false);
  });

  test('says what to clean up when its process is killed', () => {
    const claim = claimModule(root, { name: 'one', script: 'a.stp' });
    const { files, directories } = claim.remains;
    expect(files).toContain(join(root, '.one', 'control'));
    expect(directories).toEqual([join(root, '.one'), root]);
    claim.release();
  });

  test('outlives a home removed by hand', () => {
    const claim = claimModule(root, { name: 'one', script: 'a.stp' });
    rmSync(claim.home, { recursive: true });
    expect(claim.update({ state: 'running' })).toBe(false);
    claim.release();
  });
});

async function sleeper(): Promise<ChildProcess> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('spawn', resolve));
  return child;
}

describe('sweeping', () => {
  test('removes dead homes, old empty ones and half-removed ones; nothing else', () => {
    const claim = claimModule(root, { name: 'alive', script: 'a.stp' });
    plant('dead', entryText(entryOf('dead', DEAD)));
    plant('young', undefined);
    age(plant('old', undefined));
    plant('grave#77', entryText(entryOf('grave', DEAD)));
    plant('foreign', '{"some":"thing"}');
    mkdirSync(join(root, 'directory'));
    mkdirSync(join(root, '.hidden dir'));
    sweepModules(root);
    expect(readdirSync(root).sort()).toEqual(['.alive', '.foreign', '.hidden dir', '.young', 'directory']);
    claim.release();
  });

  test('of many at once ends with one owner each and no remains', async () => {
    // Processes that claim and release the same few names and sweep all the time; each checks that it is alone.
    const children = await Promise.all([1, 2, 3].map((seed) => runClaimant(seed)));
    expect(children).toEqual(['ok', 'ok', 'ok']);
    expect(existsSync(root) ? readdirSync(root) : []).toEqual([]);
  }, 60_000);
});

/** Runs `testing/claimant.ts` on the root; resolves to what it prints. */
async function runClaimant(seed: number): Promise<string> {
  const path = join(import.meta.dirname, '../../scripts/run-ts.mjs');
  const script = join(import.meta.dirname, 'testing/claimant.ts');
  const child = spawn(process.execPath, [path, script, root, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return text.trim();
}

describe('listing', () => {
  test('shows the newest first, in several roots', () => {
    const other = join(scratch, 'other');
    plant('first', entryText(entryOf('first', { startedAtMs: 1000 })));
    plant('third', entryText(entryOf('third', { startedAtMs: 3000 })));
    plant('second', entryText(entryOf('second', { startedAtMs: 2000 })), other);
    const names = listModules([root, other, join(scratch, 'missing')]).map(({ entry }) => entry.name);
    expect(names).toEqual(['third', 'second', 'first']);
    expect(findModule([other, root], 'first')?.root).toBe(root);
  });

  test('knows that a module of the same name is another one', () => {
    plant('one', entryText(entryOf('one', { startedAtMs: 1000 })));
    const [module] = listModules([root]);
    if (module === undefined) throw new Error('not listed');
    expect(stillRuns(module)).toBe(true);
    plant('one', entryText(entryOf('one', { startedAtMs: 2000 })));
    expect(stillRuns(module)).toBe(false);
  });

  test('believes no entry of one user about the process of another', () => {
    if (process.getuid?.() !== 0) return;
    const owner = spawn('sleep', ['60'], { uid: 65534, stdio: 'ignore' });
    try {
      const startTicks = processStartTicks(owner.pid ?? 0) ?? '';
      plant('forged', entryText(entryOf('forged', { pid: owner.pid ?? 0, startTicks })));
      expect(listModules([root])).toEqual([]);
    } finally {
      owner.kill('SIGKILL');
    }
  });

  test('never follows links and never waits for FIFOs', () => {
    plant('real', entryText(entryOf('real')));
    symlinkSync(join(root, '.real'), join(root, '.link'));
    const home = plant('linked', undefined);
    symlinkSync(join(root, '.real', 'entry.json'), join(home, 'entry.json'));
    expect(listModules([root]).map(({ entry }) => entry.name)).toEqual(['real']);
  });

  test('reads no entry under another name', () => {
    plant('alias', entryText(entryOf('real')));
    expect(listModules([root])).toEqual([]);
  });

  test('includes the default root of the system', () => {
    expect(knownRoots(root)).toEqual(expect.arrayContaining([root, '/run/systemtap']));
  });
});

/** Other users can only be played by root. */
describe.runIf(process.getuid?.() === 0)('another user', () => {
  const OTHER = 1501;

  test('cannot speak for a module by a copy or a link of its entry in a home of his own', () => {
    const home = plant('mine', entryText(entryOf('mine')));
    expect(findModule([root], 'mine')).toBeDefined();
    chownSync(home, OTHER, OTHER);
    expect(findModule([root], 'mine')).toBeUndefined();
  });

  test('cannot let a home or an entry that he may write to count', () => {
    const home = plant('mine', entryText(entryOf('mine')));
    chmodSync(home, 0o777);
    expect(listModules([root])).toEqual([]);
    chmodSync(home, 0o755);
    chmodSync(join(home, 'entry.json'), 0o666);
    expect(listModules([root])).toEqual([]);
  });

  test('is not cleaned up after where he could exchange directories meanwhile', () => {
    const home = plant('dead', entryText(entryOf('dead', DEAD)));
    // As /tmp is: what anybody's mount makes a place to look for modules.
    chmodSync(root, 0o1777);
    chownSync(home, OTHER, OTHER);
    chownSync(join(home, 'entry.json'), OTHER, OTHER);
    sweepModules(root);
    expect(readdirSync(home)).toEqual(['entry.json']);
  });

  test('whose process acts for two users is no owner', () => {
    const both = spawn('setpriv', ['--euid=1501', '--clear-groups', 'sleep', '60'], { stdio: 'ignore' });
    try {
      const pid = both.pid ?? 0;
      expect(processUser(process.pid)).toBe(0);
      for (let wait = 0; wait < 2e9 && readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'sleep\n'; wait++);
      expect(processUser(pid)).toBeUndefined();
    } finally {
      both.kill('SIGKILL');
    }
  });
});

describe('the text of an entry', () => {
  test('comes back as it was', () => {
    const entry = entryOf('one', { script: 'a\n\u0001.stp', files: [{ path: 'x/y', mode: 0o644 }] });
    expect(parseEntry(entryText(entry))).toEqual(entry);
  });

  test('is never too long to be read', () => {
    const files = Array.from({ length: 5000 }, (_, index) => ({ path: `file_${index}`, mode: 0o644 }));
    const text = entryText(entryOf('one', { files }));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
    expect(parseEntry(text)?.files.length).toBeGreaterThan(500);
  });

  test('may be anything', () => {
    const good = entryOf('one', { files: [{ path: 'a', mode: 0o600 }] });
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(good)), fc.jsonValue(), (field, value) => {
        const entry = parseEntry(JSON.stringify({ ...good, [field]: value }));
        if (entry === undefined) return true;
        return isModuleName(entry.name) && Number.isInteger(entry.pid) && Array.isArray(entry.files);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => parseEntry(text) === undefined));
    for (const text of ['null', '[]', '{}', '1', '"x"', readFileSync('/proc/self/stat', 'latin1')])
      expect(parseEntry(text)).toBeUndefined();
  });
});

test('the resident memory of a process is known', () => {
  expect(residentBytes(process.pid)).toBeGreaterThan(1 << 20);
  expect(residentBytes(DEAD.pid)).toBeUndefined();
});
