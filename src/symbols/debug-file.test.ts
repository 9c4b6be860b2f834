import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytesInMemory } from '../elf/elf-bytes.ts';
import { readElfFile } from '../elf/elf-file.ts';
import { FunctionTable } from '../elf/function-table.ts';
import { buildId } from '../elf/notes.ts';
import { functionSymbols } from '../elf/symbols.ts';
import { compiledProgram } from '../elf/testing/compiled-program.ts';
import { debugFileOf } from './debug-file.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stap-debug-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const elfOf = (path: string) => readElfFile(bytesInMemory(readFileSync(path)));

test('symbols of a stripped program are in the file of its build id', () => {
  const program = compiledProgram(directory);
  const stripped = join(directory, 'stripped');
  execFileSync('strip', ['-o', stripped, program]);
  const id = buildId(elfOf(program)) ?? '';
  const debug = join(directory, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`);
  const address = functionSymbols(elfOf(program)).find(({ name }) => name === 'give')?.address ?? 0;

  expect(debugFileOf(elfOf(stripped), directory)).toBeUndefined();
  mkdirSync(dirname(debug), { recursive: true });
  execFileSync('objcopy', ['--only-keep-debug', program, debug]);
  const found = debugFileOf(elfOf(stripped), directory);
  expect(found && FunctionTable.of(found)?.find(address)?.name).toBe('give');
  expect(FunctionTable.of(elfOf(stripped))?.find(address)).toBeUndefined();

  expect(debugFileOf(elfOf(program), directory)).toBeUndefined();
  writeFileSync(debug, 'no such file');
  expect(debugFileOf(elfOf(stripped), directory)).toBeUndefined();
});
