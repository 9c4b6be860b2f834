import { dirname } from 'node:path';
import { ownerLives, servedMounts } from '../fuse/mount-table.ts';
import { existingSafeDirectory } from '../fuse/safe-directory.ts';
import { sweepModules } from '../registry/module-list.ts';

/**
 * Removes dead mounts and what else killed modules left in `root`, unless somebody else could exchange directories there
 * meanwhile.
 */
export async function cleanRoot(root: string): Promise<void> {
  sweepModules(root);
  const path = existingSafeDirectory(root);
  const isDead = servedMounts().some((mount) => dirname(mount.path) === path && !ownerLives(mount));
  if (path === undefined || !isDead) return;
  // Only now, because native calls take some milliseconds to load.
  const { sweepRoot } = await import('../procfs/module-directory.ts');
  await sweepRoot(path);
}
