import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attachRawTracepoint } from './links.ts';
import { createMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import { openRingBuffer, RingBuffer } from './ring-buffer.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';
import { call, EXIT, instruction, loadConstant, move, program, set } from './testing/small-program.ts';

const BYTES = 64;
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;

/** A ring in plain memory, whose second half repeats the first as the kernel's mapping does. */
function plainRing() {
  const data = new ArrayBuffer(BYTES * 2);
  const consumer = new BigInt64Array(1);
  const producer = new BigInt64Array(1);
  const view = new DataView(data);
  const poke = (position: number, value: number): void => {
    view.setUint32(position % BYTES, value, true);
    view.setUint32((position % BYTES) + BYTES, value, true);
  };
  const append = (words: readonly number[], flags = 0): number => {
    const at = Number(producer[0]);
    poke(at, words.length * 4 + flags);
    words.forEach((word, index) => poke(at + 8 + index * 4, word));
    producer[0] = BigInt(at + 8 + Math.ceil(words.length / 2) * 8);
    return at;
  };
  return {
    consumer,
    append,
    poke,
    ring: new RingBuffer({ consumer, producer, data, dataOffset: 0, bytes: BYTES }),
  };
}

function drained(ring: RingBuffer): number[][] {
  const records: number[][] = [];
  ring.drain((record) => {
    const words: number[] = [];
    for (let at = 0; at < record.length; at += 4) words.push(record.readUInt32LE(at));
    records.push(words);
  });
  return records;
}

test('records that run over the end of the ring are whole', () => {
  const { ring, append, consumer } = plainRing();
  for (let round = 0; round < 50; round++) {
    append([round]);
    append([round, 1, 2, 3, 4]);
    expect(drained(ring)).toEqual([[round], [round, 1, 2, 3, 4]]);
  }
  expect(consumer[0]).toBe(BigInt(50 * (16 + 32)));
});

test('discarded records are passed over, one still written ends the drain', () => {
  const { ring, append, poke } = plainRing();
  append([1]);
  append([2], DISCARDED);
  const busy = append([3], BUSY);
  append([4]);
  expect(drained(ring)).toEqual([[1]]);
  expect(drained(ring)).toEqual([]);
  poke(busy, 4);
  expect(drained(ring)).toEqual([[3], [4]]);
});

test('a record whose visit throws counts as read, the next ones wait', () => {
  const { ring, append } = plainRing();
  append([1]);
  append([2]);
  expect(() =>
    ring.drain(() => {
      throw new Error('handler');
    }),
  ).toThrow('handler');
  expect(drained(ring)).toEqual([[2]]);
});

test('a visit drains nothing', () => {
  const { ring, append } = plainRing();
  append([1]);
  append([2]);
  const inner: number[] = [];
  expect(ring.drain(() => inner.push(ring.drain(() => undefined)))).toBe(2);
  expect(inner).toEqual([0, 0]);
});

describe.runIf(hasEbpf())('a ring buffer in the kernel', () => {
  test('every record of a program comes, in order, many times round the ring', () => {
    const calls = loadLoaderSystemCalls();
    const shape = { keyBytes: 0, valueBytes: 0, maxEntries: 4096, mapped: true } as const;
    const map = createMap(calls, { name: 'ring', type: 'ring-buffer', ...shape });
    const ring = openRingBuffer(calls, map);
    const fd = loadProgram(calls, ownSystemCalls(), [map]);
    const link = attachRawTracepoint(calls, fd, 'sys_enter');
    const wanted = 1000;
    let last = 0n;
    let count = 0;
    for (let round = 0; round < wanted; round++) {
      calls.ioctl(-1, 0, 0);
      ring.drain((record) => {
        expect(record.length).toBe(8);
        const now = record.readBigUInt64LE();
        expect(now).toBeGreaterThan(last);
        last = now;
        count++;
      });
    }
    link.close();
    ring.drain(() => undefined);
    calls.ioctl(-1, 0, 0);
    expect(ring.drain(() => undefined)).toBe(0);
    expect(count).toBeGreaterThanOrEqual(wanted);
    calls.close(fd);
    map.close();
    // What is mapped keeps the buffer in the kernel.
    const mapped = (): number => readFileSync('/proc/self/maps', 'latin1').split('anon_inode:bpf-map').length;
    const before = mapped();
    ring.close();
    ring.close();
    expect(before - mapped()).toBe(2);
    expect(ring.drain(() => undefined)).toBe(0);
  });
});

/** Writes the time of each system call of this thread as a record of 8 bytes. */
function ownSystemCalls() {
  const code = [
    call(14),
    instruction(0x67, 0, 0, 0, 32),
    instruction(0x77, 0, 0, 0, 32),
    // Other threads: to the end.
    instruction(0x55, 0, 0, 9, process.pid),
    call(5),
    instruction(0x7b, 10, 0, -8),
    loadConstant(1),
    move(2, 10),
    instruction(0x07, 2, 0, 0, -8),
    set(3, 8),
    set(4, 1),
    call(130),
    set(0, 0),
    EXIT,
  ];
  return program(code, { relocations: [{ instruction: 6, kind: 'map', map: 0 }] });
}
