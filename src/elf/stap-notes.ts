import type { ElfPart } from './elf-bytes.ts';
import { type ElfFile, segmentOf, fileOffsetOf } from './elf-file.ts';
import { notesOfSections } from './notes.ts';

/** A place that was compiled with `DTRACE_PROBE` or `STAP_PROBE` of <sys/sdt.h>. */
export interface StapNote {
  readonly provider: string;
  readonly name: string;
  /** As the compiler wrote it: `8@%rdi -4@$5`. */
  readonly argumentText: string;
  /** Virtual address of the instruction, as the file was linked (a later move by prelink included). */
  readonly address: number;
  /** Offset in the file of that instruction. */
  readonly offset: number;
  /** Offset in the file of the 16-bit counter of those who watch; undefined when the mark has none. */
  readonly semaphoreOffset: number | undefined;
}

const NT_STAPSDT = 3;

/** Marks of `.note.stapsdt` whose instruction is in the file, in the order of the notes. Throws ElfError. */
export function stapNotes(elf: ElfFile): readonly StapNote[] {
  const base = elf.sections.find((section) => section.name === '.stapsdt.base')?.address;
  const found: StapNote[] = [];
  for (const note of notesOfSections(elf, '.note.stapsdt')) {
    if (note.owner !== 'stapsdt' || note.type !== NT_STAPSDT) continue;
    const read = stapNote(elf, note.content, base);
    if (read !== undefined) found.push(read);
  }
  return found;
}

function stapNote(elf: ElfFile, content: ElfPart, base: number | undefined): StapNote | undefined {
  const linkedBase = content.unsigned64(8);
  // The notes are not relocated when a program is moved as a whole; the section tells by how much it was.
  const moved = base === undefined || linkedBase === 0 ? 0 : base - linkedBase;
  const address = content.unsigned64(0) + moved;
  const semaphore = content.unsigned64(16);
  const providerAt = 24;
  const provider = content.text(providerAt);
  const nameAt = providerAt + provider.length + 1;
  const name = content.text(nameAt);
  const argumentText = content.text(nameAt + name.length + 1);
  const offset = fileOffsetOf(elf, address);
  if (offset === undefined || segmentOf(elf, address)?.isExecutable !== true) return undefined;
  const semaphoreOffset = semaphore === 0 ? undefined : fileOffsetOf(elf, semaphore + moved);
  return { provider, name, argumentText, address, offset, semaphoreOffset };
}
