import { dirname } from 'node:path';
import { servedMounts } from '../fuse/mount-table.ts';
import { existingSafeDirectory } from '../fuse/safe-directory.ts';
import { moduleHome, type ModuleEntry } from './module-entry.ts';
import { gravesIn, homeState, namesIn, removeOwnFiles, removeStaleHome } from './module-home.ts';
import { ownerRuns, processUser } from './owner-process.ts';
import { readEntry } from './read-entry.ts';
import { realRoot } from './real-root.ts';

/** Where root's modules are by default. */
const SYSTEM_ROOT = '/run/systemtap';

/** A running module as its entry shows it. */
export interface ListedModule {
  readonly root: string;
  readonly home: string;
  readonly entry: ModuleEntry;
  /** User of the process, and owner of the entry. */
  readonly uid: number;
}

/**
 * Directories where modules may be: `own` first, then root's default, then the parents of our mounts in this mount
 * namespace. Without symbolic links, each once.
 */
export function knownRoots(own: string): string[] {
  const parents = servedMounts().map(({ path }) => dirname(path));
  return [...new Set([own, SYSTEM_ROOT].map(realRoot).concat(parents))];
}

/**
 * The modules that run, newest first. An entry counts when the process it names runs and belongs to the user who owns
 * the entry: nobody can pass another user's process off as a module.
 */
export function listModules(roots: readonly string[]): ListedModule[] {
  const modules = roots.flatMap((root) => namesIn(root).flatMap((name) => moduleAt(root, name) ?? []));
  return modules.sort(
    (one, other) =>
      other.entry.startedAtMs - one.entry.startedAtMs || (one.entry.name < other.entry.name ? -1 : 1),
  );
}

/** The running module of that name in the first of the roots that has one. */
export function findModule(roots: readonly string[], name: string): ListedModule | undefined {
  for (const root of roots) {
    const found = moduleAt(root, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True while the module runs: the same one, in whatever process. */
export function stillRuns(module: ListedModule): boolean {
  const now = moduleAt(module.root, module.entry.name);
  return now?.entry.startedAtMs === module.entry.startedAtMs;
}

/**
 * Removes what dead modules left of themselves in `root`: homes whose process does not run any more, and homes without
 * entry that are older than the time it takes to write one. Does nothing where somebody else could exchange
 * directories meanwhile. Never throws.
 */
export function sweepModules(root: string): void {
  const path = existingSafeDirectory(root);
  if (path === undefined) return;
  for (const name of namesIn(path)) {
    if (homeState(moduleHome(path, name), name) === 'stale') removeStaleHome(path, name);
  }
  for (const { path: grave, name } of gravesIn(path)) {
    if (homeState(grave, name) === 'stale') removeOwnFiles(grave);
  }
}

function moduleAt(root: string, name: string): ListedModule | undefined {
  const home = moduleHome(root, name);
  const found = readEntry(home, name);
  if (found === undefined || !ownerRuns(found.entry)) return undefined;
  const { entry, fileUid } = found;
  return processUser(entry.pid) === fileUid ? { root, home, entry, uid: fileUid } : undefined;
}
