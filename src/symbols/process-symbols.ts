import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { bytesInMemory, type ElfBytes, ElfError } from '../elf/elf-bytes.ts';
import { readElfFile, type ElfFile } from '../elf/elf-file.ts';
import { FunctionTable } from '../elf/function-table.ts';
import type { AddressPlace } from '../runtime/symbol-names.ts';
import { debugFileOf } from './debug-file.ts';
import { findMapping, parseMaps, type Mapping } from './process-maps.ts';
import { pathBytes, programBytes } from './program-bytes.ts';

/** So long the mappings of a process are taken to be as they were read, and when an address is in none of them. */
const FRESH_MS = 100;
const FRESH_BUT_MISSED_MS = 2;
/** Processes that are remembered; the one seen first is forgotten first. */
const MOST_PROCESSES = 4096;
const PT_LOAD = 1;
/** A vdso has a few pages. */
const LARGEST_VDSO = 1024 * 1024;

/** What was mapped in a process. */
interface Snapshot {
  readonly readAtMs: number;
  /** Ticks since boot at which the process began: another process may get the same number. */
  readonly startTicks: string;
  readonly mappings: readonly Mapping[];
  /** Those from before, when it runs another program since. */
  readonly earlier: readonly Mapping[];
}

/** Where the symbols of a process come from; those of this machine when not given. */
export interface ProcessSymbolSources {
  /** The file of /proc about a process, as a byte string; undefined when it is gone. */
  readonly processFile?: (pid: number, name: 'maps' | 'stat') => string | undefined;
  readonly nowMs?: () => number;
}

/**
 * Names of addresses in processes. What a process has mapped is read when it is first seen and read again now and then,
 * and kept when it ends; the symbols of a file are read when an address in it is asked for, and once.
 */
export class ProcessSymbols {
  readonly #processFile: (pid: number, name: 'maps' | 'stat') => string | undefined;
  readonly #nowMs: () => number;
  readonly #processes = new Map<number, Snapshot>();
  readonly #files = new Map<string, FileSymbols | undefined>();

  constructor(sources: ProcessSymbolSources = {}) {
    this.#processFile = sources.processFile ?? processFile;
    this.#nowMs = sources.nowMs ?? (() => performance.now());
  }

  /** Reads what the process has mapped, unless it was read a moment ago. */
  remember(pid: number): void {
    this.#snapshot(pid, FRESH_MS);
  }

  /** Where in its files an address of a process is. Addresses are those of the process. */
  find(pid: number, address: number): AddressPlace | undefined {
    const mapping =
      mappingIn(this.#snapshot(pid, FRESH_MS), address) ??
      mappingIn(this.#snapshot(pid, FRESH_BUT_MISSED_MS), address);
    if (mapping === undefined) return undefined;
    const found = this.#symbolsOf(pid, mapping)?.find(address - mapping.start + mapping.offset);
    if (found !== undefined) return { module: mapping.path, ...found };
    const [offset, size] = [address - mapping.start, mapping.end - mapping.start];
    return { module: mapping.path, symbol: undefined, offset, size };
  }

  #snapshot(pid: number, freshMs: number): Snapshot {
    const known = this.#processes.get(pid);
    const readAtMs = this.#nowMs();
    if (known !== undefined && readAtMs - known.readAtMs < freshMs) return known;
    const snapshot = this.#read(pid, known, readAtMs);
    this.#processes.delete(pid);
    this.#processes.set(pid, snapshot);
    const [oldest] = this.#processes.keys();
    if (this.#processes.size > MOST_PROCESSES && oldest !== undefined) this.#processes.delete(oldest);
    return snapshot;
  }

  #read(pid: number, known: Snapshot | undefined, readAtMs: number): Snapshot {
    const startTicks = startTicksOf(this.#processFile(pid, 'stat') ?? '');
    const mappings = parseMaps(this.#processFile(pid, 'maps') ?? '');
    // A process that ends shows nothing any more: what was known of it stays true.
    if (mappings.length === 0 || startTicks === '')
      return known === undefined ? { readAtMs, startTicks, mappings, earlier: [] } : { ...known, readAtMs };
    if (known?.startTicks !== startTicks) return { readAtMs, startTicks, mappings, earlier: [] };
    const earlier = runsSameProgram(known.mappings, mappings) ? known.earlier : known.mappings;
    return { readAtMs, startTicks, mappings, earlier };
  }

  #symbolsOf(pid: number, mapping: Mapping): FileSymbols | undefined {
    const key = `${mapping.file} ${mapping.path}`;
    if (!this.#files.has(key)) this.#files.set(key, readSymbols(pid, mapping));
    return this.#files.get(key);
  }
}

function mappingIn({ mappings, earlier }: Snapshot, address: number): Mapping | undefined {
  return findMapping(mappings, address) ?? findMapping(earlier, address);
}

/** A program is mapped below everything else that it uses, or at least its first mapping stays as it is. */
function runsSameProgram(before: readonly Mapping[], after: readonly Mapping[]): boolean {
  const [first, second] = [before[0], after[0]];
  return first?.start === second?.start && first?.file === second?.file && first?.path === second?.path;
}

/** The 22nd field; the second, the name, may hold anything. */
function startTicksOf(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Functions of one file by their offset in it. */
class FileSymbols {
  readonly #elf: ElfFile;
  readonly #functions: FunctionTable | undefined;

  constructor(bytes: ElfBytes) {
    this.#elf = readElfFile(bytes);
    this.#functions = FunctionTable.of(debugFileOf(this.#elf) ?? this.#elf);
  }

  find(
    fileOffset: number,
  ): { readonly symbol: string; readonly offset: number; readonly size: number } | undefined {
    const segment = this.#elf.segments.find(
      ({ type, offset, fileSize }) =>
        type === PT_LOAD && fileOffset >= offset && fileOffset < offset + fileSize,
    );
    if (segment === undefined) return undefined;
    const address = fileOffset - segment.offset + segment.address;
    const found = this.#functions?.find(address);
    return found && { symbol: found.name, offset: address - found.start, size: found.size };
  }
}

/** Undefined for what is no file, or none that can be read; a damaged one too. */
function readSymbols(pid: number, mapping: Mapping): FileSymbols | undefined {
  if (mapping.path === '[vdso]') return attempt(() => new FileSymbols(vdsoBytes()));
  if (!mapping.path.startsWith('/')) return undefined;
  // Also right for a file that was deleted or lies in another mount namespace, as long as the process lives.
  const link = `/proc/${pid}/map_files/${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
  return (
    attempt(() => new FileSymbols(programBytes(link))) ?? attempt(() => new FileSymbols(sameFile(mapping)))
  );
}

function sameFile({ path, file }: Mapping): ElfBytes {
  const inode = file.slice(file.indexOf(' ') + 1);
  // The device differs on some file systems from what maps says.
  if (String(statSync(pathBytes(path)).ino) !== inode) throw new ElfError('damaged', 'was replaced');
  return programBytes(path);
}

/** Every process of the same kind has the same: ours is as good as another's. */
function vdsoBytes(): ElfBytes {
  const own = parseMaps(readFileSync('/proc/self/maps', 'latin1')).find(({ path }) => path === '[vdso]');
  if (own === undefined) throw new ElfError('not-elf', 'is not mapped');
  const bytes = new Uint8Array(Math.min(own.end - own.start, LARGEST_VDSO));
  const memory = openSync('/proc/self/mem', 'r');
  try {
    const count = readSync(memory, bytes, 0, bytes.length, own.start);
    return bytesInMemory(bytes.subarray(0, count));
  } finally {
    closeSync(memory);
  }
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ElfError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

function processFile(pid: number, name: string): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/${name}`, 'latin1'));
}
