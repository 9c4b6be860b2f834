import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rcFilePath, readRcFile } from './rc-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rc-file-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function read(text: string): ReturnType<typeof readRcFile> {
  writeFileSync(join(directory, 'rc'), text);
  return readRcFile({ SYSTEMTAP_DIR: directory, X: '1 2' });
}

test('every line gives words; there are no comments', () => {
  expect(read('-v  --vp "0 1"\n# hello $X\n')).toMatchObject({
    kind: 'words',
    words: ['-v', '--vp', '0 1', '#', 'hello', '1', '2'],
  });
});

test('a line that cannot be expanded makes the file unusable', () => {
  expect(read('-v\n-D $UNDEFINED\n')).toEqual({ kind: 'unusable', path: join(directory, 'rc') });
});

test('a missing file gives no words', () => {
  expect(readRcFile({ SYSTEMTAP_DIR: join(directory, 'none') })).toMatchObject({ kind: 'words', words: [] });
});

test('without SYSTEMTAP_DIR it is in the home directory', () => {
  expect(rcFilePath({ HOME: '/home/u' })).toBe('/home/u/.systemtap/rc');
});
