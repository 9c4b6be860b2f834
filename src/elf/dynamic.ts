import { type ElfPart, readPart } from './elf-bytes.ts';
import { type ElfFile, TextTable, fileOffsetOf } from './elf-file.ts';

/** What the dynamic linker is told (`PT_DYNAMIC`, elf(5)). */
export interface DynamicFacts {
  /** Names of libraries, in the order that they are loaded. */
  readonly needed: readonly string[];
  /** Directories of DT_RUNPATH, or of DT_RPATH without it, as written: `$ORIGIN/../lib`. */
  readonly runPath: readonly string[];
}

const PT_DYNAMIC = 2;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const DT_RPATH = 15;
const DT_RUNPATH = 29;
const ENTRY_SIZE = 16;

/** Nothing for a file that is linked statically. Throws ElfError. */
export function dynamicFacts(elf: ElfFile): DynamicFacts {
  const segment = elf.segments.find(({ type }) => type === PT_DYNAMIC);
  if (segment === undefined || segment.fileSize === 0) return { needed: [], runPath: [] };
  const entries = dynamicEntries(
    readPart(elf.bytes, segment.offset, segment.fileSize, 'the dynamic section'),
  );
  const values = (tag: number): number[] =>
    entries.filter((entry) => entry.tag === tag).map((entry) => entry.value);
  const [address] = values(DT_STRTAB);
  const offset = address === undefined ? undefined : fileOffsetOf(elf, address);
  if (offset === undefined) return { needed: [], runPath: [] };
  const texts = new TextTable(
    readPart(elf.bytes, offset, values(DT_STRSZ)[0] ?? 0, 'the table of libraries'),
  );
  const [path] = [...values(DT_RUNPATH), ...values(DT_RPATH)];
  return {
    needed: values(DT_NEEDED).map((at) => texts.text(at)),
    runPath:
      path === undefined
        ? []
        : texts
            .text(path)
            .split(':')
            .filter((part) => part !== ''),
  };
}

function dynamicEntries(part: ElfPart): { readonly tag: number; readonly value: number }[] {
  const entries: { readonly tag: number; readonly value: number }[] = [];
  for (let at = 0; at + ENTRY_SIZE <= part.size; at += ENTRY_SIZE) {
    const tag = part.unsigned64(at);
    if (tag === DT_NULL) break;
    entries.push({ tag, value: part.unsigned64(at + 8) });
  }
  return entries;
}
