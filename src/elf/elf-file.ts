import { ElfError, type ElfBytes, type ElfPart, readPart } from './elf-bytes.ts';

/** A program header (`Elf64_Phdr`, elf(5)). */
export interface ElfSegment {
  readonly type: number;
  readonly isExecutable: boolean;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
}

/** A section header (`Elf64_Shdr`, elf(5)). */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the section with its texts, for symbol tables. */
  readonly link: number;
}

/** A 64-bit little-endian ELF file whose headers have been read; see elf(5). */
export interface ElfFile {
  readonly bytes: ElfBytes;
  /** `EM_…`: 62 is x86-64. */
  readonly machine: number;
  readonly segments: readonly ElfSegment[];
  /** Empty for a file without section headers. */
  readonly sections: readonly ElfSection[];
}

const MAGIC = 0x464c457f;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
/** `SHN_XINDEX`. */
const ELSEWHERE = 0xffff;
/** Programs have about ten; every look-up of an address goes through them. */
const MOST_SEGMENTS = 1024;
const PT_LOAD = 1;
const PF_X = 1;
const SHT_NOBITS = 8;

/** Reads the headers; throws ElfError. */
export function readElfFile(bytes: ElfBytes): ElfFile {
  if (bytes.size < HEADER_SIZE) throw new ElfError('not-elf', 'is not an ELF file');
  const header = readPart(bytes, 0, HEADER_SIZE, 'the header');
  if (header.unsigned32(0) !== MAGIC) throw new ElfError('not-elf', 'is not an ELF file');
  if (header.unsigned8(4) !== CLASS_64) throw new ElfError('unsupported', 'is not a 64-bit ELF file');
  if (header.unsigned8(5) !== LITTLE_ENDIAN)
    throw new ElfError('unsupported', 'is not a little-endian ELF file');
  const sectionTable = header.unsigned64(40);
  const first = sectionTable === 0 ? undefined : sectionHeaders(bytes, sectionTable, header, 1);
  // Zero and ELSEWHERE: the number did not fit into its field and is in the first section header.
  const count = header.unsigned16(60);
  const namesIndex = header.unsigned16(62);
  const sections =
    first === undefined
      ? []
      : readSections(
          sectionHeaders(bytes, sectionTable, header, count === 0 ? first.unsigned64(32) : count),
          bytes,
          namesIndex === ELSEWHERE ? first.unsigned32(40) : namesIndex,
        );
  return {
    bytes,
    machine: header.unsigned16(18),
    segments: readSegments(bytes, header),
    sections,
  };
}

function sectionHeaders(bytes: ElfBytes, offset: number, header: ElfPart, count: number): ElfPart {
  if (header.unsigned16(58) !== SECTION_HEADER_SIZE)
    throw new ElfError('damaged', 'its section headers are of an unknown size');
  return readPart(bytes, offset, count * SECTION_HEADER_SIZE, 'the table of sections');
}

function readSections(headers: ElfPart, bytes: ElfBytes, namesIndex: number): ElfSection[] {
  const sections: (ElfSection & { readonly nameAt: number })[] = [];
  for (let at = 0; at < headers.size; at += SECTION_HEADER_SIZE)
    sections.push({
      name: '',
      nameAt: headers.unsigned32(at),
      type: headers.unsigned32(at + 4),
      address: headers.unsigned64(at + 16),
      offset: headers.unsigned64(at + 24),
      size: headers.unsigned64(at + 32),
      link: headers.unsigned32(at + 40),
    });
  const names = sections[namesIndex];
  // Index 0 is "no section": such a file has sections without names.
  if (names === undefined || namesIndex === 0) return sections.map(withoutPosition);
  const table = sectionPart(bytes, names);
  const texts = new TextTable(table);
  return sections.map((section) => ({ ...withoutPosition(section), name: texts.text(section.nameAt) }));
}

function withoutPosition(section: ElfSection & { readonly nameAt: number }): ElfSection {
  const { name, type, address, offset, size, link } = section;
  return { name, type, address, offset, size, link };
}

function readSegments(bytes: ElfBytes, header: ElfPart): ElfSegment[] {
  const count = header.unsigned16(56);
  if (count === 0) return [];
  if (count > MOST_SEGMENTS) throw new ElfError('damaged', 'it has too many segments');
  if (header.unsigned16(54) !== PROGRAM_HEADER_SIZE)
    throw new ElfError('damaged', 'its program headers are of an unknown size');
  const headers = readPart(
    bytes,
    header.unsigned64(32),
    count * PROGRAM_HEADER_SIZE,
    'the table of segments',
  );
  const segments: ElfSegment[] = [];
  for (let at = 0; at < headers.size; at += PROGRAM_HEADER_SIZE)
    segments.push({
      type: headers.unsigned32(at),
      isExecutable: (headers.unsigned32(at + 4) & PF_X) !== 0,
      offset: headers.unsigned64(at + 8),
      address: headers.unsigned64(at + 16),
      fileSize: headers.unsigned64(at + 32),
    });
  return segments;
}

/** Content of a section; empty when the file holds none of it. Throws ElfError when it is outside of the file. */
export function sectionPart(bytes: ElfBytes, section: ElfSection): ElfPart {
  const size = section.type === SHT_NOBITS ? 0 : section.size;
  return readPart(bytes, size === 0 ? 0 : section.offset, size, `the section ${section.name}`);
}

/** The loaded segment whose bytes in the file hold this virtual address. */
export function segmentOf(elf: ElfFile, address: number): ElfSegment | undefined {
  return elf.segments.find(
    (segment) =>
      segment.type === PT_LOAD && address >= segment.address && address - segment.address < segment.fileSize,
  );
}

/** Offset in the file of a virtual address; undefined when the file holds no byte for it. */
export function fileOffsetOf(elf: ElfFile, address: number): number | undefined {
  const segment = segmentOf(elf, address);
  const offset = segment === undefined ? Infinity : address - segment.address + segment.offset;
  return offset < elf.bytes.size ? offset : undefined;
}

/**
 * Texts of a string table, each read once. The texts of a damaged file can overlap such that together they are far
 * longer than the file; then ElfError is thrown.
 */
export class TextTable {
  readonly #part: ElfPart;
  readonly #known = new Map<number, string>();
  #left: number;

  constructor(part: ElfPart) {
    this.#part = part;
    // Linkers let texts share their ends, so the sum can be somewhat larger than the table.
    this.#left = 16 * part.size;
  }

  text(at: number): string {
    const known = this.#known.get(at);
    if (known !== undefined) return known;
    const text = this.#part.text(at);
    this.#left -= text.length;
    if (this.#left < 0) throw new ElfError('damaged', 'its texts overlap too much');
    this.#known.set(at, text);
    return text;
  }
}
