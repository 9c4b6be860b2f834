import { expect, test } from 'vitest';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { placementLines } from './placement-lines.ts';

function lines(count: number): readonly string[] {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const probes = indexes.map((index) => ({ pp: `syscall.s${index}`, location: 's.stp:1:1' }));
  const placements = indexes.map((index) =>
    index === 1 ? { where: 'kernel' } : { where: 'deferred', reason: 'calls sprintf' },
  );
  return placementLines({ probes, kernel: { placements } } as unknown as CompiledModule);
}

test('a few probes have a line each', () => {
  expect(lines(3)).toEqual([
    'probe syscall.s0 at s.stp:1:1: deferred: calls sprintf',
    'probe syscall.s2 at s.stp:1:1: deferred: calls sprintf',
    'probe syscall.s1 at s.stp:1:1: in the kernel',
  ]);
});

test('many with the same answer have one together', () => {
  expect(lines(100)).toEqual([
    'probe syscall.s0 and 98 others at s.stp:1:1: deferred: calls sprintf',
    'probe syscall.s1 at s.stp:1:1: in the kernel',
  ]);
});
