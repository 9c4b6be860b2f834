import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withOptionManual } from './option-manual.ts';
import { shownUsage } from './option-spelling.ts';
import { stapOptions } from './option-table.ts';

const page = readFileSync('man/stap.1', 'latin1');

test('man/stap.1 tells the options that there are (npm run docs)', () => {
  expect(withOptionManual(page)).toBe(page);
});

test('each option that has a help text, or none of effect, is in the manual', () => {
  const plain = page.replaceAll('\\-', '-').replace(/\\f[BIPR]/g, '');
  const told = stapOptions().filter(({ help, support }) => help.length > 0 || support.kind !== 'works');
  for (const { usage } of told) expect(plain).toContain(shownUsage(usage).replaceAll(' -', ', -'));
});

test('a page without its marks is refused', () => {
  expect(() => withOptionManual('.TH STAP 1\n')).toThrow('mark');
});
