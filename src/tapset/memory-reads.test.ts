import { describe, expect, it } from 'vitest';
import { translateScript } from '../../tests/harness/run-script.ts';
import { Engine } from '../runtime/engine.ts';
import { intrinsics } from '../runtime/intrinsics/table.ts';
import type { KernelProbes } from '../runtime/kernel-event.ts';
import { memoryWorld, PLAIN_OPTIONS } from '../runtime/testing/memory-ports.ts';

const BASE = 0x1000;
const EFAULT = 14;

/** What `print(EXPRESSION)` puts out in a process that has `memory` at 0x1000. */
async function printed(expression: string, memory = ''): Promise<string> {
  const world = memoryWorld(intrinsics);
  const kernelProbes: KernelProbes = {
    attach: () => undefined,
    drain: () => undefined,
    pause: () => undefined,
    unpause: () => undefined,
    detach: () => undefined,
    skipped: { lostRecords: 0, nested: 0 },
    kernelHits: () => 0,
    readMemory: (_space, _pid, address, size) => {
      const from = Number(address) - BASE;
      return from < 0 || from + size > memory.length ? -EFAULT : memory.slice(from, from + size);
    },
  };
  const engine = new Engine(
    translateScript(`probe begin { print(${expression}) }`),
    { ...world.ports, kernelProbes },
    PLAIN_OPTIONS,
  );
  engine.start();
  await engine.stop();
  return [world.output.text, ...world.messages.map(({ text }) => text.replace(/ near .*/, ''))].join('|');
}

describe('reads of user memory', () => {
  it.each([
    ['user_string(0x1000)', 'abc'],
    ['user_string(0x1001, "?")', 'bc'],
    ['user_string(0x5, "?")', '?'],
    ['user_string_nofault(0x5)', ''],
    ['user_string_n(0x1000, 2)', 'ab'],
    ['user_string_n(0x1000, 0)', ''],
    ['user_string_n2(0x5, 2, "?")', '?'],
    ['user_string_quoted(0x1000)', '"abc"'],
    ['user_string_quoted(0x5)', '0x5'],
    ['user_string_n_quoted(0x1000, 2)', '"ab"'],
    ['user_buffer_quoted(0x1000, 3, 20)', '"abc"'],
    ['user_string(0x5)', '|user string copy fault -14 at 0x5 [man error::fault]|Number of errors: 1, skipped probes: 0'],
    ['user_string_warn(0x5, "?")', '?|user string copy fault -14 at 0x5 [man error::fault]'],
  ])('%s of a text', async (expression, expected) => {
    // Strings are read by pages.
    expect(await printed(expression, 'abc\0'.padEnd(4096, 'x'))).toBe(expected);
  });

  it.each([
    ['user_char(0x1000)', '-1'],
    ['user_uint8(0x1000)', '255'],
    ['user_short(0x1000)', '-257'],
    ['user_ushort(0x1000)', '65279'],
    ['user_int(0x1000)', '-257'],
    ['user_uint32(0x1000)', '4294967039'],
    ['user_long(0x1000)', '-257'],
    ['user_ulong(0x1000)', '-257'],
    ['user_long(0x1001)', '0'],
    ['user_int64_error(0x1001)', '|read fault [man error::fault] at 0x1001|Number of errors: 1, skipped probes: 0'],
    ['user_int_warn(0x5)', '0|user int copy fault 0x5 [man error::fault]'],
  ])('%s of a number', async (expression, expected) => {
    expect(await printed(expression, '\xff\xfe\xff\xff\xff\xff\xff\xff')).toBe(expected);
  });

  it.each([
    ['a\0\xe9\0\x3d\xd8\x00\xde\0\0', 'user_string_utf16(0x1000)', 'a\xc3\xa9\xf0\x9f\x98\x80'],
    ['a\0\0\0\x00\xf6\x01\0\0\0\0\0', 'user_string_utf32(0x1000)', 'a\xf0\x9f\x98\x80'],
    ['\x00\xdc\0\0', 'user_string_utf16(0x1000, "?")', '?'],
    ['a\0', 'user_string_quoted_utf16(0x1000)', '0x1000'],
  ])('of wide characters', async (memory, expression, expected) => {
    expect(await printed(expression, memory)).toBe(expected);
  });

  it('has no memory of the kernel outside events', async () => {
    expect(await printed('kernel_string(0x1000, "?")', 'abc\0')).toBe('?');
    expect(await printed('kernel_long(0x1000)')).toContain('kernel long copy fault at 0x1000 [man error::fault]');
  });
});
