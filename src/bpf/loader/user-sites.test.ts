import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import type { KernelProgram } from '../../module/kernel-part.ts';
import { KernelFeatures } from './features.ts';
import { attachUserSites } from './links.ts';
import { createMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';
import { call, EXIT, instruction, loadConstant, program, set } from './testing/small-program.ts';

const calls = loadLoaderSystemCalls();
const hasMulti = hasEbpf() && new KernelFeatures(calls).missing('uprobe-multi') === undefined;

/** A program that adds its cookie to the first cell. */
function cookieAdder(): KernelProgram {
  const code = [
    call(174),
    instruction(0xbf, 6, 0),
    loadConstant(1),
    instruction(0xdb, 1, 6),
    set(0, 0),
    EXIT,
  ];
  const relocations = [{ instruction: 2, kind: 'map-value', map: 0 }] as const;
  return program(code, { type: 'kprobe', isMulti: true, relocations });
}

/** Where a function of the C library lies in its file. */
function placeOfFunction(name: string): { path: string; offset: number } {
  const address = koffi.address(koffi.load(null).symbol(name));
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const match = /^(\w+)-(\w+) \S+ (\w+) \S+ \d+\s+(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, from = '', to = '', at = '', path = ''] = match;
    const start = BigInt(`0x${from}`);
    if (address < start || address >= BigInt(`0x${to}`)) continue;
    return { path, offset: Number(address - start) + Number.parseInt(at, 16) };
  }
  throw new Error(`${name} is nowhere`);
}

describe.runIf(hasMulti)('probes of functions in the kernel', () => {
  test('two functions of a file share a program, told apart by their cookies', () => {
    const map = createMap(calls, {
      name: 'cells',
      type: 'array',
      keyBytes: 4,
      valueBytes: 8,
      maxEntries: 1,
      mapped: true,
    });
    const cells = new BigInt64Array(map.memory());
    const fd = loadProgram(calls, cookieAdder(), [map]);
    const first = placeOfFunction('getsid');
    const second = placeOfFunction('getpgid');
    const sites = [
      { offset: first.offset, cookie: 1 },
      { offset: second.offset, cookie: 1000 },
    ];
    const target = { path: first.path, isReturn: false, pid: process.pid };
    const link = attachUserSites(calls, fd, target, sites);
    const library = koffi.load(null);
    const getsid: (pid: number) => number = library.func('int getsid(int pid)');
    const getpgid: (pid: number) => number = library.func('int getpgid(int pid)');
    for (let round = 0; round < 3; round++) getsid(0);
    getpgid(0);
    getpgid(0);
    link.close();
    getsid(0);
    expect(cells[0]).toBe(2003n);
    calls.close(fd);
    map.close();
  });
});
