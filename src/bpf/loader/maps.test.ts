import { describe, expect, test } from 'vitest';
import type { KernelMap } from '../../module/kernel-part.ts';
import { createMap, possibleProcessors } from './maps.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';

const calls = loadLoaderSystemCalls();

function shape(type: KernelMap['type'], rest: Partial<KernelMap> = {}): KernelMap {
  return { name: `test-${type}`, type, keyBytes: 4, valueBytes: 8, maxEntries: 16, mapped: false, ...rest };
}

function word(value: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(value);
  return key;
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

test('an architecture without numbers of system calls is told', () => {
  expect(() => loadLoaderSystemCalls('mips')).toThrow('not supported on the architecture mips');
});

describe.runIf(hasEbpf())('maps in the kernel', () => {
  test('a hash keeps, replaces and deletes values', () => {
    const map = createMap(calls, shape('hash'));
    expect(map.lookup(word(1))).toBeUndefined();
    expect(map.update(word(1), long(-5n), 'replace')).toBe(false);
    expect(map.update(word(1), long(-5n))).toBe(true);
    expect(map.update(word(1), long(6n), 'create')).toBe(false);
    expect(map.lookup(word(1))?.readBigInt64LE()).toBe(-5n);
    expect(map.delete(word(1))).toBe(true);
    expect(map.delete(word(1))).toBe(false);
    map.close();
  });

  test('a full hash says which map it is', () => {
    const map = createMap(calls, shape('hash', { maxEntries: 1 }));
    map.update(word(1), long(1n));
    expect(() => map.update(word(2), long(1n))).toThrow(
      'cannot write the map test-hash: argument list too long',
    );
    map.close();
  });

  test('keys and values of other sizes never reach the kernel', () => {
    const map = createMap(calls, shape('hash'));
    expect(() => map.lookup(Buffer.alloc(3))).toThrow('a key of test-hash has 4 bytes');
    expect(() => map.update(word(1), Buffer.alloc(4))).toThrow('a value of test-hash has 8 bytes');
    map.close();
  });

  test('all elements of a hash are visited once, in several batches', () => {
    const map = createMap(calls, shape('hash', { maxEntries: 20_000 }));
    const count = 10_000;
    for (let index = 0; index < count; index++) map.update(word(index), long(BigInt(index) * 3n));
    const seen = new Map<number, bigint>();
    map.forEach((key, value) => seen.set(key.readUInt32LE(), value.readBigInt64LE()));
    expect(seen.size).toBe(count);
    expect([...seen].every(([key, value]) => value === BigInt(key) * 3n)).toBe(true);
    map.close();
  });

  test('an empty hash has no elements', () => {
    const map = createMap(calls, shape('hash'));
    map.forEach(() => expect.unreachable());
    map.close();
  });

  test.each(['per-cpu-hash', 'per-cpu-array'] as const)('a %s has a value for each processor', (type) => {
    const map = createMap(calls, shape(type, { valueBytes: 12 }));
    expect(map.valueBytes).toBe(16 * possibleProcessors());
    const value = Buffer.alloc(map.valueBytes);
    for (let cpu = 0; cpu < possibleProcessors(); cpu++) value.writeUInt32LE(cpu + 1, cpu * 16);
    map.update(word(3), value);
    expect(map.lookup(word(3))).toEqual(value);
    map.close();
  });

  test('memory of a mapped array is that of the map, also after the map is closed', () => {
    const map = createMap(calls, shape('array', { valueBytes: 24, maxEntries: 1, mapped: true }));
    const cells = new BigInt64Array(map.memory());
    map.update(word(0), Buffer.concat([long(7n), long(8n), long(9n)]));
    expect([cells[0], cells[1], cells[2]]).toEqual([7n, 8n, 9n]);
    cells[1] = -1n;
    expect(map.lookup(word(0))?.readBigInt64LE(8)).toBe(-1n);
    map.close();
    expect(cells[1]).toBe(-1n);
  });

  test('an array that is not mapped has no memory', () => {
    const map = createMap(calls, shape('array'));
    expect(() => map.memory()).toThrow('cannot map the map test-array');
    map.close();
  });

  test('a map the kernel refuses is named', () => {
    expect(() => createMap(calls, shape('array', { keyBytes: 5 }))).toThrow(
      'cannot create the map test-array: invalid argument',
    );
  });
});
