import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { MAX_ENTRY_BYTES, parseEntry } from './entry-text.ts';
import { ENTRY_FILE, type ModuleEntry } from './module-entry.ts';

/** An entry with what the kernel says about its file. */
export interface FoundEntry {
  readonly entry: ModuleEntry;
  /** Owner of the file: what the entry says about its user may be a lie. */
  readonly fileUid: number;
}

/**
 * The entry of the module `name` in its home; undefined when there is none that makes sense. Never waits and never
 * leaves the home: links, FIFOs and devices in its place are not opened.
 */
export function readEntry(home: string, name: string): FoundEntry | undefined {
  let fd: number;
  try {
    if (!lstatSync(home).isDirectory()) return undefined;
    fd = openSync(
      `${home}/${ENTRY_FILE}`,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    return undefined;
  }
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile() || facts.size > MAX_ENTRY_BYTES) return undefined;
    const entry = parseEntry(readAtMost(fd, MAX_ENTRY_BYTES));
    return entry?.name === name ? { entry, fileUid: facts.uid } : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

function readAtMost(fd: number, limit: number): string {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    const count = readSync(fd, buffer, length, limit - length, null);
    if (count === 0) break;
    length += count;
  }
  return buffer.toString('utf8', 0, length);
}
