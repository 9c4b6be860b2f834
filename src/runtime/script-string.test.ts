import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { clipString, detachedPart } from './script-string.ts';

it('parts are those of slice', () => {
  expect(detachedPart('abcdef', 1, 4)).toBe('bcd');
  expect(detachedPart('abcdef', 4, 9)).toBe('ef');
  expect(detachedPart('abcdef', 6, 9)).toBe('');
});

it('clipped strings do not keep the long texts alive that they come from', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 300 }, (_, index) => clipString(`${index}`.repeat(65_536), 512));
  collectGarbage();
  const grownBytes = process.memoryUsage().heapUsed - before;
  expect(kept).toHaveLength(300);
  // The texts together are 50 MB.
  expect(grownBytes).toBeLessThan(5_000_000);
});
