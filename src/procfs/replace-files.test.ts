import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeScratchFolder } from '../../tests/harness/scratch-folder.ts';
import { mountModuleDirectory } from './module-directory.ts';
import type { FrozenDirectory } from './frozen-directory.ts';
import type { ServedFiles } from './served-files.ts';
import type { PseudoFile } from './pseudo-file.ts';

// The files are served by this very process: only other programs may look at them, and never synchronously.
const execute = promisify(execFile);
const gate = { ready: () => true, whenReady: (callback: () => void) => callback() };

describe('files that are exchanged under a mount', () => {
  let base = '';
  let mounted: ServedFiles<FrozenDirectory>;
  const written: string[] = [];
  beforeEach(async () => {
    written.length = 0;
    base = realpathSync(mkdtempSync(join(tmpdir(), 'stap-replace-')));
    mounted = await mountModuleDirectory({
      ...{ root: base, moduleName: 'm', gate, uid: 0, gid: 0 },
      files: [
        text('a', 'old a'),
        text('dir/b', 'old b'),
        text('dir/c', 'old c'),
        sink('w', 'old'),
        text('x', 'file'),
      ],
    });
  });
  afterEach(async () => {
    await mounted.remove();
    await removeScratchFolder(base);
  });

  function text(path: string, content: string, mode = 0o444): PseudoFile {
    return { path, mode, read: () => ({ content: `${content}\n` }) };
  }
  function sink(path: string, name: string, mode = 0o622): PseudoFile {
    const write = (_: unknown, data: string): { written: number } => {
      written.push(`${name}: ${data}`);
      return { written: data.length };
    };
    return { path, mode, write };
  }
  async function shell(script: string): Promise<string> {
    const { stdout } = await execute('bash', ['-c', `cd ${mounted.path} && { ${script}; } 2>&1`], {
      env: { ...process.env, LC_ALL: 'C' },
      timeout: 10_000,
    });
    return stdout;
  }
  /** A program inside that goes on when told. */
  async function inside(
    before: string,
    after: string,
  ): Promise<(go: () => Promise<void>) => Promise<string>> {
    const script = `cd ${mounted.path} && ${before}; echo ready; read -r go; { ${after}; } 2>&1`;
    const child = spawn('bash', ['-c', script], { env: { ...process.env, LC_ALL: 'C' } });
    let output = '';
    child.stdout.setEncoding('latin1').on('data', (piece: string) => (output += piece));
    const closed = new Promise((resolve) => child.once('close', resolve));
    await expect.poll(() => output).toContain('ready\n');
    return async (go) => {
      output = '';
      await go();
      child.stdin.end('go\n');
      await closed;
      return output;
    };
  }

  it('come, go and change at once, also for programs that know them', async () => {
    const list = 'ls; ls dir; cat a dir/b new d2/e x/y';
    const resume = await inside(`${list} > /dev/null 2>&1; ${list} > /dev/null 2>&1`, list);
    const output = await resume(() =>
      mounted.replaceFiles([
        text('a', 'new a'),
        text('dir/c', 'new c'),
        text('new', 'n'),
        text('d2/e', 'e'),
        text('x/y', 'y'),
      ]),
    );
    expect(output).toBe(
      [
        'a',
        'd2',
        'dir',
        'new',
        'x',
        'c',
        'new a',
        'cat: dir/b: No such file or directory',
        'n',
        'e',
        'y',
        '',
      ].join('\n'),
    );
    await mounted.replaceFiles([text('a', 'third')]);
    expect(await shell('ls; cat a; ls dir || true')).toBe(
      "a\nthird\nls: cannot access 'dir': No such file or directory\n",
    );
  });

  it('leave open descriptions what they have read', async () => {
    const before = 'exec 3<a 4<dir/b 5<dir/c 6>w; head -c 3 <&3 >/dev/null; head -c 3 <&4 >/dev/null; cd dir';
    const after = 'cat <&3; cat <&4; cat <&5; echo late >&6; ls; cat c; cd .. ';
    const resume = await inside(before, after);
    const output = await resume(() => mounted.replaceFiles([text('a', 'new a')]));
    expect(output).toMatch(
      /^ a\n b\ncat: -: Input\/output error\nbash: .*write error: Input\/output error\ncat: c: No such file or directory\n$/,
    );
    expect(written).toEqual([]);
  });

  it('go on being written through descriptions that are open', async () => {
    const resume = await inside('exec 6>w', 'echo one >&6');
    await resume(() => mounted.replaceFiles([sink('w', 'new')]));
    const other = await inside('exec 6>w', 'echo two >&6; stat -c %a w');
    expect(await other(() => mounted.replaceFiles([sink('w', 'third', 0o600)]))).toBe('600\n');
    expect(written).toEqual(['new: one\n', 'third: two\n']);
  });

  it('keep the mode that chmod gave unless the script asks for another', async () => {
    await shell('chmod 400 a; chmod 400 dir/b; chown 7:8 a dir/b');
    await mounted.replaceFiles([text('a', 'new a'), text('dir/b', 'new b', 0o440)]);
    expect(await shell('stat -c "%n %a %u %g" a dir/b')).toBe('a 400 7 8\ndir/b 440 7 8\n');
  });

  it('stay as they are when the new ones cannot be', async () => {
    await expect(mounted.replaceFiles([text('a', '1'), text('a/b', '2')])).rejects.toMatchObject({
      code: 'BAD_PATH',
    });
    expect(await shell('cat a; ls dir')).toBe('old a\nb\nc\n');
  });

  it('are exchanged without error under programs that look for them', async () => {
    let stop = false;
    const loops = Array.from({ length: 4 }, async () => {
      while (!stop)
        await shell('for i in {1..50}; do cat a dir/b > /dev/null; ls dir nothing > /dev/null; done || true');
    });
    for (let round = 0; round < 100; round++) {
      const more = round % 2 === 0 ? [] : [text('dir/more', 'm'), text('other/more', 'm')];
      await mounted.replaceFiles([text('a', `${round}`), text('dir/b', 'b'), ...more]);
      expect(await shell('cat a')).toBe(`${round}\n`);
    }
    stop = true;
    await Promise.all(loops);
  }, 30_000);
});

describe('a group that may read', () => {
  it('gets the read bit and nothing else', async () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'stap-group-')));
    const file = (path: string, mode: number): PseudoFile => ({
      path,
      mode,
      read: () => ({ content: path }),
    });
    const mounted = await mountModuleDirectory({
      ...{ root: base, moduleName: 'm', gate, uid: 0, gid: 0, groupReadable: 12 },
      files: [
        file('private', 0o400),
        file('both', 0o600),
        file('public', 0o444),
        file('d/write-only', 0o200),
      ],
    });
    const { stdout } = await execute('bash', ['-c', `cd ${mounted.path}; stat -c '%n %a %g' * d/*`]);
    expect(stdout).toBe('both 640 12\nd 555 0\nprivate 440 12\npublic 444 12\nd/write-only 200 12\n');
    await mounted.remove();
    await removeScratchFolder(base);
  });
});
