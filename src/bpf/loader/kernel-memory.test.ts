import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKernelMemory, type KernelMemory } from './kernel-memory.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';

describe.runIf(hasEbpf())('memory of the kernel, late', () => {
  let memory: KernelMemory;

  beforeAll(() => {
    memory = openKernelMemory(loadLoaderSystemCalls());
  });

  afterAll(() => {
    memory.close();
  });

  test('what is there is read, also in part', () => {
    const symbols = readFileSync('/proc/kallsyms', 'latin1');
    const address = BigInt(`0x${/^([0-9a-f]+) T _stext$/m.exec(symbols)?.[1] ?? ''}`);
    const start = memory.read(address, 4096);
    expect(start).toHaveLength(4096);
    expect(memory.read(address + 6n, 7)).toBe(String(start).slice(6, 13));
    // Code is not all the same byte.
    expect(new Set(start.toString()).size).toBeGreaterThan(16);
  });

  test('what is not there is a fault', () => {
    expect(memory.read(8, 4)).toBe(-14);
    expect(memory.read(0xffff_ffff_ffff_f000n, 8)).toBe(-14);
    expect(memory.read(0, 5000)).toBe(-14);
  });
});
