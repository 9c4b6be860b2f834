import fc from 'fast-check';
import { expect, test } from 'vitest';
import { controlLine, parseControlLine } from './control-text.ts';

test('lines are ASCII and keep every unit', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (bytes, integer) => {
      const value = { text: Buffer.from(bytes).toString('latin1'), integer };
      const line = controlLine(value);
      expect(line).toMatch(/^[\x20-\x7e]*\n$/);
      expect(parseControlLine(line)).toEqual(value);
    }),
  );
  expect(parseControlLine('"\u20ac"')).toBe('\xe2\x82\xac');
});
