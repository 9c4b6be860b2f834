import { chmodSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_STAPMOD_BYTES } from './stapmod.ts';
import { moduleUser, readTrustedModule, whyNotTrusted } from './trusted-file.ts';

let folder = '';
const ME = process.getuid?.() ?? 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stap-trust-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, 'content');
  chmodSync(path, mode);
  return path;
}

describe('a module file', () => {
  test.each([0o600, 0o644, 0o444, 0o755])('of the user with mode %o is read', (mode) => {
    const path = file(`mode-${mode}`, mode);
    expect(readTrustedModule(path, moduleUser(ME, undefined)).toString()).toBe('content');
  });

  test.each([0o660, 0o602, 0o666, 0o777])('that others can write to (%o) is refused', (mode) => {
    const path = file(`open-${mode}`, mode);
    expect(() => readTrustedModule(path, moduleUser(ME, undefined))).toThrow(/can be written by other users/);
  });

  test('is judged by what a link leads to', () => {
    symlinkSync(file('target', 0o666), join(folder, 'link'));
    expect(() => readTrustedModule(join(folder, 'link'), moduleUser(ME, undefined))).toThrow(/other users/);
  });

  test.each([
    { owner: 0, user: moduleUser(1000, undefined), trusted: true },
    { owner: 1000, user: moduleUser(1000, undefined), trusted: true },
    { owner: 1001, user: moduleUser(1000, undefined), trusted: false },
    { owner: 1000, user: moduleUser(0, undefined), trusted: false },
    { owner: 1000, user: moduleUser(0, '1000'), trusted: true },
    { owner: 1000, user: moduleUser(0, '1001'), trusted: false },
    { owner: 0, user: moduleUser(0, 'nonsense'), trusted: true },
    // Not root: SUDO_UID is only what somebody wrote into the environment.
    { owner: 1001, user: moduleUser(1000, '1001'), trusted: false },
  ])('of user $owner, run by $user: $trusted', ({ owner, user, trusted }) => {
    const reason = whyNotTrusted({ isFile: () => true, uid: owner, mode: 0o100644 }, user);
    expect(reason === undefined).toBe(trusted);
    if (!trusted) expect(reason).toContain(`belongs to user ${owner}`);
  });

  test('that is none is refused', () => {
    expect(() => readTrustedModule(folder, moduleUser(ME, undefined))).toThrow(/is not a regular file/);
    expect(() => readTrustedModule(join(folder, 'missing'), moduleUser(ME, undefined))).toThrow(/ENOENT/);
  });

  test('that is too large is not read', () => {
    const path = file('large', 0o600);
    truncateSync(path, MAX_STAPMOD_BYTES + 1);
    expect(() => readTrustedModule(path, moduleUser(ME, undefined))).toThrow(/larger than 64 MB/);
  });
});
