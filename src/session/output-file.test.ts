import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutputFile, OutputFileError } from './output-file.ts';
import { DescriptorOutput } from './ports/descriptor-output.ts';
import type { OutputRotation } from './stap-options.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'output-file-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function open(name: string, rotation?: OutputRotation): OutputFile {
  const noNative = (): Promise<undefined> => Promise.resolve(undefined);
  return new OutputFile(
    join(directory, name),
    rotation,
    (fd) => new DescriptorOutput(fd, noNative),
    () => new Date(2026, 0, 2, 3, 4, 5),
  );
}

function contents(): Record<string, string> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'latin1')]));
}

test('a switch goes from FILE to FILE.1; the name is a strftime format', () => {
  const file = open('out-%Y%m%d');
  file.write(Buffer.from('a'));
  file.switchFile();
  file.write(Buffer.from('b'));
  expect(contents()).toEqual({ 'out-20260102': 'a', 'out-20260102.1': 'b' });
});

test('with a size files are numbered from 0 and the oldest ones go', () => {
  const file = open('out', { sizeMb: 1, files: 2 });
  const chunk = Buffer.alloc(700_000, 'x');
  for (let count = 0; count < 4; count++) file.write(chunk);
  expect(Object.entries(contents()).map(([name, text]) => [name, text.length])).toEqual([
    ['out.2', 700_000],
    ['out.3', 700_000],
  ]);
});

test('one write larger than the size is not split', () => {
  const file = open('out', { sizeMb: 1, files: undefined });
  expect(file.write(Buffer.alloc(3_000_000, 'x'))).toBe(3_000_000);
  expect(Object.keys(contents())).toEqual(['out.0']);
});

test('a file that cannot be opened is an error with the reason', () => {
  expect(() => open('none/out')).toThrow(OutputFileError);
  expect(() => open('none/out')).toThrow(/No such file or directory$/);
});
