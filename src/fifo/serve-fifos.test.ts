import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { FrozenFifos } from './fifo-directory.ts';
import type { ServedFiles } from '../procfs/served-files.ts';
import type { HandlerGate, PseudoFile } from '../procfs/pseudo-file.ts';
import { TestGate } from '../runtime/testing/test-gate.ts';
import { serveFifos } from './serve-fifos.ts';

// Served by this very process: only other programs may open the FIFOs, and never synchronously.
const execute = promisify(execFile);
const bash = async (command: string): Promise<string> => (await execute('bash', ['-c', command])).stdout;

const scratch = mkdtempSync(join(tmpdir(), 'stap-fifo-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let count = 0;
const served: ServedFiles<FrozenFifos>[] = [];
const warnings: string[] = [];
const lost: string[] = [];
afterEach(async () => {
  for (const directory of served.splice(0)) await directory.remove();
  warnings.length = 0;
  lost.length = 0;
});

function serve(
  files: readonly PseudoFile[],
  more: { gate?: HandlerGate; name?: string; root?: string } = {},
): ServedFiles<FrozenFifos> {
  const directory = serveFifos({
    root: more.root ?? join(scratch, `root${++count}`),
    moduleName: more.name ?? 'module',
    files,
    gate: more.gate ?? new TestGate(),
    groupGid: undefined,
    warn: (text) => warnings.push(text),
    note: () => undefined,
    onLost: (reason) => lost.push(reason),
  });
  served.push(directory);
  return directory;
}

const reading = (path: string, read: () => string, mode = 0o444): PseudoFile => ({
  path,
  mode,
  read: () => ({ content: read() }),
});

function writing(path: string, written: string[], eventBytes = 511): PseudoFile {
  const write = (_: unknown, data: string): { written: number } => {
    written.push(data);
    return { written: data.length };
  };
  return { path, mode: 0o222, eventBytes, write };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !condition(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

// Whoever was there first may have made the root anything.
it.runIf(process.getuid?.() === 0)('never clears up in a directory that another user chose', () => {
  const victim = join(scratch, 'victim', 'state');
  mkdirSync(victim, { recursive: true });
  execFileSync('mkfifo', [join(victim, 'fifo')]);
  const root = join(scratch, 'planted');
  symlinkSync(join(scratch, 'victim'), root);
  lchownSync(root, 1501, 1501);
  expect(() => serve([{ path: 'a', mode: 0o444, read: () => ({ content: '' }) }], { root })).toThrow(
    'another user',
  );
  expect(readdirSync(victim)).toEqual(['fifo']);
});

describe('files with a read probe', () => {
  it('gives each reader a new text and the end of the file', async () => {
    let reads = 0;
    const { path } = serve([reading('f', () => `text ${++reads}\n`)]);
    expect(await bash(`for i in {1..20}; do timeout 9 cat ${path}/f; done`)).toBe(
      Array.from({ length: 20 }, (_, index) => `text ${index + 1}\n`).join(''),
    );
    expect(reads).toBe(20);
  });
  it('gives a text far larger than a pipe', async () => {
    const text = Array.from({ length: 200_000 }, (_, index) => `line ${index}\n`).join('');
    const { path } = serve([reading('big', () => text)]);
    expect(await bash(`timeout 9 cat ${path}/big | md5sum`)).toBe(
      await bash(`for i in {0..199999}; do echo line $i; done | md5sum`),
    );
  });
  it('gives an empty text', async () => {
    const { path } = serve([reading('empty', () => '')]);
    expect(await bash(`timeout 9 cat ${path}/empty; echo $?`)).toBe('0\n');
  });
  it('lets readers be slow without stopping others, of the same file too', async () => {
    const text = 'x'.repeat(300_000);
    const { path } = serve([reading('big', () => text), reading('small', () => 'small\n')]);
    expect(
      await bash(`exec 7<${path}/big; timeout 9 cat ${path}/small; exec 8<${path}/big
        timeout 9 cat ${path}/small; timeout 9 cat ${path}/big | wc -c
        timeout 9 cat <&8 | wc -c; timeout 9 cat <&7 | wc -c`),
    ).toBe('small\nsmall\n300000\n300000\n300000\n');
  });
  it('is not disturbed by readers that are killed', async () => {
    const directory = serve([reading('big', () => 'y'.repeat(300_000))]);
    await bash(`for i in {1..30}; do dd if=${directory.path}/big bs=9 of=/dev/null status=none & p=$!
      sleep 0.00$((i % 7)); kill -9 $p; wait $p 2>/dev/null; done; true`);
    expect(await bash(`timeout 9 cat ${directory.path}/big | wc -c`)).toBe('300000\n');
    expect(warnings).toEqual([]);
  });
  it('waits with the handler while the gate is closed', async () => {
    const gate = new TestGate();
    gate.close();
    let runs = 0;
    const { path } = serve([reading('f', () => `run ${++runs}\n`)], { gate });
    const reader = bash(`timeout 5 cat ${path}/f`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(runs).toBe(0);
    gate.open();
    expect(await reader).toBe('run 1\n');
  });
  it('never leaves a reader waiting, however fast they come', async () => {
    const { path } = serve([reading('f', () => 'text\n')]);
    const loops = Array.from({ length: 4 }, () =>
      bash(`for i in {1..300}; do read -r x <${path}/f; done; echo done`),
    );
    expect(await Promise.all(loops)).toEqual(Array(4).fill('done\n'));
  }, 20_000);
});

describe('files with write probes', () => {
  it('joins what comes until the last writer closes', async () => {
    const written: string[] = [];
    const { path } = serve([writing('w', written)]);
    await bash(`(echo -n a; sleep 0.1; echo -n b; sleep 0.1; echo c) > ${path}/w`);
    await until(() => written.length === 1);
    expect(written).toEqual(['abc\n']);
  });
  it('takes one message after the other', async () => {
    const written: string[] = [];
    const { path } = serve([writing('w', written)]);
    for (let index = 0; index < 20; index++) {
      await bash(`echo ${index} > ${path}/w`);
      await until(() => written.length === index + 1);
    }
    expect(written).toEqual(Array.from({ length: 20 }, (_, index) => `${index}\n`));
  });
  it('makes an event of an empty message', async () => {
    const written: string[] = [];
    const { path } = serve([writing('w', written)]);
    await bash(`: > ${path}/w`);
    await until(() => written.length === 1);
    expect(written).toEqual(['']);
  });
  it('cuts a long message into events, losing nothing', async () => {
    const written: string[] = [];
    const { path } = serve([writing('w', written, 1000)]);
    await bash(`head -c 3000000 /dev/zero | tr '\\0' q > ${path}/w`);
    await until(() => written.length === 3000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(written).toEqual(Array(3000).fill('q'.repeat(1000)));
  });
  it('lets writers wait while the gate is closed', async () => {
    const gate = new TestGate();
    const written: string[] = [];
    const { path } = serve([writing('w', written)], { gate });
    gate.close();
    const writer = bash(`timeout 9 head -c 200000 /dev/zero > ${path}/w; echo $?`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toEqual([]);
    gate.open();
    expect(await writer).toBe('0\n');
    await until(() => written.join('').length === 200_000);
  });
});

describe('the directory', () => {
  it('has the modes of the files, sub-directories, and is gone afterwards', async () => {
    const root = join(scratch, `root${++count}`);
    const written: string[] = [];
    const directory = serve(
      [reading('a', () => 'a\n', 0o400), reading('d/e/b', () => 'b\n', 0o440), writing('d/w', written)],
      { root },
    );
    const modes = ['a', 'd', 'd/e', 'd/e/b', 'd/w', '.'].map((name) =>
      (statSync(`${directory.path}/${name}`).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(['400', '755', '755', '440', '222', '755']);
    expect(readdirSync(directory.path).sort()).toEqual(['a', 'd']);
    expect(await bash(`cat ${directory.path}/d/e/b; echo x > ${directory.path}/d/w`)).toBe('b\n');
    await until(() => written.length === 1);
    expect(await directory.remove()).toEqual([]);
    expect(existsSync(root)).toBe(false);
  });
  it('refuses a path to be read and written, creating nothing', () => {
    const root = join(scratch, `root${++count}`);
    const both: PseudoFile = { ...reading('x', () => ''), ...writing('x', []) };
    expect(() => serve([both], { root })).toThrow(
      'both read and write procfs probes cannot exist for the same procfs path "x"',
    );
    expect(existsSync(root)).toBe(false);
  });
  it('refuses a name that a living module has, and takes over that of a dead one', () => {
    const root = join(scratch, `root${++count}`);
    serve([reading('f', () => '')], { root });
    expect(() => serve([reading('f', () => '')], { root })).toThrow('File exists');
    mkdirSync(`${root}/dead/inner`, { recursive: true });
    return execute('mkfifo', [`${root}/dead/f`, `${root}/dead/inner/g`]).then(() => {
      const directory = serve([reading('h', () => '')], { root, name: 'dead' });
      expect(readdirSync(directory.path)).toEqual(['h']);
    });
  });
  it('leaves alone what is no FIFO', () => {
    const root = join(scratch, `root${++count}`);
    mkdirSync(`${root}/other`, { recursive: true });
    writeFileSync(`${root}/other/precious`, 'text');
    expect(() => serve([reading('f', () => '')], { root, name: 'other' })).toThrow('File exists');
    expect(existsSync(`${root}/other/precious`)).toBe(true);
    symlinkSync(scratch, `${root}/link`);
    expect(() => serve([reading('f', () => '')], { root, name: 'link' })).toThrow('File exists');
  });
  it('ends readers and writers that are still there, and names them', async () => {
    const directory = serve([reading('big', () => 'z'.repeat(300_000)), writing('w', [])]);
    const removed = join(scratch, 'removed');
    const waiting = `until [ -e ${removed} ]; do sleep 0.02; done`;
    const begun = (name: string): string => join(scratch, `${name}-begun`);
    const reader = spawn('bash', [
      '-c',
      `exec 7<${directory.path}/big; : > ${begun('reader')}; ${waiting}; cat <&7 | wc -c`,
    ]);
    const writer = spawn('bash', [
      '-c',
      `exec 7>${directory.path}/w; : > ${begun('writer')}; ${waiting}; echo x >&7 2>/dev/null; echo $?`,
    ]);
    const output = (child: typeof reader): Promise<string> =>
      new Promise((resolve) => {
        let text = '';
        child.stdout.on('data', (data: Buffer) => (text += data.toString()));
        child.on('close', () => resolve(text));
      });
    const outputs = Promise.all([output(reader), output(writer)]);
    await until(() => existsSync(begun('reader')) && existsSync(begun('writer')));
    const holders = await directory.remove();
    writeFileSync(removed, '');
    expect(holders.map(({ pid }) => pid).sort()).toEqual(
      expect.arrayContaining([reader.pid, writer.pid].sort()),
    );
    const [read] = await outputs;
    expect(Number(read)).toBeLessThan(300_000);
    expect(existsSync(directory.path)).toBe(false);
  });
  it('says when somebody else removed it', async () => {
    const directory = serve([reading('f', () => '')]);
    await bash(`rm -r ${directory.path}`);
    await until(() => lost.length === 1);
    expect(lost).toEqual(['the module directory was removed from outside']);
    await directory.remove();
  });
});
