import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { MAX_ENTRY_BYTES, parseEntry } from './entry-text.ts';
import { ENTRY_FILE, type ModuleEntry } from './module-entry.ts';

/** An entry with what the kernel says about its file. */
export interface FoundEntry {
  readonly entry: ModuleEntry;
  /** Owner of the file and of its home: what the entry says about its user may be a lie. */
  readonly fileUid: number;
}

const OF_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Links are not followed, FIFOs and devices do not make the open wait. */
const OF_ENTRY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The entry of the module `name` in its home; undefined when there is none that makes sense. Never waits and never
 * leaves the home, whatever others exchange meanwhile. Home and entry belong to one user, and nobody else can write to
 * them: who could place another user's entry in a home of his own would speak for that user.
 */
export function readEntry(home: string, name: string): FoundEntry | undefined {
  return withOpen(home, OF_DIRECTORY, (directory) => {
    const uid = ownerOf(directory);
    if (uid === undefined) return undefined;
    return withOpen(`/proc/self/fd/${directory}/${ENTRY_FILE}`, OF_ENTRY, (file) => {
      if (ownerOf(file) !== uid) return undefined;
      const facts = fstatSync(file);
      if (!facts.isFile() || facts.size > MAX_ENTRY_BYTES) return undefined;
      const entry = parseEntry(readAtMost(file, MAX_ENTRY_BYTES));
      return entry?.name === name ? { entry, fileUid: uid } : undefined;
    });
  });
}

/** What `use` makes of the open file; undefined when it cannot be opened or read. */
function withOpen<Result>(
  path: string,
  flags: number,
  use: (fd: number) => Result | undefined,
): Result | undefined {
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch {
    return undefined;
  }
  try {
    return use(fd);
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** The only user who can write to it, besides root. */
function ownerOf(fd: number): number | undefined {
  const { uid, mode } = fstatSync(fd);
  return (mode & WRITABLE_BY_OTHERS) === 0 ? uid : undefined;
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
