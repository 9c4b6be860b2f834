import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import type { KernelProgram } from '../../module/kernel-part.ts';
import { KernelFeatures } from './features.ts';
import { attachUserSites } from './links.ts';
import { createMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';
import { placeOfFunction } from './testing/function-place.ts';
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
