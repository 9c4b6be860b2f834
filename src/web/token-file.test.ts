import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { randomToken, TokenFileError, tokenOfFile } from './token-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stap-token-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file that does not exist is made for its owner only, and read the next time', () => {
  const path = join(folder, 'token');
  const token = tokenOfFile(path);
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'latin1')).toBe(`${token}\n`);
  expect(tokenOfFile(path)).toBe(token);
});

test.each([0o640, 0o604, 0o620])('others must not reach it: mode %o', (mode) => {
  const path = join(folder, 'token');
  writeFileSync(path, `${randomToken()}\n`);
  chmodSync(path, mode);
  expect(() => tokenOfFile(path)).toThrow(TokenFileError);
  expect(() => tokenOfFile(path)).toThrow(`chmod 600 ${path}`);
});

test.each(['', '\n', 'short\n', 'two words of enough length\n', 'nöt only ASCII characters\n'])(
  'it holds one long word, not %j',
  (text) => {
    const path = join(folder, 'token');
    writeFileSync(path, text, { mode: 0o600 });
    expect(() => tokenOfFile(path)).toThrow(/at least 16 characters/);
  },
);

test('a directory, or a place that does not exist, is told', () => {
  expect(() => tokenOfFile(folder)).toThrow(TokenFileError);
  expect(() => tokenOfFile(join(folder, 'a', 'b'))).toThrow(TokenFileError);
});
