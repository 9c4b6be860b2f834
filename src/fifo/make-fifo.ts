import { chmodSync, chownSync, renameSync, rmSync } from 'node:fs';
import type { PseudoFile } from '../procfs/pseudo-file.ts';
import type { FifoServing } from './fifo-serving.ts';

const OWNER_ONLY = 0o600;
const GROUP_READ = 0o040;

/**
 * Makes a FIFO with the mode and group of the file under `path`, where one may be already: that one loses its name.
 * `open` opens it here before anybody else can find it. Returns the descriptor of `open`, or minus the error number.
 */
export function makeFifo(
  serving: FifoServing,
  file: PseudoFile,
  path: string,
  open: (freshPath: string) => number,
): number {
  const { calls, freshPath, groupGid } = serving;
  // Nobody else writes in the directory; what is there was left behind when descriptors ran out.
  rmSync(freshPath, { force: true });
  const made = calls.makeFifo(freshPath, OWNER_ONLY);
  if (made < 0) return made;
  const fd = open(freshPath);
  try {
    if (fd >= 0) {
      if (groupGid !== undefined) chownSync(freshPath, process.geteuid?.() ?? 0, groupGid);
      chmodSync(freshPath, modeOf(file, groupGid));
      renameSync(freshPath, path);
    }
    return fd;
  } catch (error) {
    if (fd >= 0) calls.close(fd);
    return (error as NodeJS.ErrnoException).errno ?? -1;
  } finally {
    if (fd < 0) rmSync(freshPath, { force: true });
  }
}

/** Permission bits of its FIFO: the group gets the read side. */
export function modeOf(file: PseudoFile, groupGid: number | undefined): number {
  return groupGid === undefined || file.read === undefined ? file.mode : file.mode | GROUP_READ;
}
