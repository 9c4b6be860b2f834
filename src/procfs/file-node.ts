import { performance } from 'node:perf_hooks';
import type { FileTime, NodeAttributes } from '../fuse/reply.ts';
import { KernelSize } from './kernel-size.ts';
import type { FrozenKernelSize } from './kernel-size.ts';
import type { OpenFile } from './open-file.ts';
import type { PseudoFile } from './pseudo-file.ts';

const S_IFREG = 0o100000;
const PERMISSION_BITS = 0o7777;
const ANY_READ = 0o444;
const GROUP_READ = 0o040;

/** A snapshot that the kernel caches pages of. */
export interface CachedContent {
  readonly content: string;
  /** When it went to the kernel first, milliseconds of performance.now(). */
  readonly sinceMs: number;
  /** How many writes there had been to any file by then. */
  readonly writes: number;
}

/** Owners and permissions that new files get. */
export interface FileFacts {
  readonly uid: number;
  readonly gid: number;
  readonly born: FileTime;
  /** Group that may read what anybody may read; `gid` otherwise. */
  readonly groupReadable?: number | undefined;
}

/** Attributes that chmod, chown, utimes and writes change. */
export interface FileAttributes {
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: FileTime;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
}

/** Everything about a file but what it serves; plain data. */
export interface FrozenFileNode extends FileAttributes {
  readonly id: number;
  readonly path: string;
  /** Permission bits the script asked for. */
  readonly scriptMode: number;
  readonly gone: boolean;
  readonly kernelSize: FrozenKernelSize;
  /** With the age instead of the time. */
  readonly cachedContent:
    { readonly content: string; readonly agoMs: number; readonly writes: number } | undefined;
  /** File handles of the readers, in their order. */
  readonly readers: readonly number[];
  /** The name is gone, or stands for a newer node. */
  readonly retired: boolean;
}

/** One file of the tree with the attributes that chmod, chown, utimes and writes change. */
export class FileNode {
  readonly kind = 'file';
  readonly id: number;
  /** Its path is gone for good: it has no handlers any more. */
  gone = false;
  /** What it serves; another one's when the script was exchanged. */
  file: PseudoFile;
  /** Open descriptions that may read, in no order. */
  get readers(): readonly OpenFile[] {
    return this.#readers;
  }
  readonly #readers: OpenFile[] = [];
  /** What the kernel believes the size to be. */
  readonly kernelSize: KernelSize;
  /** Snapshot that filled the kernel's page cache last, while somebody has the file open. */
  cachedContent: CachedContent | undefined;
  permissions: number;
  uid: number;
  gid: number;
  atime: FileTime;
  mtime: FileTime;
  ctime: FileTime;

  constructor(id: number, file: PseudoFile, facts: FileFacts) {
    this.id = id;
    this.file = file;
    this.kernelSize = new KernelSize();
    this.uid = facts.uid;
    this.gid = facts.groupReadable ?? facts.gid;
    const groupBit = facts.groupReadable !== undefined && (file.mode & ANY_READ) !== 0 ? GROUP_READ : 0;
    this.permissions = (file.mode & PERMISSION_BITS) | groupBit;
    this.atime = facts.born;
    this.mtime = facts.born;
    this.ctime = facts.born;
  }

  /** Attributes with a size of the caller's choice, bytes. */
  attributes(size: number): NodeAttributes {
    return {
      nodeId: this.id,
      mode: S_IFREG | this.permissions,
      links: 1,
      uid: this.uid,
      gid: this.gid,
      size,
      atime: this.atime,
      mtime: this.mtime,
      ctime: this.ctime,
    };
  }

  /** What a node that takes its place in the same process or another one needs. */
  freeze(handleOf: (file: OpenFile) => number, retired: boolean): FrozenFileNode {
    const { id, file, gone, permissions, uid, gid, atime, mtime, ctime, cachedContent } = this;
    return {
      ...{ id, path: file.path, scriptMode: file.mode, gone, retired },
      ...{ permissions, uid, gid, atime, mtime, ctime },
      kernelSize: this.kernelSize.freeze(),
      cachedContent: cachedContent && {
        content: cachedContent.content,
        agoMs: performance.now() - cachedContent.sinceMs,
        writes: cachedContent.writes,
      },
      readers: this.#readers.map(handleOf),
    };
  }

  /** Takes over owner, permissions and times. */
  takeAttributes(from: FileAttributes): void {
    this.permissions = from.permissions;
    this.uid = from.uid;
    this.gid = from.gid;
    this.atime = from.atime;
    this.mtime = from.mtime;
    this.ctime = from.ctime;
  }

  /** Goes on with what another process knew; readers are added by whoever opens them. */
  restore(frozen: FrozenFileNode): void {
    this.takeAttributes(frozen);
    this.kernelSize.restore(frozen.kernelSize);
    const { cachedContent } = frozen;
    this.cachedContent = cachedContent && {
      content: cachedContent.content,
      sinceMs: performance.now() - cachedContent.agoMs,
      writes: cachedContent.writes,
    };
  }

  addReader(file: OpenFile): void {
    file.readerIndex = this.#readers.length;
    this.#readers.push(file);
  }

  /** The last one takes the place of the one that goes: opening and closing never search. */
  removeReader(file: OpenFile): void {
    const last = this.#readers.pop();
    if (this.#readers.length === 0) this.cachedContent = undefined;
    if (last === undefined || last === file) return;
    this.#readers[file.readerIndex] = last;
    last.readerIndex = file.readerIndex;
  }
}
