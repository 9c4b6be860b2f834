import { readPart } from './elf-bytes.ts';
import type { ElfFile } from './elf-file.ts';

const EM_X86_64 = 62;
/** `endbr64`, f3 0f 1e fa. */
const ENDBR64 = 0xfa1e0ff3;

/** Offset in the file of the instruction to probe when a function is entered: behind an `endbr64`, 4 bytes. */
export function entryOffset(elf: ElfFile, offset: number): number {
  if (elf.machine !== EM_X86_64 || offset + 4 > elf.bytes.size) return offset;
  return readPart(elf.bytes, offset, 4, 'an instruction').unsigned32(0) === ENDBR64 ? offset + 4 : offset;
}
