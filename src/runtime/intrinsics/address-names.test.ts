import { describe, expect, it } from 'vitest';
import type { SymbolNames } from '../symbol-names.ts';
import { intrinsicContext } from '../testing/intrinsic-context.ts';

const SYMBOLS: SymbolNames = {
  kernelPlace: (address) =>
    address < 0 ? { module: 'kernel', symbol: 'vfs_read', offset: 0x17, size: 0x30 } : undefined,
  userPlace: (pid, address) =>
    pid === 4241 && address === 0x4007e4
      ? { module: '/usr/bin/sshd', symbol: undefined, offset: 0x7e4, size: 0x8c000 }
      : undefined,
  kernelProblem: () => undefined,
  rememberProcess: () => undefined,
};

describe('names of addresses', () => {
  const { call } = intrinsicContext({}, { symbols: SYMBOLS });

  it('are as short or long as asked for', () => {
    const texts = ['name', 'data', 'line', 'simple', 'brief'].map((style) => call('symbol_text', -1, style));
    expect(texts).toEqual([
      'vfs_read',
      'vfs_read+0x17/0x30 [kernel]',
      '0xffffffffffffffff : vfs_read+0x17/0x30 [kernel]',
      'vfs_read+0x17 [kernel]',
      'vfs_read+0x17',
    ]);
    expect(() => call('symbol_text', -1, 'long')).toThrow("no text about addresses is called 'long'");
  });

  it('are those of the process at hand', () => {
    const texts = ['name', 'data', 'line', 'simple', 'brief'].map((style) =>
      call('user_symbol_text', 0x4007e4, style),
    );
    expect(texts).toEqual([
      '0x4007e4',
      '0x4007e4 [/usr/bin/sshd+0x7e4/0x8c000]',
      '0x4007e4 [/usr/bin/sshd+0x7e4/0x8c000]',
      '0x4007e4 [sshd]',
      '0x4007e4',
    ]);
    expect(call('user_symbol_text', 16, 'data')).toBe('0x10');
  });

  it('tell the module, or fail', () => {
    expect(call('symbol_module', -5)).toBe('kernel');
    expect(call('user_symbol_module', 0x4007e4)).toBe('sshd');
    expect(() => call('symbol_module', 5)).toThrow('Cannot determine kernel module name');
    expect(() => call('user_symbol_module', 5)).toThrow('module cannot be found');
  });

  it('are found one by one in a stack', () => {
    const at = (index: number): unknown => call('stack_address', ' 0xffffffffffffffff 10  x', index);
    expect([-1, 0, 1, 2, 3].map(at)).toEqual([0, -1, 16, 0, 0]);
  });

  it('come with a warning when the kernel tells none', () => {
    const kernelProblem = (): string => 'the kernel hides its symbols';
    const hidden = intrinsicContext({}, { symbols: { ...SYMBOLS, kernelProblem } });
    expect(hidden.call('symbol_text', 7, 'data')).toBe('0x7');
    expect(hidden.warnings).toEqual(['the kernel hides its symbols']);
  });

  it('are numbers where nobody knows them', () => {
    const nobody = intrinsicContext();
    expect(nobody.call('symbol_text', -1, 'data')).toBe('0xffffffffffffffff');
    expect(nobody.call('user_symbol_text', 1, 'line')).toBe('0x1');
  });
});
