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
const STT_NOTYPE = 0;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const STB_LOCAL = 0;
/** Indexes from here on are no sections: absolute values and the like. */
const SHN_LORESERVE = 0xff00;

/**
 * Functions of `.symtab`, or of `.dynsym` when the file was stripped, in the order of the table; the same name at the
 * same place once. Functions chosen at load time (`STT_GNU_IFUNC`) are left out: their place is that of the chooser.
 * Throws ElfError.
 */
export function functionSymbols(elf: ElfFile): readonly ElfFunction[] {
  const functions = new Map<string, ElfFunction>();
  for (const { type, section, address, size, isGlobal, name: full } of symbolEntries(elf)) {
    if (type !== STT_FUNC || section === 0) continue;
    const offset = fileOffsetOf(elf, address);
    if (offset === undefined) continue;
    const name = withoutVersion(full());
    const key = `${name} ${offset}`;
    if (name === '' || functions.has(key)) continue;
    functions.set(key, { name, offset, address, size, isGlobal });
  }
  return [...functions.values()];
}

/**
 * Addresses of variables by their names, of the same table: the first where a name is used by several files of a
 * program. Throws ElfError.
 */
export function variableAddresses(elf: ElfFile): ReadonlyMap<string, number> {
  const variables = new Map<string, number>();
  for (const { type, section, address, name: full } of symbolEntries(elf)) {
    if ((type !== STT_OBJECT && type !== STT_NOTYPE) || section === 0 || section >= SHN_LORESERVE) continue;
    const name = withoutVersion(full());
    if (name !== '' && !variables.has(name)) variables.set(name, address);
  }
  return variables;
}

interface SymbolEntry {
  readonly type: number;
  /** 0: not defined here. */
  readonly section: number;
  readonly address: number;
  readonly size: number;
  readonly isGlobal: boolean;
  readonly name: () => string;
}

function* symbolEntries(elf: ElfFile): Iterable<SymbolEntry> {
  const table =
    elf.sections.find((section) => section.type === SHT_SYMTAB) ??
    elf.sections.find((section) => section.type === SHT_DYNSYM);
  if (table === undefined) return;
  const texts = elf.sections[table.link];
  if (texts === undefined) throw new ElfError('damaged', 'its symbols have no names');
  const names = new TextTable(sectionPart(elf.bytes, texts));
  const symbols = sectionPart(elf.bytes, table);
  for (let at = 0; at + SYMBOL_SIZE <= symbols.size; at += SYMBOL_SIZE) {
    const info = symbols.unsigned8(at + 4);
    yield {
      type: info & 15,
      section: symbols.unsigned16(at + 6),
      address: symbols.unsigned64(at + 8),
      size: symbols.unsigned64(at + 16),
      isGlobal: info >> 4 !== STB_LOCAL,
      name: () => names.text(symbols.unsigned32(at)),
    };
  }
}

function withoutVersion(name: string): string {
  const at = name.indexOf('@');
  return at > 0 ? name.slice(0, at) : name;
}
