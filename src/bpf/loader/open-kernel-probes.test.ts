import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import type { KernelPart, KernelSite } from '../../module/kernel-part.ts';
import { KernelFeatures } from './features.ts';
import { adoptKernelProbes, openKernelProbes, type OpenKernelProbes } from './open-kernel-probes.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';
import { placeOfFunction } from './testing/function-place.ts';
import { dispatcher, recorder, recordingPart } from './testing/recording-part.ts';
import type { UserProbeWay } from './user-sites.ts';

const calls = loadLoaderSystemCalls();
const hasMulti = hasEbpf() && new KernelFeatures(calls).missing('uprobe-multi') === undefined;
const hasUprobes = hasEbpf() && existsSync('/sys/bus/event_source/devices/uprobe/type');
const GETPPID = 110;
const EFAULT = 14;
const library = koffi.load(null);
const bind = (definition: string): (() => number) => library.func(definition) as () => number;
const getppid = bind('int getppid()');
const getpgrp = bind('int getpgrp()');
const getuid = bind('int getuid()');

interface Opened {
  readonly probes: OpenKernelProbes;
  /** What was recorded since it was last asked. */
  readonly marks: () => readonly number[];
}

const warnings: string[] = [];
const warn = (text: string): number => warnings.push(text);

function opened(part: KernelPart, userProbes?: UserProbeWay): Opened {
  const marks: number[] = [];
  const take = (record: Uint8Array): boolean => {
    marks.push(Number(Buffer.from(record).readBigInt64LE(0)));
    return true;
  };
  const ports = { take, target: process.pid, warn, ...(userProbes === undefined ? {} : { userProbes }) };
  const probes = openKernelProbes(part, ports);
  return {
    probes,
    marks: () => {
      probes.drain();
      return marks.splice(0);
    },
  };
}

function tracepoint(name: string): KernelSite {
  return { kind: 'tracepoint', program: 0, probe: 0, name };
}

function userSite(name: string, probe: number, rest: object = {}): KernelSite {
  return { kind: 'user', program: 0, probe, isReturn: false, ...placeOfFunction(name), ...rest };
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

describe.runIf(hasEbpf())('kernel parts in the kernel', () => {
  test('nothing fires before attaching, while paused it does, after detaching it does not', () => {
    const { probes, marks } = opened(recordingPart([recorder(7)], [tracepoint('sys_enter')]));
    getppid();
    expect(marks()).toEqual([]);
    probes.attach();
    getppid();
    expect(marks()).toContain(7);
    probes.pause();
    getppid();
    expect(marks()).toContain(7);
    probes.unpause();
    probes.detach();
    marks();
    getppid();
    expect(marks()).toEqual([]);
    probes.close();
  });

  test('a system call enters the program of its number', () => {
    const sites: KernelSite[] = [
      { kind: 'tracepoint', program: 0, probe: -1, name: 'sys_enter' },
      { kind: 'syscall', program: 1, probe: 3, number: GETPPID, access: 'enter' },
    ];
    const { probes, marks } = opened(recordingPart([dispatcher(), recorder(5)], sites));
    probes.attach();
    for (let round = 0; round < 4; round++) getppid();
    probes.detach();
    expect(marks()).toEqual([5, 5, 5, 5]);
    probes.close();
  });

  test('what the taker refuses ends the drain, and comes with the next', () => {
    const taken: number[] = [];
    const part = recordingPart([recorder(1)], [tracepoint('sys_enter')]);
    const take = (record: Uint8Array): boolean => taken.push(record.length) % 2 === 1;
    const probes = openKernelProbes(part, { take, target: process.pid, warn });
    probes.attach();
    for (let round = 0; round < 10; round++) getppid();
    probes.detach();
    probes.drain();
    expect(taken).toHaveLength(2);
    probes.drain();
    expect(taken).toHaveLength(4);
    probes.close();
  });

  test('records for which there is no room are counted', () => {
    const { probes, marks } = opened(recordingPart([recorder(1)], [tracepoint('sys_enter')]));
    probes.attach();
    expect(probes.skipped).toEqual({ lostRecords: 0, nested: 0 });
    for (let round = 0; round < 5000; round++) getppid();
    probes.detach();
    const { lostRecords } = probes.skipped;
    expect(lostRecords).toBeGreaterThan(0);
    expect(marks().length + lostRecords).toBeGreaterThanOrEqual(5000);
    probes.close();
  });

  test('a perf event is opened on each processor', () => {
    const site = { kind: 'perf', program: 0, probe: 9, type: 1, config: 0, frequencyHz: 997 } as const;
    const { probes, marks } = opened(recordingPart([recorder('cookie', { type: 'perf-event' })], [site]));
    probes.attach();
    const until = performance.now() + 5000;
    let seen: readonly number[] = [];
    while (seen.length === 0 && performance.now() < until) seen = marks();
    probes.close();
    expect(new Set(seen)).toEqual(new Set([9]));
  });

  test('a failure in the middle leaves nothing attached, loaded or open', () => {
    const before = openDescriptors();
    const sites = [tracepoint('sys_enter'), tracepoint('no_such_event')];
    const { probes, marks } = opened(recordingPart([recorder(1)], sites));
    expect(() => probes.attach()).toThrow('cannot attach to the tracepoint no_such_event');
    getppid();
    expect(marks()).toEqual([]);
    probes.close();
    const refused = { ...recorder(1), code: Buffer.alloc(8, 0x95).toString('base64'), relocations: [] };
    expect(() => opened(recordingPart([recorder(1), refused], []))).toThrow('verifier');
    expect(openDescriptors()).toBe(before);
  });

  test('a part for another kernel is refused in a sentence', () => {
    const part = { ...recordingPart([], []), release: '1.2.3-none' };
    expect(() => opened(part)).toThrow(/^the script was compiled for the kernel 1\.2\.3-none, but \S+ is/);
  });

  test('another process goes on with the descriptors, and no record is lost', () => {
    const part = recordingPart([recorder(4)], [tracepoint('sys_enter')]);
    const first = opened(part).probes;
    first.attach();
    getppid();
    const { maps, links } = first.descriptors();
    // As inherited: other descriptors of the same maps and links.
    const fcntl = library.func('int fcntl(int fd, int command, int least)') as (...args: number[]) => number;
    const copy = (fd: number): number => fcntl(fd, 0, 3);
    const inherited = { maps: maps.map(copy), links: links.map(copy) };
    first.drain = () => undefined;
    let count = 0;
    const take = (): boolean => count++ >= 0;
    for (const fd of [...links, ...maps]) calls.close(fd);
    const second = adoptKernelProbes(part, { take, target: 0, warn }, inherited);
    second.attach();
    getppid();
    second.detach();
    second.drain();
    expect(count).toBeGreaterThanOrEqual(2);
    second.close();
  });

  test('memory of a process and of the kernel is read late', () => {
    const { probes } = opened(recordingPart([], []));
    const text = Buffer.from('what is there\0');
    const address = koffi.address(text);
    expect(probes.readMemory('user', process.pid, address, 13)).toBe('what is there');
    expect(probes.readMemory('user', process.pid, 8, 4)).toBe(-EFAULT);
    expect(probes.readMemory('user', 2 ** 22 + 5, address, 4)).toBeLessThan(0);
    expect(probes.readMemory('kernel', process.pid, address, 4)).toBe(-EFAULT);
    expect(probes.readMemory('kernel', 0, 0xffff_ffff_ffff_f000n, 4)).toBe(-EFAULT);
    probes.close();
  });

  test('maps are read and written by index', () => {
    const part = recordingPart([], []);
    const shape = { name: 'names', type: 'hash', keyBytes: 4, valueBytes: 8, maxEntries: 2 } as const;
    const { probes } = opened({ ...part, maps: [...part.maps, { ...shape, mapped: false }] });
    const { maps } = probes;
    const key = (value: number): Uint8Array => new Uint8Array([value, 0, 0, 0]);
    const value = new Uint8Array(8).fill(6);
    expect(maps.update(4, key(1), value)).toBe(0);
    expect(maps.update(4, key(2), value)).toBe(0);
    expect(maps.update(4, key(3), value)).toBe(-7);
    expect(maps.lookup(4, key(2))).toEqual(Buffer.from(value));
    expect(maps.delete(4, key(2))).toBe(true);
    expect(maps.delete(4, key(2))).toBe(false);
    expect([...maps.entries(4)]).toEqual([{ key: Buffer.from(key(1)), value: Buffer.from(value) }]);
    expect(maps.cells.getBigInt64(32, true)).toBe(BigInt(process.pid));
    probes.close();
  });
});

describe.each([
  ['by one link', 'multi', hasMulti],
  ['by perf events', 'perf', hasUprobes],
] as const)('functions of programs %s', (_, way, isThere) => {
  const program = recorder('cookie', { type: 'kprobe', isMulti: true });

  describe.runIf(isThere)(`in the kernel`, () => {
    test('the cookie tells the probe', () => {
      const sites = [userSite('getpgrp', 11), userSite('getuid', 22, { pid: process.pid })];
      const { probes, marks } = opened(recordingPart([program], sites), way);
      probes.attach();
      getpgrp();
      getuid();
      getpgrp();
      expect(marks()).toEqual([11, 22, 11]);
      probes.detach();
      getpgrp();
      expect(marks()).toEqual([]);
      probes.close();
    });

    test('a return is another place than the function', () => {
      const sites = [userSite('getpgrp', 1), userSite('getpgrp', 2, { isReturn: true })];
      const { probes, marks } = opened(recordingPart([program], sites), way);
      probes.attach();
      getpgrp();
      expect(marks()).toEqual([1, 2]);
      probes.close();
    });

    test('a file that was changed since is refused', () => {
      const sites = [userSite('getpgrp', 1, { buildId: 'beef' })];
      expect(() => opened(recordingPart([program], sites), way)).toThrow(
        /^\/\S+ was changed since the script was compiled$/,
      );
    });

    test('other processes are left alone', () => {
      const { probes, marks } = opened(recordingPart([program], [userSite('getuid', 1)]), way);
      probes.attach();
      execFileSync('id', ['-u']);
      expect(marks()).toEqual([]);
      probes.close();
    });
  });
});
