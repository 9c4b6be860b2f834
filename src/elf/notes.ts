import { ElfError, ElfPart, readPart } from './elf-bytes.ts';
import { type ElfFile, sectionPart } from './elf-file.ts';

/** A note (`Elf64_Nhdr`, elf(5)). */
export interface ElfNote {
  readonly owner: string;
  readonly type: number;
  readonly content: ElfPart;
}

const PT_NOTE = 4;
const SHT_NOTE = 7;
const NT_GNU_BUILD_ID = 3;

/** Notes of the sections of that name. Throws ElfError. */
export function notesOfSections(elf: ElfFile, name: string): readonly ElfNote[] {
  const sections = elf.sections.filter((section) => section.type === SHT_NOTE && section.name === name);
  const size = sections.reduce((sum, section) => sum + section.size, 0);
  if (size > elf.bytes.size) throw new ElfError('damaged', 'its notes are larger than the file');
  return sections.flatMap((section) => notesIn(sectionPart(elf.bytes, section)));
}

/** The build id in hexadecimal digits; undefined when the file has none. Throws ElfError. */
export function buildId(elf: ElfFile): string | undefined {
  let left = elf.bytes.size;
  for (const { type, offset, fileSize } of elf.segments) {
    if (type !== PT_NOTE) continue;
    left -= fileSize;
    if (left < 0) throw new ElfError('damaged', 'its notes are larger than the file');
    const found = buildIdAmong(notesIn(readPart(elf.bytes, offset, fileSize, 'a segment of notes')));
    if (found !== undefined) return found;
  }
  return buildIdAmong(notesOfSections(elf, '.note.gnu.build-id'));
}

/** The build id among notes that stand alone, as in /sys/kernel/notes. Throws ElfError. */
export function buildIdOfNotes(notes: Uint8Array): string | undefined {
  return buildIdAmong(notesIn(new ElfPart(notes, 'the notes')));
}

function buildIdAmong(notes: readonly ElfNote[]): string | undefined {
  const note = notes.find(({ owner, type }) => owner === 'GNU' && type === NT_GNU_BUILD_ID);
  if (note === undefined) return undefined;
  return Array.from(note.content.bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function notesIn(part: ElfPart): ElfNote[] {
  const notes: ElfNote[] = [];
  let at = 0;
  while (at + 12 <= part.size) {
    const ownerSize = part.unsigned32(at);
    const contentSize = part.unsigned32(at + 4);
    const contentAt = at + 12 + aligned(ownerSize);
    const owner = ownerSize === 0 ? '' : part.part(at + 12, ownerSize).text(0);
    notes.push({ owner, type: part.unsigned32(at + 8), content: part.part(contentAt, contentSize) });
    at = contentAt + aligned(contentSize);
  }
  return notes;
}

function aligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}
