import { ElfError } from './elf-bytes.ts';
import { type ElfFile, TextTable, fileOffsetOf, sectionPart } from './elf-file.ts';

/** A function that the file defines. */
export interface ElfFunction {
  /** Without a symbol version (`@@GLIBC_2.34`). */
  readonly name: string;
  /** Of the first instruction, in the file. */
  readonly offset: number;
  readonly address: number;
  readonly size: number;
  readonly isGlobal: boolean;
}

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SYMBOL_SIZE = 24;
const STT_FUNC = 2;
const STB_LOCAL = 0;

/**
 * Functions of `.symtab`, or of `.dynsym` when the file was stripped, in the order of the table; the same name at the
 * same place once. Functions chosen at load time (`STT_GNU_IFUNC`) are left out: their place is that of the chooser.
 * Throws ElfError.
 */
export function functionSymbols(elf: ElfFile): readonly ElfFunction[] {
  const table =
    elf.sections.find((section) => section.type === SHT_SYMTAB) ??
    elf.sections.find((section) => section.type === SHT_DYNSYM);
  if (table === undefined) return [];
  const texts = elf.sections[table.link];
  if (texts === undefined) throw new ElfError('damaged', 'its symbols have no names');
  const names = new TextTable(sectionPart(elf.bytes, texts));
  const symbols = sectionPart(elf.bytes, table);
  const functions = new Map<string, ElfFunction>();
  for (let at = 0; at + SYMBOL_SIZE <= symbols.size; at += SYMBOL_SIZE) {
    const info = symbols.unsigned8(at + 4);
    if ((info & 15) !== STT_FUNC || symbols.unsigned16(at + 6) === 0) continue;
    const address = symbols.unsigned64(at + 8);
    const offset = fileOffsetOf(elf, address);
    if (offset === undefined) continue;
    const name = withoutVersion(names.text(symbols.unsigned32(at)));
    const key = `${name} ${offset}`;
    if (name === '' || functions.has(key)) continue;
    const size = symbols.unsigned64(at + 16);
    functions.set(key, { name, offset, address, size, isGlobal: info >> 4 !== STB_LOCAL });
  }
  return [...functions.values()];
}

function withoutVersion(name: string): string {
  const at = name.indexOf('@');
  return at > 0 ? name.slice(0, at) : name;
}
