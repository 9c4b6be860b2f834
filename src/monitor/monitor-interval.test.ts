import { expect, test } from 'vitest';
import { monitorIntervalMs } from './monitor-interval.ts';

test('whole seconds from one on', () => {
  expect(monitorIntervalMs('')).toBe(1000);
  expect(monitorIntervalMs('7')).toBe(7000);
  expect(monitorIntervalMs('99999999999')).toBe(0x7fffffff);
  for (const text of ['0', '-1', '1.5', 'x', '1s']) expect(monitorIntervalMs(text)).toBeUndefined();
});
