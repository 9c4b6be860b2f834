import { ElfError } from '../elf/elf-bytes.ts';
import { readElfFile, type ElfFile } from '../elf/elf-file.ts';
import { buildId } from '../elf/notes.ts';
import { programBytes } from './program-bytes.ts';

const SHT_SYMTAB = 2;
/** Where packages put what was stripped from programs, by their build ids. */
const DEBUG_DIRECTORY = '/usr/lib/debug';

/**
 * The file that holds the symbols which a program was stripped of, where it is installed; undefined for a program that
 * has its own.
 */
export function debugFileOf(elf: ElfFile, directory: string = DEBUG_DIRECTORY): ElfFile | undefined {
  if (hasSymbols(elf)) return undefined;
  const id = buildId(elf);
  if (id === undefined || id.length <= 2) return undefined;
  try {
    const path = `${directory}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
    const file = readElfFile(programBytes(path));
    return hasSymbols(file) && buildId(file) === id ? file : undefined;
  } catch (error) {
    // Not installed, mostly; a damaged one is of no use either.
    if (error instanceof ElfError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

function hasSymbols(elf: ElfFile): boolean {
  return elf.sections.some(({ type, size }) => type === SHT_SYMTAB && size > 0);
}
