import { expect, test } from 'vitest';
import { digestedModuleName, renamedForProcess } from './module-name.ts';

test('a name is made of the digest and the number of characters digested', () => {
  const name = digestedModuleName('probe begin {}\n1');
  expect(name).toMatch(/^stap_[0-9a-f]{32}_16$/);
  expect(digestedModuleName('probe begin {}\n1')).toBe(name);
  expect(digestedModuleName('probe begin {}\n2')).not.toBe(name);
});

test('the four parts of the digest differ even for a short input', () => {
  const parts = digestedModuleName('').slice(5, 37).match(/.{8}/g);
  expect(new Set(parts).size).toBe(4);
});

test.each([
  ['stap_7a4a85d8e109a0e5351a281d3775f5d1_944', 15625, 'stap_7a4a85d8e109a0e5351a281d3775f5_15625'],
  ['stap_d3cc2767f455a1ee766594c29cb62450__944', 315, 'stap_d3cc2767f455a1ee766594c29cb62450__315'],
  ['abc', 1234, 'abc'],
])('%s in process %d runs as %s', (name, pid, expected) => {
  const renamed = renamedForProcess(name, pid);
  expect(renamed.length).toBe(name.length);
  expect(renamed).toBe(expected);
});
