import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { MountError } from './mount-error.ts';

const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Makes sure that `path` is a directory that nobody but root and this user can change or exchange, creating it (0755)
 * when missing; directories above it must exist or can be created too. Symbolic links are followed only where no other
 * user could have placed them. Returns the path without symbolic links and the directories created,
 * deepest first.
 * @throws {MountError} UNSAFE_ROOT, CANNOT_CREATE, or VANISHED when somebody removed a part meanwhile
 */
export function ensureSafeDirectory(path: string): {
  readonly path: string;
  readonly created: readonly string[];
} {
  const { path: real, missing } = resolveSafeDirectory(path);
  for (const directory of missing.toReversed()) {
    create(directory);
    checked(directory, factsOf(directory));
  }
  checkOwnership(real, factsOf(real), true);
  return { path: real, created: missing };
}

/**
 * What ensureSafeDirectory would make of `path`, creating nothing: the path without symbolic links and the directories
 * that are missing, deepest first.
 * @throws {MountError} UNSAFE_ROOT
 */
export function resolveSafeDirectory(path: string): {
  readonly path: string;
  readonly missing: readonly string[];
} {
  if (!path.startsWith('/'))
    throw new MountError('UNSAFE_ROOT', `The directory "${path}" must be an absolute path.`);
  let real = '';
  const missing: string[] = [];
  for (const component of path.split('/')) {
    if (component === '' || component === '.') continue;
    if (component === '..')
      throw new MountError('UNSAFE_ROOT', `The directory "${path}" must not contain "..".`);
    const next = `${real}/${component}`;
    const facts = missing.length > 0 ? undefined : factsOf(next);
    if (facts === undefined) missing.unshift(next);
    real = facts?.isSymbolicLink() === true ? followed(next, facts) : next;
    if (facts !== undefined) checked(real, factsOf(real));
  }
  return { path: real === '' ? '/' : real, missing };
}

/**
 * `path` without symbolic links, when it exists and nobody but root and this user can change or exchange it or what is in
 * it: only there may be removed what was looked at before.
 */
export function existingSafeDirectory(path: string): string | undefined {
  try {
    const { path: real, missing } = resolveSafeDirectory(path);
    if (missing.length > 0) return undefined;
    checkOwnership(real, factsOf(real), true);
    return real;
  } catch (error) {
    if (error instanceof MountError) return undefined;
    throw error;
  }
}

function factsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unreachable(path, error);
  }
}

function unreachable(path: string, error: unknown): MountError {
  return new MountError('UNSAFE_ROOT', `Cannot reach the directory ${path}: ${(error as Error).message}.`, {
    cause: error,
  });
}

/** Another module that created it ended, for example. */
function vanished(path: string): MountError {
  return new MountError('VANISHED', `${path} vanished.`);
}

function create(path: string): void {
  try {
    mkdirSync(path, 0o755);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    // What is above it was there just now; /proc says the same of what it never has.
    throw new MountError(
      code === 'ENOENT' ? 'VANISHED' : 'CANNOT_CREATE',
      `Cannot create the directory ${path}: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

function checked(path: string, facts: Stats | undefined): string {
  if (facts === undefined) throw vanished(path);
  if (!facts.isDirectory()) {
    throw new MountError('UNSAFE_ROOT', `${path} is not a directory.`);
  }
  checkOwnership(path, facts, false);
  return path;
}

/** A link is as trustworthy as its owner; where it leads is checked all the way. */
function followed(link: string, facts: Stats): string {
  if (!isTrusted(facts.uid)) {
    throw new MountError(
      'UNSAFE_ROOT',
      `${link} is a symbolic link of another user; files are not served there.`,
    );
  }
  const target = targetOf(link);
  let real = '';
  for (const component of target.split('/')) {
    if (component === '') continue;
    real = `${real}/${component}`;
    checked(real, factsOf(real));
  }
  return real;
}

function targetOf(link: string): string {
  try {
    return realpathSync(link);
  } catch (error) {
    throw unreachable(link, error);
  }
}

function checkOwnership(path: string, facts: Stats | undefined, isLast: boolean): void {
  if (facts === undefined) throw vanished(path);
  const shared = (facts.mode & GROUP_OR_OTHERS_WRITE) !== 0;
  const exchangeable = shared && (isLast || (facts.mode & STICKY) === 0);
  if (isTrusted(facts.uid) && !exchangeable) return;
  throw new MountError(
    'UNSAFE_ROOT',
    `Other users can change ${path}; files are served only below directories that nobody else can write to.`,
  );
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}
