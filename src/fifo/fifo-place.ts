import { chmodSync, fstatSync, lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { MountError } from '../fuse/mount-error.ts';
import { servedMounts } from '../fuse/mount-table.ts';
import { ensureSafeDirectory, resolveSafeDirectory } from '../fuse/safe-directory.ts';
import { access } from './fifo-calls.ts';
import type { FifoCalls } from './fifo-calls.ts';
import { startFifoSupervisor } from './fifo-supervisor.ts';
import type { FifoSupervisor } from './fifo-supervisor.ts';

/** A module's directory, ours as long as the lock on it is held. */
export interface FifoPlace {
  readonly path: string;
  /** Directories above it that had to be created, deepest first. */
  readonly createdRoots: readonly string[];
  /** Descriptor of the directory with an exclusive flock(2): while it is held the module lives. */
  readonly lock: number;
  readonly supervisor: FifoSupervisor;
}

/** Added to the name of a module's directory while it is being removed. No module is called so. */
export const AWAY_SUFFIX = '.gone';
/** Of every directory made for FIFOs, whatever the umask. */
export const DIRECTORY_MODE = 0o755;
const TRIES = 4;
/** How long a place may belong to what is left of a module that was killed: its supervisor removes the files. */
const GRACE_MS = 2000;
const PAUSE_MS = 5;

/**
 * Creates `<root>/<name>`, after removing what a dead module of that name left there.
 * @throws {MountError} when the place is unsafe, or a living module has it
 */
export function claimPlace(calls: FifoCalls, root: string, name: string): FifoPlace {
  const planned = resolveSafeDirectory(root);
  const path = `${planned.path}/${name}`;
  const supervisor = startFifoSupervisor(path, planned.missing);
  let createdRoots: readonly string[] = [];
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      // Somebody else who ends may remove what was just found or created.
      const ensured = ensureSafeDirectory(root);
      createdRoots = [...new Set([...createdRoots, ...ensured.created])];
      for (const created of ensured.created) chmodSync(created, DIRECTORY_MODE);
      const lock = tryClaim(calls, path);
      if (lock === undefined) continue;
      supervisor.claimed(lock);
      return { path, createdRoots, lock, supervisor };
    }
    throw new MountError('MODULE_EXISTS', `${path}: File exists`);
  } catch (error) {
    createdRoots.forEach(removeIfEmpty);
    supervisor.dismiss();
    throw error;
  }
}

/** The place of a module that moves to this process; `lock` is inherited from the one it comes from. */
export function adoptPlace(
  lock: number,
  { path, createdRoots }: Pick<FifoPlace, 'path' | 'createdRoots'>,
): FifoPlace {
  const supervisor = startFifoSupervisor(path, createdRoots);
  supervisor.claimed(lock);
  return { path, createdRoots, lock, supervisor };
}

/**
 * Removes directories of FIFOs below `root` whose modules died without anybody noticing (the machine went down, for
 * example), and lets go who waits there.
 */
export function sweepFifos(calls: FifoCalls, root: string): void {
  const mounted = new Set(servedMounts().map((mount) => mount.path));
  for (const name of namesIn(root)) {
    const path = `${root}/${name}`;
    // Looking into a mount would ask its server.
    if (name.startsWith('.') || mounted.has(path) || !holdsFifo(path)) continue;
    removeIfDead(calls, path);
  }
}

/** The descriptor of the locked directory; undefined: try again. */
function tryClaim(calls: FifoCalls, path: string): number | undefined {
  try {
    mkdirSync(path, DIRECTORY_MODE);
    chmodSync(path, DIRECTORY_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'EEXIST') {
      const text = `Cannot create the directory ${path}: ${(error as Error).message}.`;
      throw new MountError('CANNOT_CREATE', text, { cause: error });
    }
    const mounted = servedMounts().some((mount) => mount.path === path);
    if (mounted || !removeWhenDead(calls, path))
      throw new MountError('MODULE_EXISTS', `${path}: File exists`);
    return undefined;
  }
  return lockedDirectory(calls, path);
}

/** Waits for the supervisor of a module that was killed; a living module of that name is told by the registry before. */
function removeWhenDead(calls: FifoCalls, path: string): boolean {
  const deadlineMs = Date.now() + GRACE_MS;
  while (!removeIfDead(calls, path)) {
    if (factsOf(path) === undefined) return true;
    if (Date.now() > deadlineMs) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return true;
}

/** Undefined when it is locked by another process, or is not at its place any more. */
function lockedDirectory(calls: FifoCalls, path: string): number | undefined {
  const fd = calls.open(path, access.DIRECTORY);
  if (fd < 0) return undefined;
  const found = factsOf(path);
  const opened = fstatSync(fd);
  const same = found?.isDirectory() === true && found.ino === opened.ino && found.dev === opened.dev;
  if (same && calls.lock(fd) === 0 && factsOf(path)?.ino === opened.ino) return fd;
  calls.close(fd);
  return undefined;
}

/** False when its module lives, or it holds what no module leaves. */
function removeIfDead(calls: FifoCalls, path: string): boolean {
  if (factsOf(path)?.uid !== process.geteuid?.()) return false;
  const lock = lockedDirectory(calls, path);
  if (lock === undefined) return false;
  clear(calls, path);
  const gone = removeIfEmpty(path);
  calls.close(lock);
  return gone;
}

/** Removes FIFOs and directories of FIFOs, nothing else. */
function clear(calls: FifoCalls, directory: string): void {
  for (const name of namesIn(directory)) {
    const path = `${directory}/${name}`;
    const facts = factsOf(path);
    if (facts?.isFIFO() === true) removeFifo(calls, path);
    else if (facts?.isDirectory() === true) {
      clear(calls, path);
      removeIfEmpty(path);
    }
  }
}

/** Whoever waits in open(2) would wait for ever at a FIFO without a name: for a moment both ends are open. */
function removeFifo(calls: FifoCalls, path: string): void {
  try {
    chmodSync(path, 0o600);
    const fd = calls.open(path, access.BOTH);
    unlinkSync(path);
    if (fd >= 0) calls.close(fd);
  } catch {
    // Somebody else removes it.
  }
}

function holdsFifo(directory: string): boolean {
  if (factsOf(directory)?.isDirectory() !== true) return false;
  return namesIn(directory).some((name) => {
    const facts = factsOf(`${directory}/${name}`);
    return facts?.isFIFO() === true || (facts?.isDirectory() === true && holdsFifo(`${directory}/${name}`));
  });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function factsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** True when there is no such directory any more. */
export function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
