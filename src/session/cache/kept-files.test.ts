import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptFiles } from './kept-files.ts';

const BYTES = Uint8Array.from([1, 2, 3]);
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(homedir(), '.stap-kept-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const inHome = (name: string): string => join(home, '.systemtap/cache', name);

test('what was written is read, by another too', () => {
  expect(keptFiles({ HOME: home })?.read('btf-1')).toBeUndefined();
  expect(existsSync(join(home, '.systemtap'))).toBe(false);
  keptFiles({ HOME: home })?.write('btf-1', BYTES);
  expect(readdirSync(join(home, '.systemtap/cache'))).toEqual(['btf-1']);
  expect(keptFiles({ HOME: home })?.read('btf-1')).toEqual(Buffer.from(BYTES));
});

test('what others could have written, and links, are not read', () => {
  const files = keptFiles({ HOME: home });
  files?.write('btf-1', BYTES);
  chmodSync(inHome('btf-1'), 0o666);
  expect(files?.read('btf-1')).toBeUndefined();
  writeFileSync(inHome('file'), BYTES);
  symlinkSync('file', inHome('btf-2'));
  expect(files?.read('btf-2')).toBeUndefined();
});

test('without a home, or with one that is not there, nothing is kept', () => {
  expect(keptFiles({})).toBeUndefined();
  const missing = keptFiles({ HOME: join(home, 'missing') });
  missing?.write('btf-1', BYTES);
  expect(missing?.read('btf-1')).toBeUndefined();
  expect(readdirSync(home)).toEqual([]);
});
