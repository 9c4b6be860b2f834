import { errno } from '../fuse/errno.ts';
import { READ_LOCKOWNER, openReplyFlag } from '../fuse/protocol.ts';
import { currentTime } from './current-time.ts';
import type { FileInode } from './file-inode.ts';
import type { FileNode } from './file-node.ts';
import type { Caller } from './handler-queue.ts';
import { OpenFile } from './open-file.ts';
import type { FrozenOpenFile } from './open-file.ts';
import { callerOf, fail, sendError } from './serving.ts';
import type { Serving } from './serving.ts';
import { PAGE_BYTES } from './size-steering.ts';

const O_ACCMODE = 3;
const O_WRONLY = 1;
const O_TRUNC = 0o1000;
const O_DIRECT = 0o40000;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const REPLY_FLAGS = openReplyFlag.DIRECT_IO | openReplyFlag.NOFLUSH | openReplyFlag.PARALLEL_DIRECT_WRITES;

/** The table of open files; plain data. */
export interface FrozenOpenFiles {
  readonly files: readonly FrozenOpenFile[];
  /** Handles below the largest in use that are free, the next one to use last. */
  readonly freeHandles: readonly number[];
}

/** Answers the requests that open, read, write, seek and close files; each call answers the device's current request. */
export class OpenFiles {
  readonly #serving: Serving;
  /** Index is the file handle. */
  readonly #files: (OpenFile | undefined)[] = [];
  readonly #freeHandles: number[] = [];

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  /** Number of open file descriptions. */
  get count(): number {
    return this.#files.length - this.#freeHandles.length;
  }

  /** Everything about the open files, for restore(). */
  freeze(): FrozenOpenFiles {
    const files = this.#files.flatMap((file, handle) => (file === undefined ? [] : [file.freeze(handle)]));
    return { files, freeHandles: [...this.#freeHandles] };
  }

  /** File handle of an open file. */
  handleOf(file: OpenFile): number {
    return this.#files.indexOf(file);
  }

  /** Whether somebody has the file open. */
  isOpen(node: FileNode): boolean {
    return this.#files.some((file) => file?.inode.node === node);
  }

  /** Goes on with the open files of another process; they are not among their inodes' readers yet. */
  restore({ files, freeHandles }: FrozenOpenFiles, inodeOf: (id: number) => FileInode | undefined): void {
    for (const frozen of files) {
      const inode = inodeOf(frozen.nodeId);
      if (inode === undefined) continue;
      const file = new OpenFile(inode, frozen.tid, frozen.readable);
      file.restore(frozen);
      inode.opens++;
      this.#files[frozen.handle] = file;
    }
    this.#files.length = files.length + freeHandles.length;
    this.#freeHandles.push(...freeHandles);
  }

  /** The open file with this handle, if it is open and may be read. */
  reader(handle: number): OpenFile | undefined {
    const file = this.#files[handle];
    return file?.readable === true ? file : undefined;
  }

  /** OPEN. */
  open(): void {
    const { device, tree, alternates, steering } = this.#serving;
    const { request } = device;
    const node = tree.nodes[request.nodeId];
    if (node?.kind === 'directory') {
      fail(device, errno.EISDIR);
      return;
    }
    const inode = node?.inode ?? alternates.find(request.nodeId);
    if (inode === undefined) {
      fail(device, errno.ENOENT);
      return;
    }
    const flags = request.openFlags;
    if ((flags & O_DIRECT) !== 0) {
      fail(device, errno.EINVAL);
      return;
    }
    if (inode.opens > 0 && alternates.sendsAway(inode, request.tid)) {
      fail(device, errno.ESTALE);
      return;
    }
    if ((flags & O_ACCMODE) !== O_WRONLY) steering.beforeReaderOpens(inode);
    this.#finishOpen(inode, flags);
  }

  #finishOpen(inode: FileInode, flags: number): void {
    const { request, reply } = this.#serving.device;
    const readable = (flags & O_ACCMODE) !== O_WRONLY;
    const file = new OpenFile(inode, request.tid, readable);
    const handle = this.#freeHandles.pop() ?? this.#files.length;
    this.#files[handle] = file;
    this.#serving.alternates.opened(request.tid);
    reply.to(request.uniqueLow, request.uniqueHigh);
    const result = this.#serving.device.send(reply.open(handle, REPLY_FLAGS));
    if (result !== 0) {
      // Interrupted: nobody will ever close this one.
      this.#files[handle] = undefined;
      this.#freeHandles.push(handle);
      return;
    }
    inode.opens++;
    if (readable) inode.addReader(file);
    if ((flags & O_TRUNC) !== 0) this.#serving.steering.zeroed(inode);
  }

  /** RELEASE. */
  release(): void {
    const { request, reply } = this.#serving.device;
    const handle = request.fileHandle;
    const file = this.#files[handle];
    this.#serving.device.send(reply.to(request.uniqueLow, request.uniqueHigh).empty());
    if (file === undefined) return;
    this.#files[handle] = undefined;
    this.#freeHandles.push(handle);
    file.inode.opens--;
    if (!file.readable) return;
    file.inode.removeReader(file);
    this.#serving.steering.readerClosed();
  }

  /** READ. */
  read(): void {
    const { request } = this.#serving.device;
    const file = this.#files[request.fileHandle];
    if (file === undefined) {
      fail(this.#serving.device, errno.EIO);
      return;
    }
    const { ioOffset: offset, ioSize: size } = request;
    const caller = callerOf(this.#serving.device);
    if ((request.readFlags & READ_LOCKOWNER) === 0) {
      file.inode.node.guard();
      this.#whenFilled(file, caller, () => this.#readForPageCache(file, caller, offset, size));
      return;
    }
    if (file.manner === 'unknown') file.manner = 'direct';
    if (file.filled || this.#serving.queue.isOpen) this.#answerRead(file, caller, offset, size);
    else this.#serving.queue.run(caller, () => this.#answerRead(file, caller, offset, size));
  }

  /** The kernel fills pages for splice, sendfile or mmap: its idea of the size decides what they get. */
  #readForPageCache(file: OpenFile, caller: Caller, offset: number, size: number): void {
    const { device, steering, writes } = this.#serving;
    if (steering.isOutdated(file, size)) {
      sendError(device, caller, errno.EAGAIN);
      return;
    }
    steering.shareFresh(file, offset, writes);
    const content = file.content(caller);
    const verdict = steering.noteCachedRead(file, offset, size, content);
    // An empty answer beyond the end would make the kernel take this offset for the size, and the read that does hold the
    // end would come too late to correct it.
    const isBeyond = size > PAGE_BYTES && offset > content.length;
    if (verdict !== 'answer' || isBeyond) {
      sendError(device, caller, verdict === 'refuse' ? errno.EINVAL : errno.EAGAIN);
      return;
    }
    this.#answerRead(file, caller, offset, size);
    steering.cachedReadAnswered(file, content, writes);
  }

  #answerRead(file: OpenFile, caller: Caller, offset: number, size: number): void {
    const { reply } = this.#serving.device;
    const content = file.content(caller);
    const failure = file.takeErrno();
    reply.to(caller.uniqueLow, caller.uniqueHigh);
    this.#serving.device.send(failure === 0 ? reply.read(content, offset, size) : reply.error(failure));
  }

  /** WRITE. */
  write(): void {
    const { request } = this.#serving.device;
    const file = this.#files[request.fileHandle];
    if (file?.inode.node.file.write === undefined) {
      fail(this.#serving.device, errno.EIO);
      return;
    }
    const caller = callerOf(this.#serving.device);
    const text = request.writeText();
    if (this.#serving.queue.isOpen) this.#answerWrite(file, caller, text);
    else this.#serving.queue.run(caller, () => this.#answerWrite(file, caller, text));
  }

  #answerWrite(file: OpenFile, caller: Caller, text: string): void {
    const { reply } = this.#serving.device;
    const { node } = file.inode;
    this.#serving.writes++;
    const outcome = node.file.write?.(caller, text) ?? { errno: errno.EIO };
    reply.to(caller.uniqueLow, caller.uniqueHigh);
    if ('errno' in outcome) {
      this.#serving.device.send(reply.error(outcome.errno));
      return;
    }
    node.mtime = currentTime();
    node.ctime = node.mtime;
    this.#serving.device.send(reply.written(outcome.written));
  }

  /** SEEK_DATA and SEEK_HOLE: the content is one piece of data. */
  seek(): void {
    const { request } = this.#serving.device;
    const file = this.#files[request.fileHandle];
    if (file === undefined) {
      fail(this.#serving.device, errno.EIO);
      return;
    }
    const { ioOffset: offset, whence } = request;
    if (whence !== SEEK_DATA && whence !== SEEK_HOLE) {
      fail(this.#serving.device, errno.EINVAL);
      return;
    }
    const caller = callerOf(this.#serving.device);
    this.whenContent(file, caller, (length) => {
      const { reply } = this.#serving.device;
      reply.to(caller.uniqueLow, caller.uniqueHigh);
      if (offset >= length) this.#serving.device.send(reply.error(errno.ENXIO));
      else this.#serving.device.send(reply.offset(whence === SEEK_DATA ? offset : length));
    });
  }

  /** Runs `answer` with the length of the file's content (0 without file), now or when the gate lets its handler run. */
  whenContent(file: OpenFile | undefined, caller: Caller, answer: (length: number) => void): void {
    if (file === undefined) answer(0);
    else this.#whenFilled(file, caller, () => answer(file.content(caller).length));
  }

  /** Runs a step that is not for read(2) and may run the handler: now or when the gate lets it. */
  #whenFilled(file: OpenFile, caller: Caller, step: () => void): void {
    const { queue, steering } = this.#serving;
    steering.shareCached(file);
    if (file.filled) {
      step();
      return;
    }
    queue.run(caller, () => {
      steering.shareCached(file);
      step();
    });
  }
}
