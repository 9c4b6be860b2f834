import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { MountError } from '../fuse/mount-error.ts';
import { processEnds } from '../fuse/process-identity.ts';
import { rootsAfterMove, whereOpenDirectoryIs } from '../fuse/moved-directory.ts';
import { ensureSafeDirectory } from '../fuse/safe-directory.ts';
import { entryText, isModuleName } from './entry-text.ts';
import { CONTROL_SOCKET, ENTRY_FILE, moduleHome, type ModuleEntry } from './module-entry.ts';
import {
  GRACE_MS,
  homeState,
  newControlSocket,
  newEntryFile,
  removeOwnFiles,
  removeStaleHome,
} from './module-home.ts';
import { thisProcess } from './owner-process.ts';
import { readEntry } from './read-entry.ts';

const PAUSE_MS = 5;
const ATTEMPTS = 5;

/** A module of that name runs. `message` is `PATH: File exists`, PATH being where its files would be. */
export class ModuleExistsError extends MountError {
  /** Process of that module; undefined when it cannot be told. */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    super('MODULE_EXISTS', `${path}: File exists`);
    this.pid = pid;
  }
}

/** What is known when a name is claimed. */
export interface ClaimFacts {
  readonly name: string;
  /** As messages show it: a file's path, or `<input>`. */
  readonly script: string;
}

/** What becomes known, or changes, later. */
export type EntryPatch = Partial<Pick<ModuleEntry, 'state' | 'directory' | 'files' | 'script'>>;

/** What a process needs to take a claim over from another one; plain data. */
export interface ClaimTransfer {
  readonly root: string;
  readonly createdRoots: readonly string[];
  readonly entry: ModuleEntry;
}

/** What a claim leaves in the file system when its process is killed: for whoever cleans up then. */
export interface ClaimRemains {
  /** Absolute paths, to be unlinked where they exist. */
  readonly files: readonly string[];
  /** Absolute paths, to be removed where empty, in this order. */
  readonly directories: readonly string[];
}

/**
 * Claims a name under `root` for this process: creates the module's home with an entry in state `starting`. What a dead
 * module of that name left is removed. Waits (at most 2 s) for a home without entry: somebody is claiming it, or died.
 * @throws {ModuleExistsError} a module of that name runs
 * @throws {MountError} BAD_PATH, UNSAFE_ROOT, CANNOT_CREATE
 */
export function claimModule(root: string, facts: ClaimFacts): ModuleClaim {
  if (!isModuleName(facts.name))
    throw new MountError('BAD_PATH', `"${facts.name}" cannot be the name of a module.`);
  const createdRoots: string[] = [];
  for (let attempt = 1; ; attempt++) {
    try {
      const place = ensureSafeDirectory(root);
      createdRoots.push(...place.created.filter((path) => !createdRoots.includes(path)));
      return claimIn(place.path, createdRoots, facts);
    } catch (error) {
      // The root may be removed by another module that ends; the home by a sweeper that looked at its predecessor.
      if (isMissing(error) && attempt < ATTEMPTS) continue;
      removeDirectories(createdRoots);
      throw asMountError(error, root);
    }
  }
}

function claimIn(root: string, createdRoots: readonly string[], facts: ClaimFacts): ModuleClaim {
  const home = moduleHome(root, facts.name);
  takeHome(root, facts.name);
  const entry: ModuleEntry = {
    formatVersion: 1,
    name: facts.name,
    state: 'starting',
    ...thisProcess(),
    uid: process.getuid?.() ?? 0,
    startedAtMs: Date.now(),
    script: facts.script,
    directory: undefined,
    files: [],
  };
  writeFirstEntry(home, entry);
  return new ModuleClaim({ root, createdRoots, entry });
}

/** Takes over, in this process, the claim that another one handed over; the entry names this process from now on. */
export function adoptClaim(transfer: ClaimTransfer): ModuleClaim {
  const entry = { ...transfer.entry, ...thisProcess() };
  const claim = new ModuleClaim({ ...transfer, entry });
  claim.update({});
  return claim;
}

/** A claimed name: the entry that others read, until release(). */
export class ModuleClaim {
  /** Without symbolic links. */
  readonly root: string;
  /** Where the home was when this process took the name. */
  readonly #firstHome: string;
  /** Descriptor of the home: it is found when a directory above it is renamed. */
  #homeFd: number | undefined;
  readonly #createdRoots: readonly string[];
  #entry: ModuleEntry;
  #isOurs = true;

  constructor({ root, createdRoots, entry }: ClaimTransfer) {
    this.root = root;
    this.#firstHome = moduleHome(root, entry.name);
    this.#homeFd = openedDirectory(this.#firstHome);
    this.#createdRoots = createdRoots;
    this.#entry = entry;
  }

  /** The entry as published. */
  get entry(): ModuleEntry {
    return this.#entry;
  }

  /** Where the entry is. */
  get home(): string {
    return whereOpenDirectoryIs(this.#homeFd, this.#firstHome);
  }

  /** Where the control socket is to be. */
  get controlSocket(): string {
    return `${this.home}/${CONTROL_SOCKET}`;
  }

  /** What is to be cleaned up should this process be killed. Only while the entry still names it. */
  get remains(): ClaimRemains {
    const names = [CONTROL_SOCKET, newControlSocket(process.pid), newEntryFile(process.pid), ENTRY_FILE];
    return {
      files: names.map((name) => `${this.home}/${name}`),
      directories: [this.home, ...this.#createdRoots],
    };
  }

  /** Publishes a change. False when that failed (disk full, home removed by hand): the module goes on. */
  update(patch: EntryPatch): boolean {
    this.#entry = { ...this.#entry, ...patch };
    return this.#isOurs && this.#publish();
  }

  /**
   * Gives the claim to another process: from now on the entry names that one, and release() does nothing. What is
   * returned is for adoptClaim() there.
   */
  handOver(to: Pick<ModuleEntry, 'pid' | 'startTicks'>): ClaimTransfer {
    const transfer = this.transfer();
    this.#entry = { ...this.#entry, ...to };
    this.#publish();
    this.giveUp();
    return transfer;
  }

  /** What adoptClaim() needs in another process that will name itself in the entry; this claim stays ours. */
  transfer(): ClaimTransfer {
    const home = this.home;
    const createdRoots = rootsAfterMove(this.#createdRoots, this.#firstHome, home);
    return { root: dirname(home), createdRoots, entry: this.#entry };
  }

  /** The other process has adopted the claim: release() does nothing from now on. */
  giveUp(): void {
    this.#isOurs = false;
    this.#closeHome();
  }

  /** The other process failed: the entry names this one again. */
  takeBack(): void {
    this.#isOurs = true;
    this.#homeFd ??= openedDirectory(this.#firstHome);
    this.#entry = { ...this.#entry, ...thisProcess() };
    this.#publish();
  }

  /** Removes entry, socket, home, and the roots created for it where empty. Idempotent, never throws. */
  release(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    const { home } = this;
    const owner = readEntry(home, this.#entry.name)?.entry;
    const isAnothers =
      owner !== undefined && (owner.pid !== this.#entry.pid || owner.startTicks !== this.#entry.startTicks);
    if (!isAnothers) removeOwnFiles(home);
    removeDirectories(rootsAfterMove(this.#createdRoots, this.#firstHome, home));
    this.#closeHome();
  }

  #closeHome(): void {
    if (this.#homeFd !== undefined) closeSync(this.#homeFd);
    this.#homeFd = undefined;
  }

  #publish(): boolean {
    for (let attempt = 1; ; attempt++) {
      try {
        writeEntry(this.home, this.#entry);
        return true;
      } catch (error) {
        // A sweeper that looked at our predecessor moves the home aside for a moment, and back.
        if (!isMissing(error) || attempt === ATTEMPTS) return false;
        pause();
      }
    }
  }
}

function takeHome(root: string, name: string): void {
  const home = moduleHome(root, name);
  const deadlineMs = Date.now() + GRACE_MS;
  while (!tryCreate(home)) {
    const state = homeState(home, name);
    if (state === 'in-use' && Date.now() < deadlineMs && ownerEnds(home, name)) {
      pause();
      continue;
    }
    if (state === 'in-use' || (state !== 'missing' && Date.now() > deadlineMs))
      throw new ModuleExistsError(`${root}/${name}`, readEntry(home, name)?.entry.pid);
    if (state === 'stale') removeStaleHome(root, name);
    // Not removable, for its mode or because somebody else is at it.
    if (state === 'starting' || homeState(home, name) === 'stale') pause();
  }
}

/** Its owner was killed, and is about to be gone. */
function ownerEnds(home: string, name: string): boolean {
  const owner = readEntry(home, name)?.entry;
  return owner !== undefined && processEnds(owner.pid);
}

function tryCreate(home: string): boolean {
  try {
    mkdirSync(home, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  // Others may see what runs, whatever the umask of this process.
  chmodSync(home, 0o755);
  return true;
}

function writeFirstEntry(home: string, entry: ModuleEntry): void {
  try {
    writeEntry(home, entry);
  } catch (error) {
    if (!isMissing(error)) removeOwnFiles(home);
    throw error;
  }
}

/** Readers see the old entry or the new one, never a part. */
function writeEntry(home: string, entry: ModuleEntry): void {
  const path = `${home}/${newEntryFile(process.pid)}`;
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
  try {
    fchmodSync(fd, 0o644);
    writeFileSync(fd, entryText(entry));
  } finally {
    closeSync(fd);
  }
  renameSync(path, `${home}/${ENTRY_FILE}`);
}

/** Undefined when descriptors have run out, or it is gone. */
function openedDirectory(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}

function removeDirectories(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      rmdirSync(path);
    } catch {
      // In use or gone.
    }
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'VANISHED';
}

function asMountError(error: unknown, root: string): unknown {
  if (error instanceof MountError) return error;
  const { message } = error as Error;
  return new MountError('CANNOT_CREATE', `Cannot register a module in ${root}: ${message}.`, {
    cause: error,
  });
}

/** Claims come before anything is served, so nobody waits for this thread meanwhile. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
