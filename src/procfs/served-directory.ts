import { rmdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { FuseDevice } from '../fuse/device.ts';
import { findHolders } from '../fuse/holder.ts';
import type { Holder } from '../fuse/holder.ts';
import { removeMountPoint } from '../fuse/mount-point.ts';
import { rootsAfterMove } from '../fuse/moved-directory.ts';
import { whereMountIs } from '../fuse/mount-table.ts';
import { unmountDirectory } from '../fuse/mount.ts';
import type { Connection } from '../fuse/mount.ts';
import type { SystemCalls } from '../fuse/system-calls.ts';
import { DirectoryServer } from './directory-server.ts';
import { thawTree } from './exchange-files.ts';
import type { FileFacts } from './file-node.ts';
import type { FrozenDirectory } from './frozen-directory.ts';
import type { AdoptedDirectoryOptions, ServedFiles } from './served-files.ts';
import type { PseudoFile } from './pseudo-file.ts';
import type { PseudoTree, TreeFacts } from './tree.ts';

/** A directory of ours with a mount on it. */
export interface MountedPlace {
  readonly path: string;
  /** Directories above it that had to be created, deepest first. */
  readonly createdRoots: readonly string[];
  readonly connection: Connection;
}

/** What new files and the directories look like. */
export interface ServedFacts {
  readonly file: FileFacts;
  readonly directory: TreeFacts;
}

const UNMOUNT_ATTEMPTS = 5;
const UNMOUNT_PAUSE_MS = 25;
/** The kernel has forgotten names by then, or waits for a request that is not answered any more. */
const EXCHANGE_PATIENCE_MS = 100;

/** The life of one mount: served until remove(), or until it is lost. */
export class ServedDirectory implements ServedFiles<FrozenDirectory> {
  readonly path: string;
  readonly #system: SystemCalls;
  readonly #connection: Connection;
  readonly #createdRoots: readonly string[];
  readonly #server: DirectoryServer;
  readonly #device: FuseDevice;
  /** Settles when the kernel knows of all exchanges of files. */
  #exchanged: Promise<void> = Promise.resolve();
  #frozenRequests: readonly Uint8Array[] = [];
  #removal: Promise<readonly Holder[]> | undefined;

  private constructor(system: SystemCalls, place: MountedPlace, device: FuseDevice, server: DirectoryServer) {
    this.#system = system;
    this.#connection = place.connection;
    this.path = place.path;
    this.#createdRoots = place.createdRoots;
    this.#device = device;
    this.#server = server;
  }

  /** Starts serving what was just mounted; settles when the kernel has agreed. */
  static async mounted(
    system: SystemCalls,
    place: MountedPlace,
    options: AdoptedDirectoryOptions,
    facts: ServedFacts,
    tree: PseudoTree,
  ): Promise<ServedDirectory> {
    const { connection, path } = place;
    const device = new FuseDevice(system, connection.fd);
    const lost: { directory?: ServedDirectory } = {};
    try {
      const ended = (): void => lost.directory?.ended(options.onLost);
      const server = new DirectoryServer(device, tree, facts.directory, facts.file, options.gate, ended);
      const directory = new ServedDirectory(system, place, device, server);
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

  /** Goes on with what another process served. */
  static adopted(
    system: SystemCalls,
    fd: number,
    frozen: FrozenDirectory,
    options: AdoptedDirectoryOptions,
    facts: FileFacts,
  ): ServedDirectory {
    const { path, createdRoots, method, source } = frozen;
    const device = new FuseDevice(system, fd);
    const tree = thawTree(frozen.server, options.files, facts);
    const lost: { directory?: ServedDirectory } = {};
    const ended = (): void => lost.directory?.ended(options.onLost);
    const server = new DirectoryServer(device, tree, frozen.server.facts, facts, options.gate, ended);
    const directory = new ServedDirectory(
      system,
      { path, createdRoots, connection: { fd, method, source } },
      device,
      server,
    );
    lost.directory = directory;
    directory.#frozenRequests = frozen.server.requests;
    device.adopt(server);
    server.restore(frozen.server);
    directory.resume();
    return directory;
  }

  get deviceFd(): number {
    return this.#device.fd;
  }

  get openCount(): number {
    return this.#server.openCount;
  }

  replaceFiles(files: readonly PseudoFile[]): Promise<void> {
    const exchange = this.#server.replaceFiles(files);
    this.#exchanged = Promise.all([this.#exchanged, exchange]).then(
      () => undefined,
      () => undefined,
    );
    return exchange;
  }

  async freeze(): Promise<FrozenDirectory> {
    await this.#exchanged;
    this.#device.pause();
    return {
      path: this.path,
      method: this.#connection.method,
      source: this.#connection.source,
      createdRoots: this.#createdRoots,
      server: this.#server.freeze(),
    };
  }

  resume(): void {
    this.#server.resume();
    const requests = this.#frozenRequests;
    this.#frozenRequests = [];
    // Before anything new is read: they come first.
    for (const request of requests) this.#device.repeat(request);
    this.#device.resume();
  }

  abandon(): void {
    this.#removal ??= Promise.resolve([]);
    this.#server.abandon();
  }

  remove(): Promise<readonly Holder[]> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<readonly Holder[]> {
    let holders: readonly Holder[] = [];
    const { method, source } = this.#connection;
    const path = whereMountIs(this.path, source);
    if (!(await this.#unmountWithPatience(path))) {
      holders = findHolders(path);
      await unmountDirectory(this.#system, path, method, true);
    }
    // At once: a program that goes on writing by path would create ordinary files in it.
    await removeMountPoint(path);
    await Promise.race([this.#exchanged, pause(EXCHANGE_PATIENCE_MS)]);
    this.#server.close();
    await this.#removeDirectories(path);
    return holders;
  }

  /** A program that is just reading gets a moment to finish. False: still in use. */
  async #unmountWithPatience(path: string): Promise<boolean> {
    for (let attempt = 0; attempt < UNMOUNT_ATTEMPTS; attempt++) {
      if (attempt > 0) await pause(UNMOUNT_PAUSE_MS);
      const outcome = await unmountDirectory(this.#system, path, this.#connection.method, false);
      if (outcome === 'unmounted') return true;
    }
    return false;
  }

  /** Somebody else unmounted it, or the connection was aborted. */
  private ended(onLost: (() => void) | undefined): void {
    if (this.#removal !== undefined) return;
    const { method } = this.#connection;
    this.#removal = unmountDirectory(this.#system, this.path, method, true)
      .then(() => this.#removeDirectories(this.path))
      .then(() => []);
    onLost?.();
  }

  async #removeDirectories(path: string): Promise<void> {
    await removeMountPoint(path);
    for (const created of rootsAfterMove(this.#createdRoots, this.path, path))
      await rmdir(created).catch(() => undefined);
  }
}
