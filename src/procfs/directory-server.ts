import type { FuseDevice, RequestServer } from '../fuse/device.ts';
import { MAX_IO_BYTES } from '../fuse/device.ts';
import { errno } from '../fuse/errno.ts';
import {
  GETATTR_FH,
  READ_LOCKOWNER,
  fuseMajor,
  fuseMinor,
  initFlag,
  opcode,
  openReplyFlag,
  setAttributeBit,
} from '../fuse/protocol.ts';
import type { FileTime, NodeAttributes } from '../fuse/reply.ts';
import type { FileNode } from './file-node.ts';
import { OpenFile } from './open-file.ts';
import type { Accessor, HandlerGate } from './pseudo-file.ts';
import { SizeSteering } from './size-steering.ts';
import type { DirectoryNode, PseudoTree, TreeFacts, TreeNode } from './tree.ts';
import { WaitingRequests } from './waiting-requests.ts';
import type { WaitingRequest } from './waiting-requests.ts';

/** Names and attributes never change behind the kernel's back; seconds. */
const FOREVER_SEC = 2 ** 31;
/** First minor version whose NOTIFY_STORE makes size and times ask again but keeps mode and owner (Linux 5.16). */
const SIZE_ONLY_INVALIDATION_MINOR = 35;
const O_ACCMODE = 3;
const O_WRONLY = 1;
const O_TRUNC = 0o1000;
const O_DIRECT = 0o40000;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const PERMISSION_BITS = 0o7777;
const S_IFDIR = 0o040000;
const DIRECTORY_PERMISSIONS = 0o555;
const REPLY_FLAGS = openReplyFlag.DIRECT_IO | openReplyFlag.NOFLUSH | openReplyFlag.PARALLEL_DIRECT_WRITES;

/** A request as far as it is needed after the request buffer is used again. */
interface Caller extends Accessor {
  readonly uniqueLow: number;
  readonly uniqueHigh: number;
}

/**
 * Serves one tree over one device: the semantics of procfs files (stapprobes(3stap), PROCFS) in terms of FUSE requests.
 * Handlers run in the order in which requests arrive; while the gate is closed, requests that need one wait.
 */
export class DirectoryServer implements RequestServer {
  readonly #device: FuseDevice;
  readonly #tree: PseudoTree;
  readonly #facts: TreeFacts;
  readonly #gate: HandlerGate;
  readonly #onEnded: () => void;
  readonly #steering: SizeSteering;
  readonly #held = new WaitingRequests();
  /** Index is the file handle. */
  readonly #open: (OpenFile | undefined)[] = [];
  readonly #freeHandles: number[] = [];
  /** Writes handled so far. */
  #writes = 0;
  #fileAttributesValidSec = FOREVER_SEC;
  #initialized: () => void;
  #gateAsked = false;
  /** Resolves when the kernel has been told the terms and requests can follow. */
  readonly initialized: Promise<void>;

  constructor(
    device: FuseDevice,
    tree: PseudoTree,
    facts: TreeFacts,
    gate: HandlerGate,
    onEnded: () => void,
  ) {
    this.#device = device;
    this.#tree = tree;
    this.#facts = facts;
    this.#gate = gate;
    this.#onEnded = onEnded;
    this.#steering = new SizeSteering(device);
    this.#initialized = () => undefined;
    this.initialized = new Promise((resolve) => (this.#initialized = resolve));
  }

  handle(): void {
    const { request } = this.#device;
    switch (request.opcode) {
      case opcode.READ: {
        this.#read();
        return;
      }
      case opcode.OPEN: {
        this.#openFile();
        return;
      }
      case opcode.RELEASE: {
        this.#release();
        return;
      }
      case opcode.WRITE: {
        this.#write();
        return;
      }
      case opcode.GETATTR: {
        this.#getAttributes();
        return;
      }
      case opcode.LOOKUP: {
        this.#lookup();
        return;
      }
      case opcode.SETATTR: {
        this.#setAttributes();
        return;
      }
      case opcode.READDIR: {
        this.#readDirectory();
        return;
      }
      case opcode.LSEEK: {
        this.#seek();
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

  /** Answers all waiting requests with EIO and closes the device. */
  close(): void {
    const waiting = [...this.#held.takeAll(), ...this.#steering.waiting.takeAll()];
    for (const one of waiting) this.#sendError(one, errno.EIO);
    this.#steering.close();
    this.#device.close();
  }

  #rest(): void {
    switch (this.#device.request.opcode) {
      case opcode.FORGET:
      case opcode.BATCH_FORGET:
        return; // no answer is expected; nodes live as long as the mount
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
        this.#fail(errno.EPERM);
        return;
      }
      case opcode.CREATE:
      case opcode.MKNOD:
      case opcode.MKDIR:
      case opcode.SYMLINK:
      case opcode.LINK:
      case opcode.RENAME:
      case opcode.RENAME2: {
        this.#fail(errno.ENOENT);
        return;
      }
      case opcode.TMPFILE: {
        this.#fail(errno.EOPNOTSUPP);
        return;
      }
      default: {
        // The kernel remembers and does the right thing by itself: fsync succeeds, poll says ready, ioctl is ENOTTY.
        this.#fail(errno.ENOSYS);
        return;
      }
    }
  }

  #init(): void {
    const { request, reply } = this.#device;
    if (request.initMajor !== fuseMajor) {
      this.#fail(errno.EIO);
      return;
    }
    const minor = Math.min(fuseMinor, request.initMinor);
    if (minor < SIZE_ONLY_INVALIDATION_MINOR) this.#fileAttributesValidSec = 0;
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

  // Names and directories

  #lookup(): void {
    const { request, reply } = this.#device;
    const parent = this.#tree.nodes[request.nodeId];
    const node = parent?.kind === 'directory' ? parent.children.get(request.name()) : undefined;
    if (node === undefined) {
      this.#fail(errno.ENOENT);
      return;
    }
    reply.to(request.uniqueLow, request.uniqueHigh);
    if (node.kind === 'directory') {
      this.#device.send(reply.entry(this.#directoryAttributes(node), FOREVER_SEC, FOREVER_SEC));
      return;
    }
    this.#device.send(reply.entry(node.attributes(0), FOREVER_SEC, this.#fileAttributesValidSec));
    this.#steering.zeroed(node);
  }

  #readDirectory(): void {
    const { request, reply } = this.#device;
    const node = this.#tree.nodes[request.nodeId];
    if (node?.kind !== 'directory') {
      this.#fail(errno.ENOTDIR);
      return;
    }
    reply.to(request.uniqueLow, request.uniqueHigh);
    this.#device.send(reply.directory(node.entries, request.ioOffset, request.ioSize));
  }

  #directoryAttributes(node: DirectoryNode): NodeAttributes {
    const { uid, gid, born } = this.#facts;
    return {
      nodeId: node.id,
      mode: S_IFDIR | DIRECTORY_PERMISSIONS,
      links: node.links,
      uid,
      gid,
      size: 0,
      atime: born,
      mtime: born,
      ctime: born,
    };
  }

  // Attributes

  #getAttributes(): void {
    const { request, reply } = this.#device;
    const node = this.#tree.nodes[request.nodeId];
    if (node === undefined) {
      this.#fail(errno.ENOENT);
      return;
    }
    if (node.kind === 'directory') {
      reply.to(request.uniqueLow, request.uniqueHigh);
      this.#device.send(reply.attributes(this.#directoryAttributes(node), FOREVER_SEC));
      return;
    }
    const caller = this.#caller();
    if ((request.getAttributeFlags & GETATTR_FH) !== 0) {
      const file = this.#open[request.attributeFileHandle];
      const seeker = file?.readable === true ? file : undefined;
      this.#whenContent(seeker, caller, (length) => this.#answerSeeker(node, caller, length));
      return;
    }
    const own = node.readers.length === 0 ? undefined : this.#steering.ownReader(node, caller.tid);
    this.#whenContent(own, caller, (length) => this.#answerStat(node, own, caller, length));
  }

  /**
   * lseek(SEEK_END) asks through an open file and then takes the size the kernel keeps: this one answer must be kept. It is
   * taken back a moment later, when the seek is done.
   */
  #answerSeeker(node: FileNode, caller: Caller, length: number): void {
    const { reply } = this.#device;
    this.#device.send(reply.to(caller.uniqueLow, caller.uniqueHigh).attributes(node.attributes(length), 0));
    this.#steering.sought(node, length);
  }

  /** stat(2): shows the length of the content to who reads it, and 0 to others. */
  #answerStat(node: FileNode, own: OpenFile | undefined, caller: Caller, length: number): void {
    this.#afterCachedReaders(node, caller, () => {
      const { reply } = this.#device;
      const answer = this.#steering.answerStat(node, own, length);
      const validSec = answer.valid ? this.#fileAttributesValidSec : 0;
      reply.to(caller.uniqueLow, caller.uniqueHigh);
      this.#device.send(reply.attributes(node.attributes(answer.size), validSec));
    });
  }

  #setAttributes(): void {
    const { request, reply } = this.#device;
    const node = this.#tree.nodes[request.nodeId];
    if (node === undefined) {
      this.#fail(errno.ENOENT);
      return;
    }
    if (node.kind === 'directory') {
      this.#fail(errno.EPERM);
      return;
    }
    const valid = request.setValid;
    const now = currentTime();
    if ((valid & setAttributeBit.MODE) !== 0) node.permissions = request.setMode & PERMISSION_BITS;
    if ((valid & setAttributeBit.UID) !== 0) node.uid = request.setUid;
    if ((valid & setAttributeBit.GID) !== 0) node.gid = request.setGid;
    if ((valid & setAttributeBit.ATIME) !== 0) {
      const given = { sec: request.setAtimeSec, nsec: request.setAtimeNsec };
      node.atime = (valid & setAttributeBit.ATIME_NOW) !== 0 ? now : given;
    }
    if ((valid & setAttributeBit.MTIME) !== 0) {
      const given = { sec: request.setMtimeSec, nsec: request.setMtimeNsec };
      node.mtime = (valid & setAttributeBit.MTIME_NOW) !== 0 ? now : given;
    }
    node.ctime = now;
    reply.to(request.uniqueLow, request.uniqueHigh);
    this.#device.send(reply.attributes(node.attributes(0), this.#fileAttributesValidSec));
    node.kernelSize.attributesExpired = false;
    this.#steering.zeroed(node);
  }

  // Open files

  #openFile(): void {
    const { request } = this.#device;
    const node = this.#tree.nodes[request.nodeId];
    if (node === undefined) {
      this.#fail(errno.ENOENT);
      return;
    }
    if (node.kind === 'directory') {
      this.#fail(errno.EISDIR);
      return;
    }
    const flags = request.openFlags;
    if ((flags & O_DIRECT) !== 0) {
      this.#fail(errno.EINVAL);
      return;
    }
    if ((flags & O_ACCMODE) !== O_WRONLY) this.#steering.beforeReaderOpens(node);
    this.#finishOpen(node, flags);
  }

  #finishOpen(node: FileNode, flags: number): void {
    const { request, reply } = this.#device;
    const readable = (flags & O_ACCMODE) !== O_WRONLY;
    const file = new OpenFile(node, request.tid, readable);
    const handle = this.#freeHandles.pop() ?? this.#open.length;
    this.#open[handle] = file;
    reply.to(request.uniqueLow, request.uniqueHigh);
    const result = this.#device.send(reply.open(handle, REPLY_FLAGS));
    if (result !== 0) {
      // Interrupted: nobody will ever close this one.
      this.#open[handle] = undefined;
      this.#freeHandles.push(handle);
      return;
    }
    if (readable) node.addReader(file);
    if ((flags & O_TRUNC) !== 0) this.#steering.zeroed(node);
  }

  #release(): void {
    const { request, reply } = this.#device;
    const handle = request.fileHandle;
    const file = this.#open[handle];
    this.#device.send(reply.to(request.uniqueLow, request.uniqueHigh).empty());
    if (file === undefined) return;
    this.#open[handle] = undefined;
    this.#freeHandles.push(handle);
    if (!file.readable) return;
    file.node.removeReader(file);
    this.#steering.readerClosed(file);
  }

  #read(): void {
    const { request } = this.#device;
    const file = this.#open[request.fileHandle];
    if (file === undefined) {
      this.#fail(errno.EIO);
      return;
    }
    const { ioOffset: offset, ioSize: size } = request;
    const caller = this.#caller();
    if ((request.readFlags & READ_LOCKOWNER) === 0) {
      this.#readForPageCache(file, caller, offset, size);
      return;
    }
    if (file.manner === 'unknown') file.manner = 'direct';
    if (file.filled || this.#gateIsOpen()) this.#answerRead(file, caller, offset, size);
    else this.#throughGate(caller, () => void this.#answerRead(file, caller, offset, size));
  }

  /** The kernel fills pages for splice, sendfile or mmap: its idea of the size decides what they get. */
  #readForPageCache(file: OpenFile, caller: Caller, offset: number, size: number): void {
    if (this.#steering.noteCachedRead(file, offset, size, this.#writes) === 'fail') {
      this.#sendError(caller, errno.EAGAIN);
      return;
    }
    this.#whenContent(file, caller, () => {
      const content = this.#answerRead(file, caller, offset, size);
      this.#steering.cachedReadAnswered(file.node, content, this.#writes);
    });
  }

  #answerRead(file: OpenFile, caller: Caller, offset: number, size: number): string {
    const { reply } = this.#device;
    const content = file.content(caller);
    const failure = file.takeErrno();
    reply.to(caller.uniqueLow, caller.uniqueHigh);
    this.#device.send(failure === 0 ? reply.read(content, offset, size) : reply.error(failure));
    return content;
  }

  #write(): void {
    const { request } = this.#device;
    const file = this.#open[request.fileHandle];
    if (file?.node.file.write === undefined) {
      this.#fail(errno.EIO);
      return;
    }
    const caller = this.#caller();
    const text = request.writeText();
    if (this.#gateIsOpen()) this.#answerWrite(file, caller, text);
    else this.#throughGate(caller, () => this.#answerWrite(file, caller, text));
  }

  #answerWrite(file: OpenFile, caller: Caller, text: string): void {
    const { reply } = this.#device;
    const { node } = file;
    this.#writes++;
    const outcome = node.file.write?.(caller, text) ?? { errno: errno.EIO };
    reply.to(caller.uniqueLow, caller.uniqueHigh);
    if ('errno' in outcome) {
      this.#device.send(reply.error(outcome.errno));
      return;
    }
    node.mtime = currentTime();
    node.ctime = node.mtime;
    this.#device.send(reply.written(outcome.written));
  }

  /** SEEK_DATA and SEEK_HOLE: the content is one piece of data. */
  #seek(): void {
    const { request } = this.#device;
    const file = this.#open[request.fileHandle];
    if (file === undefined) {
      this.#fail(errno.EIO);
      return;
    }
    const { ioOffset: offset, whence } = request;
    if (whence !== SEEK_DATA && whence !== SEEK_HOLE) {
      this.#fail(errno.EINVAL);
      return;
    }
    const caller = this.#caller();
    this.#whenContent(file, caller, (length) => {
      const { reply } = this.#device;
      reply.to(caller.uniqueLow, caller.uniqueHigh);
      if (offset >= length) this.#device.send(reply.error(errno.ENXIO));
      else this.#device.send(reply.offset(whence === SEEK_DATA ? offset : length));
    });
  }

  // Waiting

  /** Runs `answer` with the length of the file's content (0 without file), now or when the gate lets its handler run. */
  #whenContent(file: OpenFile | undefined, caller: Caller, answer: (length: number) => void): void {
    if (file === undefined || file.filled) answer(file?.content(caller).length ?? 0);
    else this.#throughGate(caller, () => answer(file.content(caller).length));
  }

  /** Runs a step that runs a handler: now, or after those that wait already, when the gate opens. */
  #throughGate(caller: Caller, step: () => void): void {
    if (this.#gateIsOpen()) {
      step();
      return;
    }
    const attempt = (): boolean => {
      if (!this.#gate.ready()) return false;
      step();
      return true;
    };
    this.#held.add({ uniqueLow: caller.uniqueLow, uniqueHigh: caller.uniqueHigh, attempt });
    this.#askGate();
  }

  #gateIsOpen(): boolean {
    return this.#held.length === 0 && this.#gate.ready();
  }

  #askGate(): void {
    if (this.#gateAsked || this.#held.length === 0) return;
    this.#gateAsked = true;
    this.#gate.whenReady(() => {
      this.#gateAsked = false;
      if (this.#device.closed) return;
      this.#held.drainInOrder();
      this.#askGate();
    });
  }

  /** Runs a step that changes the kernel's size: now, or when page-cache readers of other processes had their time. */
  #afterCachedReaders(node: FileNode, caller: Caller, step: () => void): void {
    if (this.#steering.activeCachedReader(node, caller.tid) === undefined) {
      step();
      return;
    }
    const attempt = (): boolean => {
      if (this.#steering.activeCachedReader(node, caller.tid) !== undefined) return false;
      step();
      return true;
    };
    this.#steering.wait({ uniqueLow: caller.uniqueLow, uniqueHigh: caller.uniqueHigh, attempt });
  }

  #interrupt(): void {
    const { interruptedLow: low, interruptedHigh: high } = this.#device.request;
    const waiting = this.#held.take(low, high) ?? this.#steering.waiting.take(low, high);
    if (waiting !== undefined) this.#sendError(waiting, errno.EINTR);
  }

  // Answers

  #caller(): Caller {
    const { tid, uid, gid, uniqueLow, uniqueHigh } = this.#device.request;
    return { tid, uid, gid, uniqueLow, uniqueHigh };
  }

  #fail(error: number): void {
    const { request, reply } = this.#device;
    this.#device.send(reply.to(request.uniqueLow, request.uniqueHigh).error(error));
  }

  #sendError(waiting: Pick<WaitingRequest, 'uniqueLow' | 'uniqueHigh'>, error: number): void {
    const { reply } = this.#device;
    this.#device.send(reply.to(waiting.uniqueLow, waiting.uniqueHigh).error(error));
  }

  #send(build: (reply: FuseDevice['reply']) => number): void {
    const { request, reply } = this.#device;
    reply.to(request.uniqueLow, request.uniqueHigh);
    this.#device.send(build(reply));
  }
}

/** Wall clock, millisecond resolution. */
export function currentTime(): FileTime {
  const nowMs = Date.now();
  return { sec: Math.floor(nowMs / 1000), nsec: (nowMs % 1000) * 1e6 };
}

export type { TreeNode };
