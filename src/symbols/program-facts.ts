import { accessSync, constants, existsSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DynamicFacts, dynamicFacts } from '../elf/dynamic.ts';
import { ElfError } from '../elf/elf-bytes.ts';
import { type ElfFile, fileOffsetOf, readElfFile } from '../elf/elf-file.ts';
import { entryOffset } from '../elf/function-entry.ts';
import { buildId } from '../elf/notes.ts';
import { stapNotes } from '../elf/stap-notes.ts';
import { type ElfFunction, functionSymbols, variableAddresses } from '../elf/symbols.ts';
import type { FunctionSymbolFacts, MarkFacts, ProgramFacts, ProgramSymbols } from '../probes/kernel-facts.ts';
import { pathBytes, programBytes } from './program-bytes.ts';
import { globPaths } from './program-glob.ts';
import { libraryDirectories, libraryPath } from './program-libraries.ts';

/** Values of e_machine in elf.h. */
const ARCHITECTURES: Readonly<Record<number, ProgramSymbols['architecture']>> = {
  62: 'x86_64',
  183: 'arm64',
};

interface Problem {
  readonly problem: string;
}

/** Where programs and libraries are looked for; byte strings, like all paths here. */
export interface ProgramPlaces {
  /** As in the environment: directories with colons between them. */
  readonly path: string;
  /** Directories of libraries; those of the machine when not given. */
  readonly libraryDirectories?: readonly string[];
}

/** A file whose headers are sound, and what it is linked with. */
interface KnownProgram {
  readonly elf: ElfFile;
  readonly dynamic: DynamicFacts;
  readonly symbols: ProgramSymbols;
}

/**
 * Programs and libraries of this machine. Each file is read once, and only the tables that are asked for. What is no
 * ELF file, or has damaged headers, is a problem; damaged tables of functions or marks, and files that were replaced
 * meanwhile, throw ElfError when asked for.
 */
export function programFacts(places: ProgramPlaces): ProgramFacts {
  const files = new ProgramFiles(places.libraryDirectories);
  const symbolsOf = (path: string): ProgramSymbols | Problem => {
    const program = files.open(path);
    return 'problem' in program ? program : program.symbols;
  };
  return {
    program: (name) => {
      const path = pathOfProgram(name, places.path);
      return path === undefined ? { problem: `cannot find executable '${name}'` } : symbolsOf(path);
    },
    matching: (pattern) => {
      const found = new Map<string, ProgramSymbols>();
      for (const path of globPaths(pattern)) {
        const program = isExecutable(path) || isLibrary(path) ? symbolsOf(path) : undefined;
        if (program !== undefined && !('problem' in program)) found.set(program.path, program);
      }
      return [...found.values()];
    },
    library: (name, of) => {
      if (name.includes('/')) return symbolsOf(name);
      const found = files.linked(of.path).find((library) => isNamed(library, name));
      return found === undefined
        ? { problem: `'${of.path}' is not linked with a library '${name}'` }
        : symbolsOf(found.path);
    },
    programOf: (pid) => {
      const path = pathOfProcess(pid);
      return typeof path === 'string' ? symbolsOf(path) : path;
    },
  };
}

interface LinkedLibrary {
  /** As the program asks for it: `libz.so.1`. */
  readonly name: string;
  /** Canonical: `/usr/lib/x86_64-linux-gnu/libz.so.1.2.13`. */
  readonly path: string;
}

/** The files that were read so far. */
class ProgramFiles {
  readonly #known = new Map<string, KnownProgram | Problem>();
  #directories: readonly string[] | undefined;

  constructor(directories: readonly string[] | undefined) {
    this.#directories = directories;
  }

  open(path: string): KnownProgram | Problem {
    try {
      const canonical = realpathSync.native(pathBytes(path), { encoding: 'latin1' });
      const known = this.#known.get(canonical) ?? this.#read(canonical);
      this.#known.set(canonical, known);
      return known;
    } catch (error) {
      return unreadable(path, error);
    }
  }

  /** Libraries that the program and its libraries ask for, each once, nearest first; those not installed are left out. */
  linked(path: string): readonly LinkedLibrary[] {
    const found = new Map<string, LinkedLibrary>();
    const waiting = [path];
    for (let user = waiting.shift(); user !== undefined; user = waiting.shift()) {
      const program = this.open(user);
      if ('problem' in program) continue;
      for (const name of program.dynamic.needed) {
        const library = this.#library(name, user, program.dynamic.runPath);
        if (library === undefined || library === path || found.has(library)) continue;
        found.set(library, { name, path: library });
        waiting.push(library);
      }
    }
    return [...found.values()];
  }

  #library(name: string, user: string, runPath: readonly string[]): string | undefined {
    this.#directories ??= libraryDirectories();
    const path = libraryPath(name, user, runPath, this.#directories);
    const program = path === undefined ? undefined : this.open(path);
    return program === undefined || 'problem' in program ? undefined : program.symbols.path;
  }

  #read(path: string): KnownProgram | Problem {
    try {
      const elf = readElfFile(programBytes(path));
      const libraries = (): readonly string[] => this.linked(path).map((library) => library.path);
      return { elf, dynamic: dynamicFacts(elf), symbols: symbolsOfFile(elf, path, libraries) };
    } catch (error) {
      return unreadable(path, error);
    }
  }
}

function symbolsOfFile(elf: ElfFile, path: string, libraries: () => readonly string[]): ProgramSymbols {
  let functions: readonly FunctionSymbolFacts[] | undefined;
  let marks: readonly MarkFacts[] | undefined;
  let variables: ReadonlyMap<string, number> | undefined;
  return {
    path,
    buildId: buildId(elf),
    architecture: ARCHITECTURES[elf.machine],
    functions: () => (functions ??= functionSymbols(elf).map((symbol) => functionFacts(elf, symbol))),
    marks: () => (marks ??= stapNotes(elf).map(markFacts)),
    offsetOfAddress: (address) => fileOffsetOf(elf, address),
    variableAddress: (name) => (variables ??= variableAddresses(elf)).get(name),
    libraries,
  };
}

function functionFacts(elf: ElfFile, symbol: ElfFunction): FunctionSymbolFacts {
  const { name, offset, size, isGlobal } = symbol;
  return {
    name,
    offset,
    size,
    isGlobal,
    // Read when it is asked for: most of the thousands of functions of a program are never probed.
    get entryOffset() {
      return entryOffset(elf, offset);
    },
  };
}

function markFacts(note: ReturnType<typeof stapNotes>[number]): MarkFacts {
  const { provider, name, argumentText, address, offset, semaphoreOffset } = note;
  const semaphore = semaphoreOffset === undefined ? {} : { semaphoreOffset };
  return { provider, name, argumentText, offset, loadBias: address - offset, ...semaphore };
}

/** `libz.so.1` as asked for, `libz.so.1.2.13` as the file is called, or `libz`. */
function isNamed(library: LinkedLibrary, name: string): boolean {
  const file = basename(library.path);
  return library.name === name || file === name || library.name.startsWith(`${name}.so`);
}

function pathOfProgram(name: string, searchPath: string): string | undefined {
  if (name.includes('/')) return name;
  return searchPath
    .split(':')
    .map((directory) => join(directory === '' ? '.' : directory, name))
    .find(isExecutable);
}

/** Debian installs libraries without the right to execute them. */
function isLibrary(path: string): boolean {
  return (
    /\.so(?:\.[\w.]+)?$/.test(path) && statSync(pathBytes(path), { throwIfNoEntry: false })?.isFile() === true
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(pathBytes(path), constants.X_OK);
    return statSync(pathBytes(path)).isFile();
  } catch {
    return false;
  }
}

/** Its path, when the file of that path is really the one that the process runs. */
function pathOfProcess(pid: number): string | Problem {
  const link = `/proc/${pid}/exe`;
  let path: string;
  try {
    path = readlinkSync(link, { encoding: 'latin1' });
  } catch (error) {
    if (!existsSync(`/proc/${pid}`)) return { problem: `cannot probe pid ${pid}: No such process` };
    // Threads of the kernel have no program: the link leads nowhere.
    const reason = systemCode(error) === 'ENOENT' ? 'it has none' : systemReason(error);
    return { problem: `cannot tell the program of process ${pid}: ${reason}` };
  }
  try {
    const [running, file] = [statSync(link), statSync(pathBytes(path))];
    if (running.dev === file.dev && running.ino === file.ino) return path;
  } catch {
    // Deleted, or in a container: the answer below.
  }
  return { problem: `the program of process ${pid} was deleted or replaced, or is not visible from here` };
}

function unreadable(path: string, error: unknown): Problem {
  if (error instanceof ElfError)
    return { problem: `'${path}' ${error.reason === 'damaged' ? 'is damaged: ' : ''}${error.message}` };
  return { problem: `cannot read '${path}': ${systemReason(error)}` };
}

/** As strerror(3) has it, for the errors that users meet. */
function systemReason(error: unknown): string {
  const code = systemCode(error);
  switch (code) {
    case 'ENOENT':
      return 'No such file or directory';
    case 'EACCES':
    case 'EPERM':
      return 'Permission denied';
    case 'EISDIR':
      return 'Is a directory';
    default:
      return code;
  }
}

/** `ENOENT`; errors that are not the system's are passed on. */
function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
