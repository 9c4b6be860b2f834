import type { Holder } from '../fuse/holder.ts';
import type { HandlerGate, PseudoFile } from './pseudo-file.ts';

/** What to mount and how it shall look. */
export interface ModuleDirectoryOptions {
  /** Absolute path of the directory that holds one directory per module, for example /run/systemtap. Created 0755 when missing. */
  readonly root: string;
  /** Name of the module's directory inside `root`. */
  readonly moduleName: string;
  readonly files: readonly PseudoFile[];
  readonly gate: HandlerGate;
  /** Owner of the files; directories belong to the serving user. */
  readonly uid: number;
  readonly gid: number;
  /** Called once when somebody else unmounted the directory, or the connection was aborted. Not called by remove(). */
  readonly onLost?: () => void;
}

/** A served module directory. Serving goes on until remove() or until somebody unmounts it. */
export interface MountedDirectory {
  /** Absolute path, `root` + '/' + module name. */
  readonly path: string;
  /**
   * Unmounts, at once and without waiting for users: when some program is inside, the mount is detached and that
   * program sees errors from then on. Requests still held are answered EIO. Removes the module's directory, and the
   * root directory when it was created here and is empty. Resolves to the processes that were inside (empty: none). Idempotent.
   */
  remove(): Promise<readonly Holder[]>;
}
