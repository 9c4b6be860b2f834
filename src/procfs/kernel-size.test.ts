import { describe, expect, it } from 'vitest';
import { KernelSize } from './kernel-size.ts';

describe('KernelSize', () => {
  it('goes further each time, never to the start of a page, and stays exact', () => {
    const size = new KernelSize(1);
    let last = 0;
    for (let count = 0; count < 200_000; count++) {
      const next = size.nextOffset();
      expect(next > last && next % 4096 !== 0).toBe(true);
      last = next;
      if (count % 50_000 === 0) size.moveAway();
    }
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(last % 2 ** 32).toBeLessThan(65536);
  });
});
