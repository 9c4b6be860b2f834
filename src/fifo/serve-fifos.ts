import { mkdirSync, chmodSync, rmdirSync, unlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { errno } from '../fuse/errno.ts';
import { findHolders } from '../fuse/holder.ts';
import type { Holder } from '../fuse/holder.ts';
import { MountError } from '../fuse/mount-error.ts';
import type { MountedDirectory } from '../procfs/mounted-directory.ts';
import type { HandlerGate, PseudoFile } from '../procfs/pseudo-file.ts';
import { buildTree } from '../procfs/tree.ts';
import { errorText } from './error-text.ts';
import { access, loadFifoCalls } from './fifo-calls.ts';
import type { FifoCalls } from './fifo-calls.ts';
import { claimPlace, removeDirectoryQuietly, sweepFifos } from './fifo-place.ts';
import type { FifoPlace } from './fifo-place.ts';
import type { FifoServing } from './fifo-serving.ts';
import { LateOpeners } from './late-openers.ts';
import { fifoProblem } from './fifo-problem.ts';
import { OpenWatcher } from './open-watcher.ts';
import { ReadFifo } from './read-fifo.ts';
import { StepQueue } from './step-queue.ts';
import { WriteFifo } from './write-fifo.ts';

/** What to serve as FIFOs, and where. */
export interface FifoOptions {
  /** Absolute path of the directory that holds one directory per module. Created 0755 when missing. */
  readonly root: string;
  readonly moduleName: string;
  readonly files: readonly PseudoFile[];
  readonly gate: HandlerGate;
  /** Group that gets the read side of the files; undefined: the modes of the files alone decide. */
  readonly groupGid: number | undefined;
  readonly warn: (text: string) => void;
  /** What was created and removed. */
  readonly note: (text: string) => void;
  /** Called once when somebody else removed the FIFOs; not called by remove(). */
  readonly onLost: (reason: string) => void;
}

/** How long somebody who was about to open a FIFO may still do so while its name is gone already. */
const GRACE_MS = 10;
/** Programs that are just reading get this long to finish. */
const PATIENCE_MS = 100;

/**
 * Creates `<root>/<moduleName>` with one FIFO per file, and serves them: a reader gets a text of its own at each open;
 * what writers write until the last of them closes is a message.
 * @throws {MountError} when the place is unsafe or taken, or a file is to be read and written
 */
export function serveFifos(options: FifoOptions): MountedDirectory {
  checkFiles(options.files);
  const calls = loadFifoCalls();
  sweepFifos(calls, options.root);
  const place = claimPlace(calls, options.root, options.moduleName);
  const directory = new FifoDirectory(calls, place, options);
  try {
    directory.create();
    return directory;
  } catch (error) {
    directory.giveUp();
    throw error;
  }
}

function checkFiles(files: readonly PseudoFile[]): void {
  buildTree(files, { uid: 0, gid: 0, born: { sec: 0, nsec: 0 } });
  const problem = fifoProblem(files);
  if (problem !== undefined) throw new MountError('BAD_PATH', problem);
}

/** The life of a module's FIFOs: served until remove(), or until they are lost. */
class FifoDirectory implements MountedDirectory {
  readonly path: string;
  readonly #calls: FifoCalls;
  readonly #place: FifoPlace;
  readonly #options: FifoOptions;
  readonly #serving: FifoServing;
  readonly #watcher: OpenWatcher;
  readonly #readers = new Map<string, ReadFifo>();
  readonly #writers = new Map<string, WriteFifo>();
  /** Directories inside, parents first. */
  readonly #inner: string[] = [];
  #removal: Promise<readonly Holder[]> | undefined;
  #closed = false;
  /** What is gone already when it is to be removed is not worth a word. */
  #quiet = false;

  constructor(calls: FifoCalls, place: FifoPlace, options: FifoOptions) {
    this.path = place.path;
    this.#calls = calls;
    this.#place = place;
    this.#options = options;
    this.#watcher = new OpenWatcher(calls, {
      opened: (path) => void this.#readers.get(path)?.look(),
      removed: (path) => {
        if (this.#readers.has(path) || this.#writers.has(path)) this.#lost();
      },
      look: () => this.#look(),
    });
    this.#serving = {
      calls,
      queue: new StepQueue(options.gate),
      lateOpeners: new LateOpeners(calls),
      caller: { tid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      groupGid: options.groupGid,
      freshPath: `${place.path}/${freshName(options.files)}`,
      warn: options.warn,
      lost: () => this.#lost(),
    };
  }

  /** Number of messages under way. */
  get openCount(): number {
    return [...this.#readers.values(), ...this.#writers.values()].reduce((sum, fifo) => sum + fifo.users, 0);
  }

  create(): void {
    this.#watcher.add(this.path);
    for (const file of this.#options.files) this.#createFile(file);
    this.#look();
  }

  #createFile(file: PseudoFile): void {
    // Paths are byte strings, the system takes UTF-8.
    const components = Buffer.from(file.path, 'latin1').toString().split('/');
    const name = components.pop() ?? '';
    let directory = this.path;
    for (const component of components) {
      directory = `${directory}/${component}`;
      if (this.#inner.includes(directory)) continue;
      mkdirSync(directory);
      chmodSync(directory, 0o755);
      this.#inner.push(directory);
      this.#watcher.add(directory);
    }
    const path = `${directory}/${name}`;
    const fifo =
      file.write === undefined
        ? new ReadFifo(this.#serving, file, path)
        : new WriteFifo(this.#serving, file, path);
    if (fifo instanceof ReadFifo) this.#readers.set(path, fifo);
    else this.#writers.set(path, fifo);
    const result = fifo.create();
    if (result < 0) throw this.#creationError(-result);
    this.#options.note(`created ${file.write === undefined ? 'r' : 'w'} fifo ${path}`);
  }

  #creationError(error: number): MountError {
    const { moduleName, groupGid } = this.#options;
    const hint =
      error === errno.EPERM && groupGid !== undefined
        ? ` This user is not in the group ${groupGid} and so cannot give files to it.`
        : '';
    return new MountError(
      'CANNOT_CREATE',
      `Error loading ${moduleName}: an error occurred while making procfs fifos. ${errorText(error)}.${hint}`,
    );
  }

  /** True when a reader had come. */
  #look(): boolean {
    let found = false;
    for (const fifo of this.#readers.values()) {
      if (fifo.look()) found = true;
      fifo.urge();
    }
    return found;
  }

  remove(): Promise<readonly Holder[]> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<readonly Holder[]> {
    this.#watcher.close();
    const held = this.#removeNames();
    await pause(GRACE_MS);
    for (let waitedMs = GRACE_MS; waitedMs < PATIENCE_MS && this.openCount > 0; waitedMs += GRACE_MS)
      await pause(GRACE_MS);
    const holders = findHolders(this.path).filter(({ pid }) => pid !== this.#place.supervisor.pid);
    this.#close();
    for (const fd of held) this.#calls.close(fd);
    this.#removeDirectories();
    return holders;
  }

  /** Returns descriptors that keep everybody who is about to open from waiting. */
  #removeNames(): readonly number[] {
    const held: number[] = [];
    for (const path of [...this.#readers.keys(), ...this.#writers.keys()]) {
      const fd = this.#calls.open(path, access.BOTH);
      if (fd >= 0) held.push(fd);
      try {
        unlinkSync(path);
      } catch (error) {
        this.#warnOfDeletion('file', path, error);
      }
    }
    return held;
  }

  #removeDirectories(): void {
    for (const directory of [...this.#inner.toReversed(), this.path]) {
      try {
        rmdirSync(directory);
      } catch (error) {
        this.#warnOfDeletion('directory', directory, error);
      }
    }
    if (!this.#quiet) this.#options.note(`removed fifo directory ${this.path}`);
    this.#place.createdRoots.forEach(removeDirectoryQuietly);
    this.#calls.close(this.#place.lock);
    this.#place.supervisor.dismiss();
  }

  #warnOfDeletion(kind: 'file' | 'directory', path: string, error: unknown): void {
    const { errno: number = -1, code } = error as NodeJS.ErrnoException;
    if (this.#quiet && (code === 'ENOENT' || this.#removal === undefined)) return;
    this.#options.warn(`an error occurred while deleting a ${kind} (${path}). ${errorText(-number)}.`);
  }

  #close(): void {
    this.#closed = true;
    this.#watcher.close();
    for (const fifo of [...this.#readers.values(), ...this.#writers.values()]) fifo.close();
    this.#serving.queue.clear();
    this.#serving.lateOpeners.releaseAll();
  }

  /** Takes back what create() did before it failed. */
  giveUp(): void {
    this.#quiet = true;
    const held = this.#removeNames();
    this.#close();
    for (const fd of held) this.#calls.close(fd);
    this.#removeDirectories();
  }

  /** Somebody else removed FIFOs: the rest goes too. */
  #lost(): void {
    if (this.#removal !== undefined || this.#closed) return;
    this.#quiet = true;
    this.#removal = this.#remove();
    this.#options.onLost('the module directory was removed from outside');
  }
}

/** A name no file of the script has. */
function freshName(files: readonly PseudoFile[]): string {
  const taken = new Set(files.map((file) => file.path.split('/')[0]));
  let name = '.new';
  while (taken.has(name)) name += '_';
  return name;
}
