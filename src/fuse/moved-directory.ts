import { readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Where the directory that is open as `fd` is now: somebody may have renamed a directory above it. `path`, where it was,
 * when that cannot be told or it does not have its own name any more.
 */
export function whereOpenDirectoryIs(fd: number | undefined, path: string): string {
  if (fd === undefined) return path;
  try {
    // A removed one has ` (deleted)` at the end of its name.
    const now = readlinkSync(`/proc/self/fd/${fd}`);
    return basename(now) === basename(path) ? now : path;
  } catch {
    return path;
  }
}

/**
 * The same for directories above one that was at `before` and is at `now`: the one right above moved along, of others it
 * is not known whether they did.
 */
export function rootsAfterMove(roots: readonly string[], before: string, now: string): readonly string[] {
  return roots.map((root) => (root === dirname(before) ? dirname(now) : root));
}
