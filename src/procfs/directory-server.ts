import type { FuseDevice, RequestServer } from '../fuse/device.ts';
import { MAX_IO_BYTES } from '../fuse/device.ts';
import { errno } from '../fuse/errno.ts';
import { fuseMajor, fuseMinor, initFlag, opcode } from '../fuse/protocol.ts';
import { AlternateInodes } from './alternate-inodes.ts';
import { AttributeRequests, directoryAttributes } from './attribute-requests.ts';
import { exchangeFiles } from './exchange-files.ts';
import type { FileInode } from './file-inode.ts';
import type { FileFacts, FileNode } from './file-node.ts';
import type { FrozenServer } from './frozen-directory.ts';
import { HandlerQueue } from './handler-queue.ts';
import type { OpenFile } from './open-file.ts';
import { OpenFiles } from './open-files.ts';
import type { HandlerGate, PseudoFile } from './pseudo-file.ts';
import { FOREVER_SEC, fail, sendError } from './serving.ts';
import type { Serving } from './serving.ts';
import { SizeSteering } from './size-steering.ts';
import { directoriesOf, isRetired } from './tree.ts';
import type { PseudoTree, TreeFacts } from './tree.ts';

/** First minor version whose NOTIFY_STORE makes size and times ask again but keeps mode and owner (Linux 5.16). */
const SIZE_ONLY_INVALIDATION_MINOR = 35;

/**
 * Serves one tree over one device: the semantics of procfs files (stapprobes(3stap), PROCFS) in terms of FUSE requests.
 * Handlers run in the order in which requests arrive; while the gate is closed, requests that need one wait.
 */
export class DirectoryServer implements RequestServer {
  readonly #device: FuseDevice;
  readonly #fileFacts: FileFacts;
  #sizePending: readonly FileInode[] = [];
  readonly #queue: HandlerQueue;
  readonly #steering: SizeSteering;
  readonly #serving: Serving;
  readonly #files: OpenFiles;
  readonly #attributes: AttributeRequests;
  readonly #onEnded: () => void;
  #initialized: () => void;
  /** Resolves when the kernel has been told the terms and requests can follow. */
  readonly initialized: Promise<void>;

  /** @param onEnded called when the connection ends from the other side */
  constructor(
    device: FuseDevice,
    tree: PseudoTree,
    facts: TreeFacts,
    fileFacts: FileFacts,
    gate: HandlerGate,
    onEnded: () => void,
  ) {
    this.#device = device;
    this.#fileFacts = fileFacts;
    this.#onEnded = onEnded;
    this.#queue = new HandlerQueue(
      gate,
      () => device.closed,
      () => device.request.copy(),
    );
    this.#steering = new SizeSteering(device);
    this.#serving = {
      device,
      tree,
      facts,
      alternates: new AlternateInodes(),
      queue: this.#queue,
      steering: this.#steering,
      fileAttributesValidSec: FOREVER_SEC,
      writes: 0,
    };
    this.#files = new OpenFiles(this.#serving);
    this.#attributes = new AttributeRequests(this.#serving, this.#files);
    this.#initialized = () => undefined;
    this.initialized = new Promise((resolve) => (this.#initialized = resolve));
  }

  handle(): void {
    const { request } = this.#device;
    switch (request.opcode) {
      case opcode.READ: {
        this.#files.read();
        return;
      }
      case opcode.OPEN: {
        this.#files.open();
        return;
      }
      case opcode.RELEASE: {
        this.#files.release();
        return;
      }
      case opcode.WRITE: {
        this.#files.write();
        return;
      }
      case opcode.GETATTR: {
        this.#attributes.get();
        return;
      }
      case opcode.LOOKUP: {
        this.#lookup();
        return;
      }
      case opcode.SETATTR: {
        this.#attributes.set();
        return;
      }
      case opcode.READDIR: {
        this.#readDirectory();
        return;
      }
      case opcode.LSEEK: {
        this.#files.seek();
        return;
      }
      case opcode.INTERRUPT: {
        this.#interrupt();
        return;
      }
      case opcode.INIT: {
        this.#init();
        return;
      }
      default: {
        this.#rest();
        return;
      }
    }
  }

  ended(): void {
    this.#steering.close();
    this.#onEnded();
  }

  /** Another process serves now: the device is closed, and nothing else is touched. */
  abandon(): void {
    this.#steering.close();
    this.#device.close();
  }

  /**
   * Answers all waiting requests with EIO and closes the device. A program still inside shall see errors, not the names
   * that the kernel remembers: those are forgotten last, when no request can bring them back.
   */
  close(): void {
    const waiting = [...this.#queue.takeAll(), ...this.#steering.waiting.takeAll()];
    for (const one of waiting) sendError(this.#device, one, errno.EIO);
    this.#steering.close();
    for (const node of this.#serving.tree.nodes) {
      if (node?.kind === 'directory') this.#device.send(this.#device.reply.invalidate(node.id));
    }
    this.#device.close();
  }

  /** Number of open file descriptions. */
  get openCount(): number {
    return this.#files.count;
  }

  /** Handles nothing more until resume(), and gives all it knows. The device must be paused. */
  freeze(): FrozenServer {
    this.#queue.pause();
    this.#sizePending = this.#steering.pause();
    const { facts, fileAttributesValidSec, writes, tree } = this.#serving;
    const waiting = [...this.#queue.list(), ...this.#steering.waiting.list()];
    const handleOf = (file: OpenFile): number => this.#files.handleOf(file);
    return {
      ...{ facts, fileAttributesValidSec, writes },
      directories: directoriesOf(tree),
      files: tree.nodes.flatMap((node) => {
        if (node?.kind !== 'file') return [];
        const retired = isRetired(tree, node);
        return retired && !this.#files.isOpen(node) ? [] : [node.freeze(handleOf, retired)];
      }),
      alternates: this.#serving.alternates.freeze(handleOf),
      open: this.#files.freeze(),
      firstNewId: tree.nodes.length,
      sizePending: this.#sizePending.map(({ id }) => id),
      requests: waiting.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes])),
    };
  }

  /** Goes on after freeze(); the device is resumed by the caller afterwards. */
  resume(): void {
    this.#steering.resume(this.#sizePending);
    this.#sizePending = [];
    this.#queue.resume();
  }

  /** Goes on with what another process knew; the tree is made of its nodes (thawTree). Then the device is to be started. */
  restore(frozen: FrozenServer): void {
    this.#serving.fileAttributesValidSec = frozen.fileAttributesValidSec;
    this.#serving.writes = frozen.writes;
    const fileOf = (id: number): FileNode | undefined => {
      const node = this.#serving.tree.nodes[id];
      return node?.kind === 'file' ? node : undefined;
    };
    const { alternates } = this.#serving;
    alternates.restore(frozen.alternates, fileOf);
    const inodeOf = (id: number): FileInode | undefined => fileOf(id)?.inode ?? alternates.find(id);
    this.#files.restore(frozen.open, inodeOf);
    for (const { id, readers } of [...frozen.files, ...frozen.alternates.inodes]) {
      for (const handle of readers) {
        const reader = this.#files.reader(handle);
        if (reader !== undefined) inodeOf(id)?.addReader(reader);
      }
    }
    this.#steering.resume(frozen.sizePending.flatMap((id) => inodeOf(id) ?? []));
    this.#initialized();
  }

  /**
   * Serves other files from now on; settles when the kernel has forgotten the names that changed.
   * @throws {MountError} BAD_PATH, and serves the former files
   */
  async replaceFiles(files: readonly PseudoFile[]): Promise<void> {
    const { tree, outdated } = exchangeFiles(this.#serving.tree, files, this.#fileFacts);
    this.#serving.tree = tree;
    for (const message of outdated) await this.#device.notify(message);
  }

  #rest(): void {
    switch (this.#device.request.opcode) {
      // No answer is expected; nodes of the tree live as long as the mount.
      case opcode.FORGET: {
        const { nodeId, forgottenLookups } = this.#device.request;
        this.#forget(nodeId, forgottenLookups);
        return;
      }
      case opcode.BATCH_FORGET: {
        this.#device.request.eachForgotten((id, lookups) => this.#forget(id, lookups));
        return;
      }
      case opcode.STATFS: {
        this.#send((reply) => reply.statfs());
        return;
      }
      case opcode.LISTXATTR: {
        this.#send((reply) =>
          this.#device.request.attributeListSize === 0 ? reply.noAttributeNames() : reply.empty(),
        );
        return;
      }
      case opcode.DESTROY: {
        this.#send((reply) => reply.empty());
        return;
      }
      case opcode.UNLINK:
      case opcode.RMDIR: {
        fail(this.#device, errno.EPERM);
        return;
      }
      case opcode.CREATE:
      case opcode.MKNOD:
      case opcode.MKDIR:
      case opcode.SYMLINK:
      case opcode.LINK:
      case opcode.RENAME:
      case opcode.RENAME2: {
        fail(this.#device, errno.ENOENT);
        return;
      }
      case opcode.TMPFILE: {
        fail(this.#device, errno.EOPNOTSUPP);
        return;
      }
      default: {
        // The kernel remembers and does the right thing by itself: fsync succeeds, poll says ready, ioctl is ENOTTY.
        fail(this.#device, errno.ENOSYS);
        return;
      }
    }
  }

  #forget(nodeId: number, lookups: number): void {
    const inode = this.#serving.alternates.forget(nodeId, lookups);
    if (inode !== undefined) this.#steering.forgotten(inode);
  }

  #init(): void {
    const { request, reply } = this.#device;
    if (request.initMajor !== fuseMajor) {
      fail(this.#device, errno.EIO);
      return;
    }
    const minor = Math.min(fuseMinor, request.initMinor);
    if (minor < SIZE_ONLY_INVALIDATION_MINOR) this.#serving.fileAttributesValidSec = 0;
    const wanted =
      initFlag.ASYNC_READ |
      initFlag.ATOMIC_O_TRUNC |
      initFlag.BIG_WRITES |
      initFlag.PARALLEL_DIROPS |
      initFlag.MAX_PAGES |
      initFlag.NO_OPENDIR_SUPPORT;
    reply.to(request.uniqueLow, request.uniqueHigh);
    this.#device.send(
      reply.init({
        minor,
        maxReadahead: request.initMaxReadahead,
        flags: request.initFlags & wanted,
        maxWrite: MAX_IO_BYTES,
        maxPages: MAX_IO_BYTES / 4096,
      }),
    );
    this.#initialized();
  }

  #lookup(): void {
    const { request, reply } = this.#device;
    const parent = this.#serving.tree.nodes[request.nodeId];
    const node = parent?.kind === 'directory' ? parent.children.get(request.name()) : undefined;
    if (node === undefined) {
      fail(this.#device, errno.ENOENT);
      return;
    }
    reply.to(request.uniqueLow, request.uniqueHigh);
    if (node.kind === 'directory') {
      this.#device.send(
        reply.entry(directoryAttributes(node, this.#serving.facts), FOREVER_SEC, FOREVER_SEC),
      );
      return;
    }
    const { alternates, fileAttributesValidSec } = this.#serving;
    const inode = alternates.inodeFor(node, request.tid);
    const nameValidSec = alternates.isAlternate(inode) ? 0 : FOREVER_SEC;
    const message = reply.entry(node.attributes(0), nameValidSec, fileAttributesValidSec, inode.id);
    if (this.#device.send(message) === 0) alternates.lookedUp(inode);
    this.#steering.zeroed(inode);
  }

  #readDirectory(): void {
    const { request, reply } = this.#device;
    const node = this.#serving.tree.nodes[request.nodeId];
    if (node?.kind !== 'directory') {
      fail(this.#device, errno.ENOTDIR);
      return;
    }
    reply.to(request.uniqueLow, request.uniqueHigh);
    this.#device.send(reply.directory(node.entries, request.ioOffset, request.ioSize));
  }

  #interrupt(): void {
    const { interruptedLow: low, interruptedHigh: high } = this.#device.request;
    const waiting = this.#queue.take(low, high) ?? this.#steering.waiting.take(low, high);
    if (waiting !== undefined) sendError(this.#device, waiting, errno.EINTR);
  }

  #send(build: (reply: FuseDevice['reply']) => number): void {
    const { request, reply } = this.#device;
    reply.to(request.uniqueLow, request.uniqueHigh);
    this.#device.send(build(reply));
  }
}
