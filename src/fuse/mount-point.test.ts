import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { removeMountPoint } from './mount-point.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stap-mount-point-'));
  folders.push(folder);
  return folder;
}

test('a directory is removed with the files that came into it after the unmount', async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'w'), 'stray');
  expect(await removeMountPoint(folder)).toBe(true);
  expect(existsSync(folder)).toBe(false);
  expect(await removeMountPoint(folder)).toBe(true);
});

test('directories in it are nobody we know', async () => {
  const folder = makeFolder();
  mkdirSync(join(folder, 'other'));
  expect(await removeMountPoint(folder)).toBe(false);
  expect(existsSync(join(folder, 'other'))).toBe(true);
});
