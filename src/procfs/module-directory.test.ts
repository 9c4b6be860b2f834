import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { removeScratchFolder } from '../../tests/harness/scratch-folder.ts';
import { MountError } from '../fuse/mount-error.ts';
import { servedMounts } from '../fuse/mount-table.ts';
import { mountModuleDirectory, sweepRoot } from './module-directory.ts';
import type { FrozenDirectory } from './frozen-directory.ts';
import type { ServedFiles } from './served-files.ts';
import type { PseudoFile } from './pseudo-file.ts';
import { TestGate } from '../runtime/testing/test-gate.ts';

// The files are served by this very process: only other programs may look at them, and never synchronously.
const execute = promisify(execFile);
const LONG = Array.from({ length: 4000 }, (_, index) => `line ${index}\n`).join('');

describe('a mounted module directory', () => {
  let root = '';
  let mounted: ServedFiles<FrozenDirectory>;
  let reads = 0;
  const gate = new TestGate();
  const written: string[] = [];
  const record = (_: unknown, data: string): { written: number } => {
    written.push(data);
    return { written: data.length };
  };
  const files: PseudoFile[] = [
    { path: 'counter', mode: 0o444, read: () => ({ content: `count ${++reads}\n` }) },
    { path: 'both', mode: 0o600, read: () => ({ content: 'init\n' }), write: record },
    { path: 'write-only', mode: 0o200, write: record },
    { path: 'read-only', mode: 0o400, read: () => ({ content: 'text\n' }) },
    { path: 'long', mode: 0o400, read: () => ({ content: LONG }) },
    { path: 'page', mode: 0o400, read: () => ({ content: 'p'.repeat(4096) }) },
    { path: 'empty', mode: 0o400, read: () => ({ content: '' }) },
    { path: 'bytes', mode: 0o400, read: () => ({ content: '\xff\x00\x80\n' }) },
    { path: 'deep/er/file', mode: 0o444, read: () => ({ content: 'deep\n' }) },
    { path: 'broken', mode: 0o600, read: () => ({ errno: 5 }), write: () => ({ errno: 5 }) },
    { path: 'who', mode: 0o444, read: (accessor) => ({ content: `${accessor.tid} ${accessor.uid}` }) },
  ];

  beforeAll(async () => {
    root = join(realpathSync(mkdtempSync(join(tmpdir(), 'stap-mount-'))), 'root');
    mounted = await mountModuleDirectory({ root, moduleName: 'stap_test', files, gate, uid: 0, gid: 0 });
  });
  afterAll(async () => {
    await mounted.remove();
    await removeScratchFolder(join(root, '..'));
  });
  beforeEach(() => void (written.length = 0));
  afterEach(() => gate.open());

  const at = (name: string): string => join(mounted.path, name);
  async function output(command: string, ...rest: string[]): Promise<string> {
    const { stdout } = await execute(command, rest, {
      encoding: 'latin1',
      timeout: 10_000,
      maxBuffer: 1 << 24,
    });
    return stdout;
  }
  const shell = (script: string): Promise<string> => output('bash', '-c', `cd ${mounted.path} && ${script}`);

  it('runs the read handler once per open and serves that text at any offset', async () => {
    const before = reads;
    expect(await shell('exec 5<counter; head -c 3 <&5; cat <&5; exec 5<&-')).toBe(`count ${before + 1}\n`);
    expect(await shell('dd if=counter bs=1 2>/dev/null')).toBe(`count ${before + 2}\n`);
    expect(await shell('cat counter counter')).toBe(`count ${before + 3}\ncount ${before + 4}\n`);
  });

  it('keeps opens independent', async () => {
    const before = reads;
    const text = await shell('exec 5<counter 6<counter; cat <&6; cat <&5; echo w > both');
    expect(text).toBe(`count ${before + 1}\ncount ${before + 2}\n`);
    expect(written).toEqual(['w\n']);
  });

  it('makes each write one event, whole and in order', async () => {
    await shell(
      `printf a > write-only; printf b >> both; printf '' > both; : > both; printf '1\\0002' > both`,
    );
    await shell(`head -c 100000 /dev/zero | dd of=both bs=100000 iflag=fullblock 2>/dev/null`);
    expect(written.slice(0, 3)).toEqual(['a', 'b', '1\x002']);
    expect(written[3]?.length).toBe(100_000);
    expect(written.length).toBe(4);
  });

  it('reads a write-only file as empty and refuses to write a read-only one', async () => {
    expect(await shell('cat write-only')).toBe('');
    await expect(shell('echo x > read-only')).rejects.toThrow(/Input\/output error/);
  });

  it('passes errors of handlers on', async () => {
    await expect(shell('cat broken')).rejects.toThrow(/Input\/output error/);
    await expect(shell('echo x > broken')).rejects.toThrow(/Input\/output error/);
  });

  it('tells the handler who reads', async () => {
    expect(await shell('exec bash -c \'read -r tid uid < who; [ "$tid" = $$ ] && echo "$uid"\'')).toBe('0\n');
  });

  it('shows size 0, modes, links and types', async () => {
    await shell('cat both > /dev/null');
    expect(await shell('stat -c "%n %a %h %s %F" both write-only deep deep/er .')).toBe(
      [
        'both 600 1 0 regular empty file',
        'write-only 200 1 0 regular empty file',
        'deep 555 3 0 directory',
        'deep/er 555 2 0 directory',
        '. 555 3 0 directory\n',
      ].join('\n'),
    );
    expect(await shell('cat deep/er/file')).toBe('deep\n');
    expect((await shell('ls')).split('\n').filter((name) => name !== '').length).toBe(11);
  });

  it('changes modes, owners and times, and moves the time of writing', async () => {
    await shell('chmod 640 both && chown 1000:100 both && touch -d @1000000000.5 both');
    expect(await shell('stat -c "%a %u %g %Y %X" both')).toBe('640 1000 100 1000000000 1000000000\n');
    await shell('echo x > both');
    expect(Number(await shell('stat -c %Y both'))).toBeGreaterThan(1_500_000_000);
    await shell('chown 0:0 both && chmod 600 both');
  });

  it.each([
    ['touch new', /No such file/],
    ['mkdir new', /No such file/],
    ['rm -f both', /Operation not permitted/],
    ['rmdir deep', /Operation not permitted/],
    ['mv both new', /No such file/],
    ['ln both new', /No such file/],
    ['dd if=both iflag=direct', /Invalid argument/],
  ])('refuses %s', async (script, reason) => {
    await expect(shell(script)).rejects.toThrow(reason);
  });

  // Programs that trust st_size, use sendfile or splice, or map the file.
  it.each(['long', 'page', 'empty', 'bytes', 'read-only'])(
    'gives every program exactly the content of %s',
    async (name) => {
      const path = at(name);
      const copy = join(root, '..', 'copy');
      const expected = await output('cat', path);
      expect(expected.length).toBe(
        { long: LONG.length, page: 4096, empty: 0, bytes: 4, 'read-only': 5 }[name],
      );
      const python = 'import shutil,sys; shutil.copyfile(sys.argv[1], sys.argv[2])';
      const node = 'require("fs").copyFileSync(process.argv[1], process.argv[2])';
      const copiers: string[][] = [
        ['busybox', 'cp', path, copy],
        ['cp', path, copy],
        ['rsync', path, copy],
        ['python3', '-c', python, path, copy],
        [process.execPath, '-e', node, path, copy],
        ['dd', `if=${path}`, `of=${copy}`, 'bs=7'],
      ];
      for (const [command = '', ...rest] of copiers) {
        rmSync(copy, { force: true });
        await output(command, ...rest);
        expect(await output('cat', copy), command).toBe(expected);
      }
      const readers: string[][] = [
        ['busybox', 'cat', path],
        ['head', '-c', '1000000', path],
        ['tail', '-c', '1000000', path],
        ['python3', '-c', 'import sys; sys.stdout.buffer.write(open(sys.argv[1], "rb").read())', path],
        [process.execPath, '-e', 'process.stdout.write(require("fs").readFileSync(process.argv[1]))', path],
        ['tar', '-C', mounted.path, '-cf', copy, name],
      ];
      for (const [command = '', ...rest] of readers) {
        const got = await output(command, ...rest);
        if (command !== 'tar') expect(got, command).toBe(expected);
      }
      expect(await output('tar', '-xOf', copy, name)).toBe(expected);
      expect(await output('wc', '-c', path)).toBe(`${expected.length} ${path}\n`);
      expect(await output('stat', '-c', '%s', path)).toBe('0\n');
    },
  );

  it('gives page-cache readers exact content beside ordinary readers', async () => {
    const script = `end=$((SECONDS + 2)); while [ $SECONDS -lt $end ]; do $1; done`;
    const jobs = [
      'busybox cat long | cmp - $W',
      'busybox cat long | cmp - $W',
      'cat long | cmp - $W',
      'cat long | cmp - $W',
    ];
    const expectedFile = join(root, '..', 'want');
    await shell(`cat long > ${expectedFile}`);
    await Promise.all(
      jobs.map((job) => shell(script.replace('$1', `${job.replace('$W', expectedFile)} || exit 9`))),
    );
  });

  it('holds reads and writes while the gate is closed, in order, and lets go of interrupted ones', async () => {
    gate.close();
    const before = reads;
    const write = shell('echo held > both');
    const read = shell('cat counter');
    const interrupted = execute('timeout', ['0.3', 'cat', at('counter')]);
    await expect(interrupted).rejects.toMatchObject({ code: 124 });
    expect(await shell('cat write-only; stat -c %s counter')).toBe('0\n');
    expect(written).toEqual([]);
    gate.open();
    expect(await read).toBe(`count ${before + 1}\n`);
    await write;
    expect(written).toEqual(['held\n']);
    expect(reads).toBe(before + 1);
  });

  it('refuses a second module of that name and a path that is file and directory', async () => {
    const options = { root, moduleName: 'stap_test', files, gate, uid: 0, gid: 0 };
    await expect(mountModuleDirectory(options)).rejects.toMatchObject({ code: 'MODULE_EXISTS' });
    const clash = { ...options, moduleName: 'other', files: [...files, { path: 'both/x', mode: 0o400 }] };
    await expect(mountModuleDirectory(clash)).rejects.toBeInstanceOf(MountError);
    expect(readdirSync(root)).toEqual(['stap_test']);
  });

  it('sweeps no living mount', async () => {
    expect(await sweepRoot(root)).toEqual([]);
    expect(servedMounts().some((mount) => mount.path === mounted.path)).toBe(true);
  });
});

describe('removing a module directory', () => {
  let base = '';
  const gate = new TestGate();
  const files: PseudoFile[] = [{ path: 'file', mode: 0o400, read: () => ({ content: 'x' }) }];
  beforeEach(() => (base = realpathSync(mkdtempSync(join(tmpdir(), 'stap-remove-')))));
  // Never into a mount that a failed test left: this process would wait for itself.
  afterEach(() => removeScratchFolder(base));

  it('leaves nothing behind, not even the root it created', async () => {
    const root = join(base, 'a', 'b');
    const mounted = await mountModuleDirectory({ root, moduleName: 'm', files, gate, uid: 0, gid: 0 });
    expect(await mounted.remove()).toEqual([]);
    expect(await mounted.remove()).toEqual([]);
    expect(servedMounts().filter((mount) => mount.path.startsWith(base))).toEqual([]);
    expect(readdirSync(base)).toEqual([]);
  });

  it('goes although its root was renamed, and leaves alone what is at the old place', async () => {
    const [root, moved] = [join(base, 'root'), join(base, 'moved')];
    const options = { root, moduleName: 'm', files, gate, uid: 0, gid: 0 };
    const first = await mountModuleDirectory(options);
    renameSync(root, moved);
    // Not a mount: another process would serve it.
    await mkdir(join(root, 'm', 'kept'), { recursive: true });
    await first.remove();
    expect(servedMounts().filter((mount) => mount.path.startsWith(base))).toEqual([]);
    expect(readdirSync(base)).toEqual(['root']);
    expect(readdirSync(join(root, 'm'))).toEqual(['kept']);
    rmSync(root, { recursive: true });
  });

  it('detaches at once when a program is inside, and names it', async () => {
    const mounted = await mountModuleDirectory({ root: base, moduleName: 'm', files, gate, uid: 0, gid: 0 });
    // Not by spawn's cwd: this process waits for its child to enter, and the child for this process to answer.
    const sleeper = spawn('sh', ['-c', 'cd "$1" && echo inside && exec sleep 30', 'sh', mounted.path]);
    await new Promise((resolve) => sleeper.stdout.once('data', resolve));
    await expect.poll(() => readFileSync(`/proc/${sleeper.pid}/comm`, 'latin1')).toBe('sleep\n');
    expect(await mounted.remove()).toEqual([{ pid: sleeper.pid, command: 'sleep' }]);
    expect(readdirSync(base)).toEqual([]);
    sleeper.kill();
  });

  it('leaves a program inside no names of files that are gone', async () => {
    const options = { root: base, moduleName: 'm', gate, uid: 0, gid: 0 };
    const inDirectory: PseudoFile = { path: 'sub/file', mode: 0o400, read: () => ({ content: 'x' }) };
    const mounted = await mountModuleDirectory({ ...options, files: [...files, inDirectory] });
    const list = 'LC_ALL=C ls . 2>&1; LC_ALL=C ls sub 2>&1';
    // The kernel keeps what the later ones read.
    const lists = `${list}; ${list}; ${list}`;
    const inside = spawn('sh', ['-c', `cd "$1" && ${lists}; read -r go; ${list}`, 'sh', mounted.path]);
    let text = '';
    inside.stdout.setEncoding('latin1').on('data', (piece: string) => (text += piece));
    await expect.poll(() => text).toBe('file\nsub\nfile\n'.repeat(3));
    text = '';
    expect(await mounted.remove()).toMatchObject([{ pid: inside.pid }]);
    inside.stdin.end('\n');
    await new Promise((resolve) => inside.once('close', resolve));
    expect(text).toMatch(/^ls: .*not connected\nls: .*not connected\n$/);
  });

  it('tells when somebody else unmounts it', async () => {
    const lost = await new Promise<string>((resolve, reject) => {
      const onLost = (): void => resolve('lost');
      mountModuleDirectory({ root: base, moduleName: 'm', files, gate, uid: 0, gid: 0, onLost })
        .then((mounted) => execute('umount', [mounted.path]))
        .catch(reject);
    });
    expect(lost).toBe('lost');
  });

  it('takes an empty directory left by a crash, but not a full one', async () => {
    await mkdir(join(base, 'm'));
    const mounted = await mountModuleDirectory({ root: base, moduleName: 'm', files, gate, uid: 0, gid: 0 });
    await mounted.remove();
    await mkdir(join(base, 'm', 'thing'), { recursive: true });
    const again = mountModuleDirectory({ root: base, moduleName: 'm', files, gate, uid: 0, gid: 0 });
    await expect(again).rejects.toMatchObject({ code: 'MODULE_EXISTS' });
    await rmdir(join(base, 'm', 'thing'));
  });
});
