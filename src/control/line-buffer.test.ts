import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineBuffer } from './line-buffer.ts';

/** Bytes that are in use once garbage has been collected, outside of V8's heap as well. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a line buffer', () => {
  test('takes no more memory than its bytes, in however small pieces they come', () => {
    const lines = new LineBuffer(1 << 20);
    const before = usedBytes();
    for (let count = 0; count < 1_000_000; count++) lines.add(Buffer.allocUnsafeSlow(1).fill(120));
    expect(lines.size).toBe(1_000_000);
    // A Buffer each would be more than 80 MB.
    expect(usedBytes() - before).toBeLessThan(20 << 20);
    lines.add(Buffer.from('\nab'));
    expect(lines.take()?.length).toBe(1_000_000);
    expect(lines.take()).toBeUndefined();
    expect(lines.size).toBe(2);
  });

  test('gives lines back as they were, however they were cut', () => {
    const text = fc.array(fc.constantFrom('', 'a', 'bc', 'd'.repeat(5000)), { maxLength: 20 });
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }), (lines, sizes) => {
        const buffer = new LineBuffer(1 << 20);
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const taken: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          buffer.add(bytes.subarray(at, at + size));
          at += size;
          if (turn % 3 === 0) taken.push(...takeAll(buffer));
        }
        taken.push(...takeAll(buffer));
        expect(taken).toEqual(lines);
        expect(buffer.size).toBe(0);
      }),
    );
  });
});

function takeAll(buffer: LineBuffer): string[] {
  const lines: string[] = [];
  for (let line = buffer.take(); line !== undefined; line = buffer.take()) lines.push(line);
  return lines;
}
