import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureSafeDirectory } from './safe-directory.ts';

describe('ensureSafeDirectory', () => {
  let base = '';
  beforeEach(() => (base = realpathSync(mkdtempSync(join(tmpdir(), 'stap-safe-')))));
  afterEach(() => rmSync(base, { recursive: true }));

  it('creates missing directories for their owner alone to change and names them', () => {
    const wanted = join(base, 'one', 'two');
    expect(ensureSafeDirectory(wanted)).toEqual({ path: wanted, created: [wanted, join(base, 'one')] });
    expect(statSync(wanted).mode & 0o777).toBe(0o755);
    expect(ensureSafeDirectory(wanted)).toEqual({ path: wanted, created: [] });
  });

  it('refuses a directory that others can write to, even with the sticky bit', () => {
    const open = join(base, 'open');
    mkdirSync(open);
    chmodSync(open, 0o1777);
    expect(() => ensureSafeDirectory(open)).toThrow(/Other users can change/);
    expect(ensureSafeDirectory(join(open, 'mine')).path).toBe(join(open, 'mine'));
  });

  it('refuses a way through a directory that others can rename things in', () => {
    const open = join(base, 'open');
    mkdirSync(join(open, 'inner'), { recursive: true });
    chmodSync(open, 0o777);
    expect(() => ensureSafeDirectory(join(open, 'inner'))).toThrow(/Other users can change/);
  });

  it('follows its own links to where they lead', () => {
    mkdirSync(join(base, 'real'));
    symlinkSync(join(base, 'real'), join(base, 'link'));
    expect(ensureSafeDirectory(join(base, 'link', 'x')).path).toBe(join(base, 'real', 'x'));
  });

  it('names what cannot be reached: a link to nowhere, a name too long', () => {
    symlinkSync(join(base, 'nowhere'), join(base, 'link'));
    for (const name of ['link', 'x'.repeat(300)])
      expect(() => ensureSafeDirectory(join(base, name))).toThrow(
        expect.objectContaining({
          name: 'MountError',
          code: 'UNSAFE_ROOT',
          message: expect.stringContaining(`Cannot reach the directory ${join(base, name)}: `) as unknown,
        }),
      );
  });

  it.each(['relative', '/tmp/../etc'])('refuses %s', (path) => {
    expect(() => ensureSafeDirectory(path)).toThrow();
  });

  it('refuses a file', () => {
    expect(() => ensureSafeDirectory('/etc/passwd')).toThrow(/not a directory/);
  });
});
