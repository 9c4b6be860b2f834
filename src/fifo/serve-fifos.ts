import type { ServedFiles } from '../procfs/served-files.ts';
import { existingSafeDirectory } from '../fuse/safe-directory.ts';
import { loadFifoCalls } from './fifo-calls.ts';
import { FifoDirectory, checkFiles } from './fifo-directory.ts';
import type { FifoSettings, FrozenFifos } from './fifo-directory.ts';
import { adoptPlace, claimPlace, sweepFifos } from './fifo-place.ts';

/** What to serve as FIFOs, and where. */
export interface FifoOptions extends FifoSettings {
  /** Absolute path of the directory that holds one directory per module. Created 0755 when missing. */
  readonly root: string;
}

/**
 * Creates `<root>/<moduleName>` with one FIFO per file, and serves them: a reader gets a text of its own at each open;
 * what writers write until the last of them closes is a message.
 * @throws {MountError} when the place is unsafe or taken, or a file is to be read and written
 */
export function serveFifos(options: FifoOptions): ServedFiles<FrozenFifos> {
  checkFiles(options.files);
  const calls = loadFifoCalls();
  const root = existingSafeDirectory(options.root);
  if (root !== undefined) sweepFifos(calls, root);
  const directory = new FifoDirectory(calls, claimPlace(calls, options.root, options.moduleName), options);
  try {
    directory.create();
    return directory;
  } catch (error) {
    directory.giveUp();
    throw error;
  }
}

/**
 * Goes on serving, in this process, what another one froze and has not abandoned yet; `fd` is what it handed on, `files`
 * are those of the same script.
 */
export function adoptFifos(
  fd: number,
  frozen: FrozenFifos,
  settings: FifoSettings,
): ServedFiles<FrozenFifos> {
  const calls = loadFifoCalls();
  const directory = new FifoDirectory(calls, adoptPlace(fd, frozen), settings);
  directory.adopt(frozen);
  return directory;
}
