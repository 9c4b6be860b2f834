import { closeSync, openSync, readSync } from 'node:fs';

/** Longest instruction of x86. */
const MOST_BYTES = 15;
/** Read at once, as functions lie close together. */
const PART_BYTES = 1 << 16;
/** Prefixes that do not decide: operand and address size, segments, repetition, and REX in 64-bit code. */
const isPrefix = (byte: number): boolean =>
  [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3].includes(byte) || (byte & 0xf0) === 0x40;

/**
 * Whether Linux takes no probe at an x86 instruction that begins with these bytes, as it cannot be run elsewhere: `lock`,
 * breakpoints, input and output, `hlt`, `cli` and `sti` (arch/x86/kernel/uprobes.c). Others may be refused too.
 */
export function isNeverProbed(bytes: Uint8Array): boolean {
  const opcode = bytes.find((byte) => !isPrefix(byte)) ?? 0;
  return (
    [0xcc, 0xcd, 0xf0, 0xf1, 0xf4, 0xfa, 0xfb].includes(opcode) ||
    (opcode >= 0x6c && opcode <= 0x6f) ||
    (opcode >= 0xe4 && opcode <= 0xe7) ||
    (opcode >= 0xec && opcode <= 0xef)
  );
}

/** Offsets among these at which Linux takes no probe, as far as the bytes there tell; none where the file cannot be read. */
export function neverProbed(path: string, offsets: readonly number[]): ReadonlySet<number> {
  const found = new Set<number>();
  if (process.arch !== 'x64') return found;
  let file: number;
  try {
    file = openSync(Buffer.from(path, 'latin1'), 'r');
  } catch {
    return found;
  }
  const part = Buffer.alloc(PART_BYTES + MOST_BYTES);
  let start = -Infinity;
  try {
    for (const offset of [...offsets].sort((one, other) => one - other)) {
      if (offset >= start + PART_BYTES) {
        start = offset;
        part.fill(0, readSync(file, part, 0, part.length, start));
      }
      if (isNeverProbed(part.subarray(offset - start, offset - start + MOST_BYTES))) found.add(offset);
    }
  } finally {
    closeSync(file);
  }
  return found;
}
