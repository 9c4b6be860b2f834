import { describe, expect, it } from 'vitest';
import { KernelSize } from './kernel-size.ts';

describe('KernelSize', () => {
  it('goes further each time, never to the start of a page, and stays exact', () => {
    const size = new KernelSize(1);
    let last = 0;
    let wrong = 0;
    for (let count = 0; count < 200_000; count++) {
      const next = size.nextOffset();
      if (next <= last || next % 4096 === 0) wrong++;
      last = next;
      if (count % 50_000 === 0) size.moveAway();
    }
    expect(wrong).toBe(0);
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(last % 2 ** 32).toBeLessThan(65536);
  });
});
