import { rmdirSync, mkdirSync } from 'node:fs';
import { sweepDeadMounts } from '../fuse/dead-mounts.ts';
import { MountError } from '../fuse/mount-error.ts';
import { servedMounts } from '../fuse/mount-table.ts';
import { mountDirectory } from '../fuse/mount.ts';
import { ensureSafeDirectory } from '../fuse/safe-directory.ts';
import { loadSystemCalls } from '../fuse/system-calls.ts';
import type { SystemCalls } from '../fuse/system-calls.ts';
import { currentTime } from './current-time.ts';
import type { FrozenDirectory } from './frozen-directory.ts';
import type { AdoptedDirectoryOptions, ModuleDirectoryOptions, ServedFiles } from './served-files.ts';
import { ServedDirectory } from './served-directory.ts';
import type { MountedPlace, ServedFacts } from './served-directory.ts';
import { buildTree } from './tree.ts';

/**
 * Creates `<root>/<moduleName>` and serves the files there. Resolves when the first open would succeed. Should this process
 * be killed, the mount stays until it is swept, unless a supervisor was started before.
 * @throws {MountError} when the place is unsafe or taken, or the system offers no way to mount.
 */
export async function mountModuleDirectory(
  options: ModuleDirectoryOptions,
): Promise<ServedFiles<FrozenDirectory>> {
  const facts = factsOf(options);
  const tree = buildTree(options.files, facts.file);
  checkModuleName(options.moduleName);
  const system = loadSystemCalls();
  const place = await claimAndMount(system, options);
  try {
    return await ServedDirectory.mounted(system, place, options, facts, tree);
  } catch (error) {
    giveUp(place.path, place.createdRoots);
    throw error;
  }
}

/**
 * Goes on serving, in this process, a directory that another one froze; `fd` is its device, inherited from there, `files`
 * are those of the same script. Their handlers may run before this returns.
 */
export function adoptModuleDirectory(
  fd: number,
  frozen: FrozenDirectory,
  options: AdoptedDirectoryOptions,
): Promise<ServedFiles<FrozenDirectory>> {
  const { file } = factsOf(options);
  return Promise.resolve(ServedDirectory.adopted(loadSystemCalls(), fd, frozen, options, file));
}

function factsOf(options: AdoptedDirectoryOptions): ServedFacts {
  const { uid, gid, groupReadable } = options;
  const born = currentTime();
  return {
    file: { uid, gid, born, groupReadable },
    directory: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, born },
  };
}

/**
 * Removes what crashed servers left under `root`: dead mounts and their directories. A mount with a living owner is
 * never touched. Resolves to the removed paths; a missing root gives none.
 */
export function sweepRoot(root: string): Promise<string[]> {
  return sweepDeadMounts(loadSystemCalls(), root);
}

/**
 * Directories may vanish between being created and being used: another module that created the root ended, or the
 * supervisor of a dead one of the same name cleaned up.
 */
async function claimAndMount(system: SystemCalls, options: ModuleDirectoryOptions): Promise<MountedPlace> {
  for (let triesLeft = 3; ; triesLeft--) {
    const root = ensureSafeDirectory(options.root);
    let path: string | undefined;
    try {
      path = await claimDirectory(system, root.path, options.moduleName);
      return {
        path,
        createdRoots: root.created,
        connection: await mountDirectory(system, path, { forOthers: options.groupReadable !== undefined }),
      };
    } catch (error) {
      giveUp(path, root.created);
      if (!(error instanceof MountError && error.code === 'VANISHED') || triesLeft === 0) throw error;
    }
  }
}

function giveUp(path: string | undefined, createdRoots: readonly string[]): void {
  if (path !== undefined) removeQuietly(path);
  createdRoots.forEach(removeQuietly);
}

function checkModuleName(name: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new MountError('BAD_PATH', `"${name}" cannot be the name of a module directory.`);
  }
}

/** Creates the directory to mount on; one left by a crash is cleared first. */
async function claimDirectory(system: SystemCalls, root: string, name: string): Promise<string> {
  const path = `${root}/${name}`;
  if (tryCreate(path)) return path;
  if (isMounted(path)) {
    await sweepDeadMounts(system, root);
  } else {
    removeQuietly(path); // an empty leftover
  }
  if (tryCreate(path)) return path;
  throw new MountError('MODULE_EXISTS', `${path}: File exists`);
}

function isMounted(path: string): boolean {
  return servedMounts().some((mount) => mount.path === path);
}

function tryCreate(path: string): boolean {
  try {
    mkdirSync(path, 0o755);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new MountError(
      code === 'ENOENT' ? 'VANISHED' : 'CANNOT_CREATE',
      `Cannot create the directory ${path}: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

function removeQuietly(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // In use or gone: either way not ours to remove.
  }
}
