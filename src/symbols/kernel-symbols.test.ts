import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KernelSymbols } from './kernel-symbols.ts';

/** As the run time holds the address 0xffffffffXXXXXXXX. */
const kernel = (low: number): number => low - 2 ** 32;

const TEXT = `0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000010 T vfs_read
ffffffff81000040 t helper
ffffffffc0002000 t second\t[ext4]
ffffffffc0001000 t first\t[ext4]
ffffffffc0009000 t bpf_prog_1\t[bpf]
`;

describe('a table', () => {
  const symbols = new KernelSymbols(Buffer.from(TEXT, 'latin1'));
  test.each([
    [0x81000000, { module: 'kernel', symbol: '_stext', offset: 0, size: 16 }],
    [0x8100003f, { module: 'kernel', symbol: 'vfs_read', offset: 0x2f, size: 0x30 }],
    [0x81000041, { module: 'kernel', symbol: 'helper', offset: 1, size: 0xfc0 }],
    [0x81001000, undefined],
    [0x80ffffff, undefined],
    [0xc0001fff, { module: 'ext4', symbol: 'first', offset: 0xfff, size: 0x1000 }],
    [0xc0002001, { module: 'ext4', symbol: 'second', offset: 1, size: 0x1000 }],
    [0xc0009004, { module: 'bpf', symbol: 'bpf_prog_1', offset: 4, size: 0x1000 }],
    [0xc000a000, undefined],
  ])('0xffffffff%x', (low, expected) => {
    expect(symbols.find(kernel(low))).toEqual(expected);
  });

  test('addresses of processes are none of the kernel', () => {
    expect(symbols.find(0x400000)).toBeUndefined();
    expect(symbols.find(0)).toBeUndefined();
    expect(symbols.hasAddresses).toBe(true);
  });
});

test('a table without addresses has nothing to find', () => {
  const hidden = new KernelSymbols(Buffer.from(TEXT.replace(/^[0-9a-f]+/gm, '0'.repeat(16)), 'latin1'));
  expect(hidden.hasAddresses).toBe(false);
  expect(hidden.find(kernel(0x81000010))).toBeUndefined();
  expect(new KernelSymbols(Buffer.alloc(0)).hasAddresses).toBe(false);
  expect(new KernelSymbols(Buffer.from('no table')).hasAddresses).toBe(false);
});

describe.runIf(existsSync('/proc/kallsyms'))('the running kernel', () => {
  const text = readFileSync('/proc/kallsyms');
  const symbols = new KernelSymbols(text);

  test.runIf(symbols.hasAddresses)('a symbol is found at its address', () => {
    const byAddress = new Map<string, Set<string>>();
    for (const line of text.toString('latin1').split('\n')) {
      const [address = '', , name = ''] = line.split(/[ \t]/);
      if (!address.startsWith('ffff')) continue;
      byAddress.set(address, (byAddress.get(address) ?? new Set()).add(name));
    }
    const some = [...byAddress].filter((_, index) => index % 10 === 0);
    expect(some.length).toBeGreaterThan(1000);
    for (const [address, names] of some) {
      const found = symbols.find(Number(BigInt.asIntN(64, BigInt(`0x${address}`))));
      expect(found?.offset).toBe(0);
      expect(names.has(found?.symbol ?? '')).toBe(true);
    }
  });
});
