import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LazyBytes } from './lazy-bytes.ts';

const FILE = Uint8Array.from({ length: 10_000 }, (_, index) => (index % 251) + 1);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('what is needed is there, and each page is read once', () => {
  const place = fc.tuple(fc.nat(FILE.length + 10), fc.nat(9000));
  fc.assert(
    fc.property(fc.array(place), (places) => {
      const reads: number[] = [];
      const lazy = new LazyBytes(FILE.length, (target, offset) => {
        reads.push(offset);
        target.set(FILE.subarray(offset, offset + target.length));
      });
      for (const [from, length] of places) {
        lazy.need(from, from + length);
        expect(hex(lazy.bytes.subarray(from, from + length))).toBe(hex(FILE.subarray(from, from + length)));
      }
      expect(new Set(reads).size).toBe(reads.length);
      expect(reads.every((offset) => [0, 4096, 8192].includes(offset))).toBe(true);
    }),
  );
});

test('nothing is read before, everything afterwards', () => {
  let reads = 0;
  const lazy = new LazyBytes(FILE.length, (target, offset) => {
    reads++;
    target.set(FILE.subarray(offset, offset + target.length));
  });
  lazy.need(5000, 5000);
  expect(reads).toBe(0);
  lazy.needEverything();
  expect(reads).toBe(3);
  expect(hex(lazy.bytes)).toBe(hex(FILE));
});
