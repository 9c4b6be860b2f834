import type { Holder } from '../fuse/holder.ts';
import type { HandlerGate, PseudoFile } from './pseudo-file.ts';

/** What to serve and how it shall look. */
export interface AdoptedDirectoryOptions {
  readonly files: readonly PseudoFile[];
  readonly gate: HandlerGate;
  /** Owner of the files; directories belong to the serving user. */
  readonly uid: number;
  readonly gid: number;
  /** Group that files get; it may read what anybody may read (bit 0040 is added), but gets no right to write. */
  readonly groupReadable?: number | undefined;
  /** Called once when somebody else unmounted the directory, or the connection was aborted. Not called by remove(). */
  readonly onLost?: () => void;
}

/** What to mount and where. */
export interface ModuleDirectoryOptions extends AdoptedDirectoryOptions {
  /** Absolute path of the directory that holds one directory per module, for example /run/systemtap. Created 0755 when missing. */
  readonly root: string;
  /** Name of the module's directory inside `root`. */
  readonly moduleName: string;
}

/**
 * The served files of a module, whatever serves them. Serving goes on until remove() or until somebody takes them away.
 * `Frozen`: what another process needs, besides the descriptor, to go on serving; plain data.
 */
export interface ServedFiles<Frozen> {
  /** Absolute path of the module's directory, `root` + '/' + module name. */
  readonly path: string;
  /** How many programs are at a file: open file descriptions, or for FIFOs messages under way. */
  readonly openCount: number;
  /** Descriptor to be handed to a process that may take over; it may get it before freeze(). */
  readonly deviceFd: number;
  /**
   * Serves other files at the same place. Paths that stay keep their node and who has them open; a mode changes when
   * the script asks for another one, otherwise what chmod made of it stays. Names that are gone disappear, for programs
   * that know them too; open descriptions of them keep the content they have, everything else on them is EIO.
   * Settles when all programs see the new names.
   * @throws {MountError} (rejects) BAD_PATH; the former files are served on
   */
  replaceFiles(files: readonly PseudoFile[]): Promise<void>;
  /**
   * Stops serving so that another process can go on: requests wait in the kernel from now on, those that wait for the gate
   * are part of what is returned. End it by resume(), abandon() or remove().
   */
  freeze(): Promise<Frozen>;
  /** Serves again after freeze(). */
  resume(): void;
  /** Another process serves what was frozen: closes the descriptor and touches nothing else. remove() does nothing then. */
  abandon(): void;
  /**
   * Takes the files away, at once and without waiting for users: when some program is inside, a mount is detached and that
   * program sees errors from then on. Requests still held are answered EIO. Removes the module's directory, and the
   * root directory when it was created here and is empty. Resolves to the processes that were inside (empty: none). Idempotent.
   */
  remove(): Promise<readonly Holder[]>;
}
