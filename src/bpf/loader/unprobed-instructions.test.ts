import { expect, test } from 'vitest';
import { isNeverProbed, neverProbed } from './unprobed-instructions.ts';

test.each([
  ['lock add', 'f083472801', true],
  ['lock sub with 64-bit operand', 'f0482935', true],
  ['int3', 'cc', true],
  ['hlt', 'f4', true],
  ['rep outsb', 'f36e', true],
  ['push', '55', false],
  ['endbr64', 'f30f1efa', false],
  ['mov with prefixes', '66488b07', false],
  ['jmp', 'e9fa0f0000', false],
])('%s', (_, bytes, isNever) => {
  expect(isNeverProbed(Buffer.from(bytes, 'hex'))).toBe(isNever);
});

test('a file that is not there tells nothing', () => {
  expect(neverProbed('/nonexistent/program', [0, 1])).toEqual(new Set());
});
