import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytesInMemory } from './elf-bytes.ts';
import { readElfFile } from './elf-file.ts';
import { FunctionTable, lastUpTo } from './function-table.ts';
import { functionSymbols } from './symbols.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stap-functions-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('each function of a large program is found at its first and its last byte', () => {
  const elf = readElfFile(bytesInMemory(readFileSync('/bin/bash')));
  const table = FunctionTable.of(elf);
  const functions = functionSymbols(elf);
  expect(functions.length).toBeGreaterThan(500);
  for (const { address, size } of functions) {
    if (size === 0) continue;
    const names = functions.filter((other) => other.address === address).map(({ name }) => name);
    const first = table?.find(address);
    expect(names).toContain(first?.name);
    expect(first).toMatchObject({ start: address, size });
    expect(table?.find(address + size - 1)).toEqual(first);
  }
});

test('of several names the public and plain one; nothing between functions', () => {
  const source = join(directory, 'names.c');
  const program = join(directory, 'names');
  writeFileSync(
    source,
    `__attribute__((noinline, used, aligned(64))) int __plain(int x) { return x + 1; }
     int plain(int) __attribute__((alias("__plain")));
     __attribute__((noinline, used, aligned(64))) int other(int x) { return x + 2; }
     int main(void) { return plain(1) + other(2); }`,
  );
  execFileSync('gcc', ['-O1', '-o', program, source]);
  const elf = readElfFile(bytesInMemory(readFileSync(program)));
  const { address = 0, size = 0 } = functionSymbols(elf).find(({ name }) => name === 'plain') ?? {};
  const table = FunctionTable.of(elf);
  expect(table?.find(address)).toEqual({ name: 'plain', start: address, size });
  expect(table?.find(address + size)).toBeUndefined();
  expect(table?.find(0)).toBeUndefined();
});

test.each([
  [[], 5, -1],
  [[3, 5, 5, 8], 2, -1],
  [[3, 5, 5, 8], 5, 2],
  [[3, 5, 5, 8], 7, 2],
  [[3, 5, 5, 8], 100, 3],
])('the last of %j up to %i', (rising, limit, index) => {
  expect(lastUpTo(Float64Array.from(rising), limit)).toBe(index);
});
