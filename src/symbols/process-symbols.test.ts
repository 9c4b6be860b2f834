import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findMapping, parseMaps } from './process-maps.ts';
import { ProcessSymbols } from './process-symbols.ts';

const MAPS = `00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/a program
00e03000-00e24000 rw-p 00000000 00:00 0           [heap]
7f0000000000-7f0000001000 r--p 00000000 00:00 0
7f0000002000-7f0000003000 r-xp 00001000 08:02 7   /usr/lib/gone.so (deleted)
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]
`;

test('mappings with a name', () => {
  expect(parseMaps(MAPS)).toEqual([
    { start: 0x400000, end: 0x452000, offset: 0, file: '08:02 173521', path: '/usr/bin/a program' },
    { start: 0xe03000, end: 0xe24000, offset: 0, file: '00:00 0', path: '[heap]' },
    { start: 0x7f0000002000, end: 0x7f0000003000, offset: 0x1000, file: '08:02 7', path: '/usr/lib/gone.so' },
  ]);
  const mappings = parseMaps(MAPS);
  expect(findMapping(mappings, 0x400000)?.path).toBe('/usr/bin/a program');
  expect(findMapping(mappings, 0x451fff)?.path).toBe('/usr/bin/a program');
  expect(findMapping(mappings, 0x452000)).toBeUndefined();
  expect(findMapping(mappings, 0x7f0000002000)?.path).toBe('/usr/lib/gone.so');
  expect(findMapping(mappings, 0x7fffffffffff)).toBeUndefined();
});

describe('a process that changes', () => {
  const stat = (ticks: number) =>
    `7 (a) b) S ${Array.from({ length: 18 }, () => '0').join(' ')} ${ticks} 0 0`;
  const line = (start: string, path: string) => `${start}000-${start}fff r-xp 00000000 00:00 0 ${path}\n`;
  const makeProcess = () => {
    const state = { maps: '', stat: '', nowMs: 0, reads: 0 };
    const symbols = new ProcessSymbols({
      nowMs: () => state.nowMs,
      processFile: (_pid, name) => {
        state.reads++;
        return state[name] === '' ? undefined : state[name];
      },
    });
    const at = (address: number) => symbols.find(7, address)?.module;
    return { state, symbols, at };
  };

  test('is read once in a while, and at once when an address is missing', () => {
    const { state, at } = makeProcess();
    Object.assign(state, { maps: line('1', '[one]'), stat: stat(5) });
    expect(at(0x1008)).toBe('[one]');
    const { reads } = state;
    state.nowMs = 50;
    expect(at(0x1008)).toBe('[one]');
    expect(state.reads).toBe(reads);
    state.maps += line('2', '[two]');
    expect(at(0x2008)).toBe('[two]');
    state.nowMs = 200;
    state.maps = line('1', '[one]') + line('2', '[three]');
    expect(at(0x2008)).toBe('[three]');
  });

  test('is known after its end', () => {
    const { state, symbols, at } = makeProcess();
    Object.assign(state, { maps: line('1', '[one]'), stat: stat(5) });
    symbols.remember(7);
    Object.assign(state, { maps: '', stat: '', nowMs: 1000 });
    expect(at(0x1008)).toBe('[one]');
    expect(at(0x5008)).toBeUndefined();
  });

  test('is known as it was before exec, but not another one with its number', () => {
    const { state, at } = makeProcess();
    Object.assign(state, { maps: line('1', '[one]'), stat: stat(5) });
    expect(at(0x1008)).toBe('[one]');
    Object.assign(state, { maps: line('3', '[other]'), nowMs: 1000 });
    expect([at(0x1008), at(0x3008)]).toEqual(['[one]', '[other]']);
    Object.assign(state, { maps: line('4', '[new]'), stat: stat(9), nowMs: 2000 });
    expect([at(0x1008), at(0x3008), at(0x4008)]).toEqual([undefined, undefined, '[new]']);
  });
});

describe('programs that run', () => {
  const children: ChildProcess[] = [];
  let directory: string;

  beforeAll(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'stap-process-')));
    writeFileSync(
      join(directory, 'wait.c'),
      `#include <stdio.h>
       #include <unistd.h>
       __attribute__((noinline)) static void hidden(void) { puts("ready"); fflush(stdout); pause(); }
       int main(void) { printf("%p %p\\n", (void *)main, (void *)hidden); hidden(); return 0; }`,
    );
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (program: string): Promise<{ pid: number; main: number; hidden: number }> => {
    const child = spawn(program, { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes('ready')) break;
    }
    const [main = 0, hidden = 0] = text.split(/\s/).map(Number);
    return { pid: child.pid ?? 0, main, hidden };
  };

  test.each(['-pie', '-no-pie'])('functions of a program made with %s', async (option) => {
    const program = join(directory, `wait${option}`);
    execFileSync('gcc', ['-O1', '-fPIE', option, '-o', program, join(directory, 'wait.c')]);
    const { pid, main, hidden } = await start(program);
    const symbols = new ProcessSymbols();
    expect(symbols.find(pid, main)).toMatchObject({ module: program, symbol: 'main', offset: 0 });
    expect(symbols.find(pid, hidden + 3)).toMatchObject({ module: program, symbol: 'hidden', offset: 3 });
    expect(symbols.find(pid, 8)).toBeUndefined();
  });

  test('a program that was deleted while it runs', async () => {
    const program = join(directory, 'deleted');
    copyFileSync(join(directory, 'wait-pie'), program);
    const { pid, hidden } = await start(program);
    unlinkSync(program);
    const found = new ProcessSymbols().find(pid, hidden);
    expect(found?.module).toBe(program);
    // Its file can still be reached with privileges only.
    if (process.getuid?.() === 0) expect(found?.symbol).toBe('hidden');
  });

  test('libraries and the vdso', () => {
    const maps = parseMaps(readFileSync('/proc/self/maps', 'latin1'));
    const vdso = maps.find(({ path }) => path === '[vdso]');
    const library = maps.find(({ path }) => path.includes('/libc.so'));
    const symbols = new ProcessSymbols();
    const names = new Set<string | undefined>();
    for (let at = vdso?.start ?? 0; at < (vdso?.end ?? 0); at += 16)
      names.add(symbols.find(process.pid, at)?.symbol);
    expect([...names].some((name) => name?.includes('clock_gettime'))).toBe(true);
    expect(symbols.find(process.pid, (library?.start ?? 0) + 8)).toEqual({
      module: library?.path,
      symbol: undefined,
      offset: 8,
      size: (library?.end ?? 0) - (library?.start ?? 0),
    });
  });
});
