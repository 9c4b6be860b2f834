import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutputFile, OutputFileError } from './output-file.ts';
import { DescriptorOutput } from '../ports/descriptor-output.ts';
import type { OutputRotation } from '../stap-options.ts';

const MB = 1 << 20;

let directory = '';
let warnings: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'output-file-'));
  warnings = [];
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function open(name: string, rotation?: OutputRotation): OutputFile {
  const noNative = (): Promise<undefined> => Promise.resolve(undefined);
  return new OutputFile(
    name.startsWith('/') ? name : join(directory, name),
    rotation,
    (fd) => new DescriptorOutput(fd, noNative),
    () => new Date(2026, 0, 2, 3, 4, 5),
    (text) => warnings.push(text),
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

test('a file may be exactly as large as its size, one byte more begins the next', () => {
  const file = open('out', { sizeMb: 1, files: undefined });
  file.write(Buffer.alloc(MB - 1, 'x'));
  file.write(Buffer.from('y'));
  expect(Object.keys(contents())).toEqual(['out.0']);
  file.write(Buffer.from('z'));
  expect(Object.entries(contents()).map(([name, text]) => [name, text.length])).toEqual([
    ['out.0', MB],
    ['out.1', 1],
  ]);
});

test('one write larger than the size is not split', () => {
  const file = open('out', { sizeMb: 1, files: undefined });
  expect(file.write(Buffer.alloc(3_000_000, 'x'))).toBe(3_000_000);
  expect(Object.keys(contents())).toEqual(['out.0']);
});

test('whatever is written and whenever it switches, the files in order are what was written', () => {
  const steps = fc.array(
    fc.oneof(fc.record({ length: fc.integer({ min: 0, max: 600_000 }) }), fc.constant('switch' as const)),
    { maxLength: 12 },
  );
  let round = 0;
  fc.assert(
    fc.property(steps, fc.boolean(), (sequence, rotates) => {
      const folder = join(directory, String(round++));
      mkdirSync(folder);
      const file = open(join(folder, 'o'), rotates ? { sizeMb: 1, files: undefined } : undefined);
      const written: Buffer[] = [];
      for (const [index, step] of sequence.entries()) {
        if (step === 'switch') {
          file.switchFile();
          continue;
        }
        const bytes = Buffer.alloc(step.length, `<${index}>`);
        if (step.length > 0) expect(file.write(bytes)).toBe(step.length);
        written.push(bytes);
      }
      const numberOf = (name: string): number => Number(name.split('.')[1] ?? -1);
      const names = readdirSync(folder).sort((one, other) => numberOf(one) - numberOf(other));
      const pieces = names.map((name) => readFileSync(join(folder, name)));
      file.close();
      rmSync(folder, { recursive: true });
      if (rotates) for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(MB);
      expect(Buffer.concat(pieces).equals(Buffer.concat(written))).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('a size of 0 is no size', () => {
  const file = open('out', { sizeMb: 0, files: 1 });
  for (let count = 0; count < 3; count++) file.write(Buffer.from('x'));
  expect(contents()).toEqual({ 'out.0': 'xxx' });
});

test('when the next file cannot be opened it goes on in this one and says so', () => {
  const file = open('out');
  file.write(Buffer.from('a'));
  mkdirSync(join(directory, 'out.1'));
  file.switchFile();
  file.write(Buffer.from('b'));
  expect(readFileSync(join(directory, 'out'), 'latin1')).toBe('ab');
  const name = join(directory, 'out');
  expect(warnings).toEqual([
    `Couldn't open output file ${name}.1: Is a directory; output goes on in ${name}`,
  ]);
  rmSync(join(directory, 'out.1'), { recursive: true });
  file.switchFile();
  file.write(Buffer.from('c'));
  expect(contents()).toEqual({ out: 'ab', 'out.1': 'c' });
});

test('a file that somebody cut short grows from its new end', () => {
  const file = open('out');
  file.write(Buffer.from('before'));
  truncateSync(join(directory, 'out'));
  file.write(Buffer.from('after'));
  expect(contents()).toEqual({ out: 'after' });
});

test('the null device has no successors and is never removed', () => {
  const file = open('/dev/null', { sizeMb: 1, files: 1 });
  // As somebody who could not remove it, whatever the program tries.
  const uid = process.getuid?.();
  if (uid === 0) process.seteuid?.(65534);
  for (let count = 0; count < 3; count++) file.write(Buffer.alloc(MB));
  if (uid === 0) process.seteuid?.(0);
  expect(file.name).toBe('/dev/null');
  expect(existsSync('/dev/null.1')).toBe(false);
});

test('a FIFO without a reader does not stop the start', () => {
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  const file = open('fifo');
  expect(file.write(Buffer.from('x'))).toBe(1);
  file.close();
});

test('a write that fails tells why', () => {
  const file = open('/dev/full');
  expect(file.failure).toBeUndefined();
  expect(file.write(Buffer.from('x'))).toBe('broken');
  expect(file.failure).toBe('ENOSPC');
});

test.each([
  ['none/out', /No such file or directory$/],
  ['.', /Is a directory$/],
  ['x'.repeat(300), /File name too long$/],
  ['x'.repeat(5000), /^Filename format is invalid or too long\.$/],
])('a file that cannot be opened is an error with the reason: %.10s', (name, reason) => {
  expect(() => open(name)).toThrow(OutputFileError);
  expect(() => open(name)).toThrow(reason);
});
