import { rmdirSync, mkdirSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { sweepDeadMounts } from '../fuse/dead-mounts.ts';
import { FuseDevice } from '../fuse/device.ts';
import { findHolders } from '../fuse/holder.ts';
import type { Holder } from '../fuse/holder.ts';
import { MountError } from '../fuse/mount-error.ts';
import { servedMounts } from '../fuse/mount-table.ts';
import { mountDirectory, unmountDirectory } from '../fuse/mount.ts';
import type { Connection } from '../fuse/mount.ts';
import { ensureSafeDirectory } from '../fuse/safe-directory.ts';
import { loadSystemCalls } from '../fuse/system-calls.ts';
import type { SystemCalls } from '../fuse/system-calls.ts';
import { currentTime } from './current-time.ts';
import { DirectoryServer } from './directory-server.ts';
import type { ModuleDirectoryOptions, MountedDirectory } from './mounted-directory.ts';
import { buildTree } from './tree.ts';

/**
 * Creates `<root>/<moduleName>` and serves the files there. Resolves when the first open would succeed. Should this process
 * be killed, the mount stays until it is swept, unless a supervisor was started before.
 * @throws {MountError} when the place is unsafe or taken, or the system offers no way to mount.
 */
export async function mountModuleDirectory(options: ModuleDirectoryOptions): Promise<MountedDirectory> {
  const facts = { uid: options.uid, gid: options.gid, born: currentTime() };
  const directoryFacts = { ...facts, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const tree = buildTree(options.files, facts);
  checkModuleName(options.moduleName);
  const system = loadSystemCalls();
  const place = await claimAndMount(system, options);
  try {
    return await ServedDirectory.start(system, place, options, (device, ended) => {
      return new DirectoryServer(device, tree, directoryFacts, options.gate, ended);
    });
  } catch (error) {
    giveUp(place.path, place.createdRoots);
    throw error;
  }
}

/** A directory of ours with a mount on it. */
interface MountedPlace {
  readonly path: string;
  /** Directories above it that had to be created, deepest first. */
  readonly createdRoots: readonly string[];
  readonly connection: Connection;
}

/**
 * Removes what crashed servers left under `root`: dead mounts and their directories. A mount with a living owner is
 * never touched. Resolves to the removed paths; a missing root gives none.
 */
export function sweepRoot(root: string): Promise<string[]> {
  return sweepDeadMounts(loadSystemCalls(), root);
}

/**
 * Directories may vanish between being created and being used: another module that created the root ended, or the
 * supervisor of a dead one of the same name cleaned up.
 */
async function claimAndMount(system: SystemCalls, options: ModuleDirectoryOptions): Promise<MountedPlace> {
  for (let triesLeft = 3; ; triesLeft--) {
    const root = ensureSafeDirectory(options.root);
    let path: string | undefined;
    try {
      path = await claimDirectory(system, root.path, options.moduleName);
      return { path, createdRoots: root.created, connection: await mountDirectory(system, path) };
    } catch (error) {
      giveUp(path, root.created);
      if (!(error instanceof MountError && error.code === 'VANISHED') || triesLeft === 0) throw error;
    }
  }
}

function giveUp(path: string | undefined, createdRoots: readonly string[]): void {
  if (path !== undefined) removeQuietly(path);
  createdRoots.forEach(removeQuietly);
}

function checkModuleName(name: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new MountError('BAD_PATH', `"${name}" cannot be the name of a module directory.`);
  }
}

/** Creates the directory to mount on; one left by a crash is cleared first. */
async function claimDirectory(system: SystemCalls, root: string, name: string): Promise<string> {
  const path = `${root}/${name}`;
  if (tryCreate(path)) return path;
  if (isMounted(path)) {
    await sweepDeadMounts(system, root);
  } else {
    removeQuietly(path); // an empty leftover
  }
  if (tryCreate(path)) return path;
  throw new MountError('MODULE_EXISTS', `${path}: File exists`);
}

function isMounted(path: string): boolean {
  return servedMounts().some((mount) => mount.path === path);
}

function tryCreate(path: string): boolean {
  try {
    mkdirSync(path, 0o755);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new MountError(
      code === 'ENOENT' ? 'VANISHED' : 'CANNOT_CREATE',
      `Cannot create the directory ${path}: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

function removeQuietly(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // In use or gone: either way not ours to remove.
  }
}

const UNMOUNT_ATTEMPTS = 5;
const UNMOUNT_PAUSE_MS = 25;

/** The life of one mount: served until remove(), or until it is lost. */
class ServedDirectory implements MountedDirectory {
  readonly path: string;
  readonly #system: SystemCalls;
  readonly #connection: Connection;
  readonly #createdRoots: readonly string[];
  readonly #server: DirectoryServer;
  #removal: Promise<readonly Holder[]> | undefined;

  private constructor(system: SystemCalls, place: MountedPlace, server: DirectoryServer) {
    this.#system = system;
    this.#connection = place.connection;
    this.path = place.path;
    this.#createdRoots = place.createdRoots;
    this.#server = server;
  }

  static async start(
    system: SystemCalls,
    place: MountedPlace,
    options: ModuleDirectoryOptions,
    createServer: (device: FuseDevice, ended: () => void) => DirectoryServer,
  ): Promise<ServedDirectory> {
    const { connection, path } = place;
    const device = new FuseDevice(system, connection.fd);
    const lost: { directory?: ServedDirectory } = {};
    try {
      const server = createServer(device, () => {
        const { directory } = lost;
        if (directory !== undefined) directory.#lost(options.onLost);
      });
      const directory = new ServedDirectory(system, place, server);
      lost.directory = directory;
      device.start(server);
      await server.initialized;
      return directory;
    } catch (error) {
      // A mount that nobody serves would hang whoever looks into it, this process first.
      device.close();
      await unmountDirectory(system, path, connection.method, true);
      throw error;
    }
  }

  remove(): Promise<readonly Holder[]> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<readonly Holder[]> {
    let holders: readonly Holder[] = [];
    const { method } = this.#connection;
    if (!(await this.#unmountWithPatience())) {
      holders = findHolders(this.path);
      await unmountDirectory(this.#system, this.path, method, true);
    }
    this.#server.close();
    await this.#removeDirectories();
    return holders;
  }

  /** A program that is just reading gets a moment to finish. False: still in use. */
  async #unmountWithPatience(): Promise<boolean> {
    for (let attempt = 0; attempt < UNMOUNT_ATTEMPTS; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, UNMOUNT_PAUSE_MS));
      const outcome = await unmountDirectory(this.#system, this.path, this.#connection.method, false);
      if (outcome === 'unmounted') return true;
    }
    return false;
  }

  /** Somebody else unmounted it, or the connection was aborted. */
  #lost(onLost: (() => void) | undefined): void {
    if (this.#removal !== undefined) return;
    const { method } = this.#connection;
    this.#removal = unmountDirectory(this.#system, this.path, method, true)
      .then(() => this.#removeDirectories())
      .then(() => []);
    onLost?.();
  }

  async #removeDirectories(): Promise<void> {
    await rmdir(this.path).catch(() => undefined);
    for (const created of this.#createdRoots) await rmdir(created).catch(() => undefined);
  }
}
