import { readdirSync, renameSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { isModuleName } from './entry-text.ts';
import { CONTROL_SOCKET, ENTRY_FILE, moduleHome } from './module-entry.ts';
import { ownerRuns } from './owner-process.ts';
import { readEntry } from './read-entry.ts';

/** How long a home may be without an entry: its module may be about to write one. */
export const GRACE_MS = 2000;

/** Homes under removal are called `.NAME#PID`; no module's name contains `#`. */
const GRAVE = /^\.(.*)#\d+$/;

/** Name under which process `pid` writes an entry before it takes its place. */
export function newEntryFile(pid: number): string {
  return `${ENTRY_FILE}.${pid}`;
}

/** Name under which process `pid` binds a control socket before it takes its place. */
export function newControlSocket(pid: number): string {
  return `${CONTROL_SOCKET}.${pid}`;
}

/** What to do about a home that is in the way. */
export type HomeState =
  /** Its module runs, or it holds things that are not ours. */
  | 'in-use'
  /** No entry yet; its module may be starting. */
  | 'starting'
  /** Its module does not run any more. */
  | 'stale'
  | 'missing';

/** What a home holds, by its entry and the process that the entry names. */
export function homeState(home: string, name: string): HomeState {
  try {
    const names = readdirSync(home);
    if (!names.every(isOwnFile)) return 'in-use';
    const found = readEntry(home, name);
    if (found !== undefined) return ownerRuns(found.entry) ? 'in-use' : 'stale';
    // An entry that makes no sense may be that of another version.
    if (names.includes(ENTRY_FILE)) return 'in-use';
    return Date.now() - statSync(home).mtimeMs < GRACE_MS ? 'starting' : 'stale';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'in-use';
  }
}

/**
 * Removes the home of a module that does not run any more. Meanwhile somebody else may have removed it and a new module
 * taken the name; so it is moved aside first and looked at again. Never throws: what cannot be removed stays.
 */
export function removeStaleHome(root: string, name: string): void {
  const home = moduleHome(root, name);
  const grave = `${home}#${process.pid}`;
  try {
    renameSync(home, grave);
  } catch {
    return;
  }
  if (homeState(grave, name) === 'stale') {
    removeOwnFiles(grave);
    return;
  }
  try {
    renameSync(grave, home);
  } catch {
    // The name was taken a third time within microseconds.
  }
}

/** Removes the files of ours and the directory when it is empty then. Never throws. */
export function removeOwnFiles(directory: string): void {
  for (const name of listing(directory))
    if (isOwnFile(name)) quietly(() => unlinkSync(`${directory}/${name}`));
  quietly(() => rmdirSync(directory));
}

/** Names of the modules that have a home in `root`, running or not. */
export function namesIn(root: string): string[] {
  return listing(root).flatMap((file) => {
    const name = file.slice(1);
    return file.startsWith('.') && isModuleName(name) ? [name] : [];
  });
}

/** Homes that somebody was about to remove when he was killed. */
export function gravesIn(root: string): { readonly path: string; readonly name: string }[] {
  return listing(root).flatMap((file) => {
    const name = GRAVE.exec(file)?.[1];
    return name !== undefined && isModuleName(name) ? [{ path: `${root}/${file}`, name }] : [];
  });
}

function isOwnFile(name: string): boolean {
  return name === ENTRY_FILE || name === CONTROL_SOCKET || /^(entry\.json|control)\.\d+$/.test(name);
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // Gone already, or not ours to remove.
  }
}
