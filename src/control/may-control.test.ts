import { expect, test } from 'vitest';
import { isAllowed } from './may-control.ts';

test('in a user namespace, who has no number may be the root of the machine', () => {
  const whole = '         0          0 4294967295\n';
  expect(isAllowed(1501, 1501, whole)).toBe(true);
  expect(isAllowed(0, 1501, whole)).toBe(true);
  expect(isAllowed(65534, 1501, whole)).toBe(false);
  expect(isAllowed(65534, 0, '         0       1501          1\n')).toBe(true);
  expect(isAllowed(1502, 0, '         0       1501          1\n')).toBe(false);
});
