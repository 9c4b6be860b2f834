import { lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemErrorText } from '../../fuse/system-error-text.ts';
import type { Environment } from '../ports/environment.ts';

/** Where the script cache is, and how deep its directories go. */
export interface CachePlace {
  /** `$SYSTEMTAP_DIR` or `~/.systemtap` */
  readonly dataDirectory: string;
  /** SYSTEMTAP_DIR names it: it is made with all directories above. */
  readonly isNamed: boolean;
  readonly directory: string;
  /** Number of directories, each of two hexadecimal digits, between the cache's and an entry's. */
  readonly levels: number;
}

const MAX_LEVELS = 8;
const WRITABLE_BY_OTHERS = 0o022;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/** The place that the environment gives; undefined without a home directory. */
export function cachePlace(environment: Environment): CachePlace | undefined {
  const named = environment['SYSTEMTAP_DIR'];
  const home = environment['HOME'];
  const isNamed = named !== undefined && named !== '';
  if (!isNamed && (home === undefined || home === '')) return undefined;
  const dataDirectory = isNamed ? named : `${home ?? ''}/.systemtap`;
  const levels = Number(environment['SYSTEMTAP_NLEVELS']);
  return {
    dataDirectory,
    isNamed,
    directory: `${dataDirectory}/cache`,
    levels: Number.isInteger(levels) && levels >= 1 && levels <= MAX_LEVELS ? levels : 1,
  };
}

/** Whether entries can be added; `warning`: why not, when the user has to know. */
export type PreparedCache =
  { readonly kind: 'ready' } | { readonly kind: 'unusable'; readonly warning?: string };

/**
 * Makes the directories where they are missing. A home directory that does not exist is no reason for a warning:
 * accounts of services have none. Directories of other users, or that others can write to, are not used.
 */
export function prepareCache(place: CachePlace, uid: number): PreparedCache {
  const { dataDirectory, directory, isNamed } = place;
  if (!isOnOwnWay(place, uid)) return { kind: 'unusable' };
  const ofData = makeDirectory(dataDirectory, isNamed);
  const isHomeless = ofData?.code === 'ENOENT' || ofData?.code === 'ENOTDIR';
  if (isHomeless && !isNamed) return { kind: 'unusable' };
  if (ofData !== undefined)
    return failure(`failed to create systemtap data directory "${dataDirectory}" ${systemErrorText(ofData)}`);
  // Through a link it would be made anywhere. Below a file it cannot be made: that is worth a word.
  const isFile = factsOf(dataDirectory)?.isFile() === true;
  if (!isFile && !isOurs(dataDirectory, uid)) return { kind: 'unusable' };
  const ofCache = makeDirectory(directory, false);
  if (ofCache !== undefined)
    return failure(`failed to create cache directory (" ${directory} ") ${systemErrorText(ofCache)}`);
  return isOurs(directory, uid) ? { kind: 'ready' } : { kind: 'unusable' };
}

/**
 * Whether nobody but root and this user could lead the way to the cache elsewhere: `sudo stap` with the HOME of a user
 * must neither read there nor make anything where that user's links lead.
 */
export function isOnOwnWay({ dataDirectory }: CachePlace, uid: number): boolean {
  const path = resolve(dataDirectory);
  return areOurs(path, uid) && areOurs(linkless(path), uid);
}

/** Of all directories above, and links in their place; what is missing is nobody's yet. */
function areOurs(path: string, uid: number): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    const status = factsOf(at);
    if (status !== undefined) {
      if (status.uid !== 0 && status.uid !== uid) return false;
      const isAnybodys = (status.mode & OTHERS_WRITE) !== 0 && (status.mode & STICKY) === 0;
      if (isAnybodys && !status.isSymbolicLink()) return false;
    }
    if (at === '/') return true;
  }
}

/** Where the deepest directory above that exists really is, and the rest as it is. */
function linkless(path: string): string {
  for (let at = dirname(path); at !== '/'; at = dirname(at)) {
    try {
      return `${realpathSync(at)}${path.slice(at.length)}`;
    } catch {
      // Missing: the one above it, then.
    }
  }
  return path;
}

function factsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether this is a directory of the user that nobody else can write to; a symbolic link is none. */
export function isOurs(path: string, uid: number): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return (
    status !== undefined &&
    status.isDirectory() &&
    status.uid === uid &&
    (status.mode & WRITABLE_BY_OTHERS) === 0
  );
}

/** The system's error; undefined when the directory is there. */
export function makeDirectory(path: string, withParents: boolean): NodeJS.ErrnoException | undefined {
  try {
    // Whatever the umask: nobody but the owner may ever write to it.
    mkdirSync(path, { recursive: withParents, mode: 0o755 });
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EEXIST' ? undefined : (error as NodeJS.ErrnoException);
  }
}

function failure(problem: string): PreparedCache {
  return { kind: 'unusable', warning: `${problem}, disabling cache support.` };
}
