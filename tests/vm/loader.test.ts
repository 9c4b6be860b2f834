import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KernelSite } from '../../src/module/kernel-part.ts';
import { openKernelProbes } from '../../src/bpf/loader/open-kernel-probes.ts';
import { recorder, recordingPart } from '../../src/bpf/loader/testing/recording-part.ts';

// Functions of the kernel by kprobes. The one that is called here opens files.

const OPEN = 'do_sys_openat2';

interface Recorded {
  readonly marks: readonly number[];
  readonly warnings: readonly string[];
  readonly links: number;
}

/** What is recorded while this process opens a file. */
function recorded(functions: readonly { readonly symbol: string; readonly isReturn: boolean }[]): Recorded {
  const marks: number[] = [];
  const warnings: string[] = [];
  const sites = functions.map((place, probe): KernelSite => ({
    kind: 'kernel-function',
    program: 0,
    probe,
    by: 'kprobe',
    ...place,
  }));
  const probes = openKernelProbes(recordingPart([recorder('cookie', { type: 'kprobe' })], sites), {
    take: (record) => marks.push(Number(Buffer.from(record).readBigInt64LE(0))) > 0,
    target: process.pid,
    warn: (text) => warnings.push(text),
  });
  probes.attach();
  const links = probes.descriptors().links.length;
  readFileSync('/proc/self/stat');
  probes.detach();
  probes.drain();
  probes.close();
  return { marks, warnings, links };
}

describe('functions of the kernel by kprobes', () => {
  test('many are told apart, attached by one link where the kernel has function probes', () => {
    const functions = [OPEN, 'vfs_read', 'vfs_write'].map((symbol) => ({ symbol, isReturn: false }));
    const { marks, links } = recorded(functions);
    expect([1, functions.length]).toContain(links);
    expect(marks).toContain(0);
    expect(marks).toContain(1);
  });

  test('calls and returns are two links', () => {
    const { marks, links } = recorded([false, true].map((isReturn) => ({ symbol: OPEN, isReturn })));
    expect(links).toBe(2);
    expect(marks.slice(0, 2)).toEqual([0, 1]);
  });

  test('one that does not exist is told, the others are probed one by one', () => {
    const functions = [OPEN, 'no_such_function'].map((symbol) => ({ symbol, isReturn: false }));
    const { marks, warnings } = recorded(functions);
    expect(marks).toContain(0);
    expect(warnings).toEqual([expect.stringMatching(/^the function no_such_function is not probed: /)]);
  });

  test('none at all is an error', () => {
    expect(() => recorded([{ symbol: 'no_such_function', isReturn: false }])).toThrow(
      'cannot probe the function no_such_function',
    );
  });
});
