import { chmodSync, mkdirSync, renameSync, rmSync, rmdirSync, unlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { errno } from '../fuse/errno.ts';
import { findHolders } from '../fuse/holder.ts';
import type { Holder } from '../fuse/holder.ts';
import { MountError } from '../fuse/mount-error.ts';
import type { HandlerGate, PseudoFile } from '../procfs/pseudo-file.ts';
import type { ServedFiles } from '../procfs/served-files.ts';
import { buildTree } from '../procfs/tree.ts';
import { rootsAfterMove, whereOpenDirectoryIs } from '../fuse/moved-directory.ts';
import { errnoText } from '../fuse/system-error-text.ts';
import { access } from './fifo-calls.ts';
import type { FifoCalls } from './fifo-calls.ts';
import { AWAY_SUFFIX, DIRECTORY_MODE, removeIfEmpty } from './fifo-place.ts';
import type { FifoPlace } from './fifo-place.ts';
import { fifoProblem } from './fifo-problem.ts';
import type { FifoServing } from './fifo-serving.ts';
import { LateOpeners } from './late-openers.ts';
import { OpenWatcher } from './open-watcher.ts';
import { ReadFifo } from './read-fifo.ts';
import type { FrozenReadFifo } from './read-fifo.ts';
import { StepQueue } from './step-queue.ts';
import { WriteFifo } from './write-fifo.ts';
import type { FrozenWriteFifo } from './write-fifo.ts';

/** What to serve as FIFOs, and how. */
export interface FifoSettings {
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

/** Everything it takes to go on serving from another process, as long as that which froze it lives; plain data. */
export interface FrozenFifos {
  readonly kind: 'fifos';
  readonly path: string;
  readonly createdRoots: readonly string[];
  /** Number, in the process that froze it, of the descriptor to be handed on: the locked directory. */
  readonly deviceFd: number;
  readonly pid: number;
  readonly readers: readonly FrozenReadFifo[];
  readonly writers: readonly FrozenWriteFifo[];
}

/** How long somebody who was about to open a FIFO may still do so while its name is gone already. */
const GRACE_MS = 10;
/** Programs that are just reading get this long to finish. */
const PATIENCE_MS = 100;

/** @throws {MountError} BAD_PATH when these cannot be files, or cannot be FIFOs */
export function checkFiles(files: readonly PseudoFile[]): void {
  buildTree(files, { uid: 0, gid: 0, born: { sec: 0, nsec: 0 } });
  const problem = fifoProblem(files);
  if (problem !== undefined) throw new MountError('BAD_PATH', problem);
}

/** The life of a module's FIFOs: served until remove(), or until they are lost. */
export class FifoDirectory implements ServedFiles<FrozenFifos> {
  readonly path: string;
  readonly #calls: FifoCalls;
  readonly #place: FifoPlace;
  readonly #options: FifoSettings;
  readonly #serving: FifoServing;
  readonly #watcher: OpenWatcher;
  readonly #readers = new Map<string, ReadFifo>();
  readonly #writers = new Map<string, WriteFifo>();
  /** Directories inside, parents first. */
  #inner: string[] = [];
  #removal: Promise<readonly Holder[]> | undefined;
  #closed = false;
  #frozen = false;
  /** What is gone already when it is to be removed is not worth a word. */
  #quiet = false;

  constructor(calls: FifoCalls, place: FifoPlace, options: FifoSettings) {
    this.path = place.path;
    this.#calls = calls;
    this.#place = place;
    this.#options = options;
    this.#watcher = new OpenWatcher(calls, {
      opened: (path) => void this.#readers.get(path)?.look(),
      removed: (path) => {
        if (!this.#frozen && (this.#readers.has(path) || this.#writers.has(path))) this.#lost();
      },
      look: () => this.#look(),
    });
    this.#serving = {
      calls,
      queue: new StepQueue(options.gate),
      lateOpeners: new LateOpeners(calls),
      caller: { tid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      groupGid: options.groupGid,
      freshPath: `${place.path}/.fifo-being-made`,
      warn: options.warn,
      lost: () => this.#lost(),
    };
  }

  /** The locked directory: what another process has to inherit. */
  get deviceFd(): number {
    return this.#place.lock;
  }

  /** Messages under way: who has a FIFO open cannot be known. */
  get openCount(): number {
    return this.#fifos().reduce((sum, fifo) => sum + fifo.users, 0);
  }

  #fifos(): readonly (ReadFifo | WriteFifo)[] {
    return [...this.#readers.values(), ...this.#writers.values()];
  }

  /** Creates everything and begins to serve. */
  create(): void {
    this.#watcher.add(this.path);
    for (const file of this.#options.files) this.#createFile(file);
    this.#look();
  }

  /** Goes on with what another process created. */
  adopt(frozen: FrozenFifos): void {
    this.#watcher.add(this.path);
    for (const file of this.#options.files) {
      const fifo = this.#newFifo(file);
      const read = frozen.readers.find(({ path }) => path === fifo.path);
      const written = frozen.writers.find(({ path }) => path === fifo.path);
      if (fifo instanceof ReadFifo && read !== undefined) fifo.adopt(read, frozen.pid);
      if (fifo instanceof WriteFifo && written !== undefined) fifo.adopt(written, frozen.pid);
    }
    this.#look();
  }

  /** Its directories exist afterwards; the FIFO itself is not created. */
  #newFifo(file: PseudoFile): ReadFifo | WriteFifo {
    const path = this.#pathOf(file);
    for (let at = path.indexOf('/', this.path.length + 1); at >= 0; at = path.indexOf('/', at + 1))
      this.#ensureInner(path.slice(0, at));
    if (file.write === undefined) {
      const fifo = new ReadFifo(this.#serving, file, path);
      this.#readers.set(path, fifo);
      return fifo;
    }
    const fifo = new WriteFifo(this.#serving, file, path);
    this.#writers.set(path, fifo);
    return fifo;
  }

  /** Paths of scripts are byte strings, the system takes UTF-8. */
  #pathOf(file: PseudoFile): string {
    return `${this.path}/${Buffer.from(file.path, 'latin1').toString()}`;
  }

  #ensureInner(directory: string): void {
    if (this.#inner.includes(directory)) return;
    this.#inner.push(directory);
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, DIRECTORY_MODE);
    this.#watcher.add(directory);
  }

  #createFile(file: PseudoFile): void {
    const fifo = this.#newFifo(file);
    const result = fifo.create();
    if (result < 0) throw this.#creationError(-result);
    this.#options.note(`created ${file.write === undefined ? 'r' : 'w'} fifo ${fifo.path}`);
  }

  #creationError(error: number): MountError {
    const { moduleName, groupGid } = this.#options;
    const hint =
      error === errno.EPERM && groupGid !== undefined
        ? ` This user is not in the group ${groupGid} and so cannot give files to it.`
        : '';
    return new MountError(
      'CANNOT_CREATE',
      `Error loading ${moduleName}: an error occurred while making procfs fifos. ${errnoText(error)}.${hint}`,
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

  async replaceFiles(files: readonly PseudoFile[]): Promise<void> {
    checkFiles(files);
    const wanted = new Map(files.map((file) => [this.#pathOf(file), file]));
    const outdated = this.#fifos().filter((fifo) => {
      const file = wanted.get(fifo.path);
      return file === undefined || (file.write === undefined) !== fifo instanceof ReadFifo;
    });
    await this.#retire(outdated);
    for (const [path, file] of wanted) {
      const fifo = this.#readers.get(path) ?? this.#writers.get(path);
      if (fifo === undefined) this.#createFile(file);
      else fifo.replace(file);
    }
    // Those still in use refuse.
    this.#inner = this.#inner
      .toReversed()
      .filter((directory) => !removeIfEmpty(directory))
      .toReversed();
  }

  /** Takes these FIFOs away; who is about to open one is not left waiting. */
  async #retire(fifos: readonly (ReadFifo | WriteFifo)[]): Promise<void> {
    for (const { path } of fifos) {
      this.#readers.delete(path);
      this.#writers.delete(path);
    }
    const held = this.#removeNames(fifos, this.path);
    await pause(GRACE_MS);
    for (const fifo of fifos) fifo.close();
    for (const fd of held) this.#calls.close(fd);
  }

  freeze(): Promise<FrozenFifos> {
    this.#frozen = true;
    this.#serving.queue.clear();
    return Promise.resolve({
      kind: 'fifos',
      path: this.path,
      createdRoots: this.#place.createdRoots,
      deviceFd: this.#place.lock,
      pid: process.pid,
      readers: [...this.#readers.values()].map((fifo) => fifo.freeze()),
      writers: [...this.#writers.values()].map((fifo) => fifo.freeze()),
    });
  }

  resume(): void {
    this.#frozen = false;
    for (const fifo of this.#fifos()) fifo.resume();
  }

  abandon(): void {
    if (this.#removal !== undefined) return;
    this.#removal = Promise.resolve([]);
    this.#close();
    this.#calls.close(this.#place.lock);
    this.#place.supervisor.dismiss();
  }

  remove(): Promise<readonly Holder[]> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<readonly Holder[]> {
    this.#watcher.close();
    const away = this.#moveAway();
    const held = this.#removeNames(this.#fifos(), away);
    await pause(GRACE_MS);
    for (let waitedMs = GRACE_MS; waitedMs < PATIENCE_MS && this.openCount > 0; waitedMs += GRACE_MS)
      await pause(GRACE_MS);
    const holders = findHolders(away).filter(({ pid }) => pid !== this.#place.supervisor.pid);
    this.#close();
    for (const fd of held) this.#calls.close(fd);
    this.#removeDirectories(away);
    return holders;
  }

  /**
   * Where the directory is from now on: nobody finds it at its place any more. Otherwise a shell that redirects its output
   * to a FIFO whose name is gone already would create a file in it.
   */
  #moveAway(): string {
    const now = whereOpenDirectoryIs(this.#place.lock, this.path);
    const away = `${now}${AWAY_SUFFIX}`;
    try {
      renameSync(now, away);
      return away;
    } catch {
      return now;
    }
  }

  /** Returns descriptors that keep everybody who is about to open from waiting. `base`: where the directory is now. */
  #removeNames(fifos: readonly (ReadFifo | WriteFifo)[], base: string): readonly number[] {
    const held: number[] = [];
    for (const fifo of fifos) {
      if (fifo instanceof ReadFifo) fifo.makeLast();
      const path = this.#at(base, fifo.path);
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

  /** The same path while the directory is at `base`. */
  #at(base: string, path: string): string {
    return base + path.slice(this.path.length);
  }

  #removeDirectories(base: string): void {
    // What a program that stands inside has created under the name of a FIFO that was gone.
    for (const fifo of this.#fifos()) rmSync(this.#at(base, fifo.path), { force: true });
    for (const inner of [...this.#inner.toReversed(), this.path]) {
      const directory = this.#at(base, inner);
      try {
        rmdirSync(directory);
      } catch (error) {
        this.#warnOfDeletion('directory', directory, error);
      }
    }
    if (!this.#quiet) this.#options.note(`removed fifo directory ${this.path}`);
    rootsAfterMove(this.#place.createdRoots, this.path, base).forEach(removeIfEmpty);
    this.#calls.close(this.#place.lock);
    this.#place.supervisor.dismiss();
  }

  #warnOfDeletion(kind: 'file' | 'directory', path: string, error: unknown): void {
    const { errno: number = -1, code } = error as NodeJS.ErrnoException;
    if (this.#quiet && (code === 'ENOENT' || this.#removal === undefined)) return;
    this.#options.warn(`an error occurred while deleting a ${kind} (${path}). ${errnoText(-number)}.`);
  }

  #close(): void {
    this.#closed = true;
    this.#watcher.close();
    for (const fifo of this.#fifos()) fifo.close();
    this.#serving.queue.clear();
    this.#serving.lateOpeners.releaseAll();
  }

  /** Takes back what create() did before it failed. */
  giveUp(): void {
    this.#quiet = true;
    const held = this.#removeNames(this.#fifos(), this.path);
    this.#close();
    for (const fd of held) this.#calls.close(fd);
    this.#removeDirectories(this.path);
  }

  /** Somebody else removed FIFOs: the rest goes too. */
  #lost(): void {
    if (this.#removal !== undefined || this.#closed) return;
    this.#quiet = true;
    this.#removal = this.#remove();
    this.#options.onLost('the module directory was removed from outside');
  }
}
