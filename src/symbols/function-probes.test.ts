import { expect, test } from 'vitest';
import type { KernelFeature } from '../bpf/loader/features.ts';
import { functionProbes } from './function-probes.ts';

const without =
  (...features: readonly KernelFeature[]) =>
  (feature: KernelFeature): string | undefined =>
    features.includes(feature) ? `no ${feature}: refused` : undefined;

test.each([
  [without(), { by: 'fentry', hasKprobes: true }],
  [without('fentry'), { by: 'kprobe' }],
  [without('kprobe'), { by: 'fentry', hasKprobes: false }],
  [
    without('fentry', 'kprobe'),
    { reason: 'probes of kernel functions need fentry or kprobes: no fentry: refused; no kprobe: refused' },
  ],
])('%#', (missing, expected) => {
  expect(functionProbes(missing, false)).toEqual(expected);
});

test('root is told no details', () => {
  expect(functionProbes(without('fentry', 'kprobe'), true)).toEqual({
    reason: 'probes of kernel functions need fentry or kprobes: no fentry; no kprobe',
  });
});
