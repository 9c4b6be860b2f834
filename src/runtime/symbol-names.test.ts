import { expect, test } from 'vitest';
import { backtraceLine, symbolData, symbolName } from './symbol-names.ts';

const READ = { module: 'kernel', symbol: 'vfs_read', offset: 0x17, size: 0x30 } as const;
const UNNAMED = { module: '/usr/bin/sshd', symbol: undefined, offset: 0x7e4, size: 0x8c000 } as const;
/** As the run time holds 0xffffffff81234567. */
const ADDRESS = -0x7edcba99;

test.each([
  [ADDRESS, READ, 'vfs_read', 'vfs_read+0x17/0x30 [kernel]'],
  [0x4007e4, UNNAMED, '0x4007e4', '0x4007e4 [/usr/bin/sshd+0x7e4/0x8c000]'],
  [ADDRESS, undefined, '0xffffffff81234567', '0xffffffff81234567'],
  [ADDRESS, { ...READ, offset: 0, size: 0 }, 'vfs_read', 'vfs_read+0x0/0x0 [kernel]'],
])('%d is named by symname and symdata', (address, place, name, data) => {
  expect(symbolName(address, place)).toBe(name);
  expect(symbolData(address, place)).toBe(data);
});

test('lines of a backtrace', () => {
  expect(backtraceLine(ADDRESS, READ)).toBe('0xffffffff81234567 : vfs_read+0x17/0x30 [kernel]');
  expect(backtraceLine(ADDRESS, READ, true)).toBe(
    '0xffffffff81234567 : vfs_read+0x17/0x30 [kernel] (inexact)',
  );
  expect(backtraceLine(0x4007e4, UNNAMED)).toBe('0x4007e4 [/usr/bin/sshd+0x7e4/0x8c000]');
  expect(backtraceLine(ADDRESS, undefined)).toBe('0xffffffff81234567');
});
