import type { FileTime, NodeAttributes } from '../fuse/reply.ts';
import { KernelSize } from './kernel-size.ts';
import type { OpenFile } from './open-file.ts';
import type { PseudoFile } from './pseudo-file.ts';

const S_IFREG = 0o100000;
const PERMISSION_BITS = 0o7777;

/** A snapshot that the kernel caches pages of. */
export interface CachedContent {
  readonly content: string;
  /** When it went to the kernel first, milliseconds of performance.now(). */
  readonly sinceMs: number;
  /** How many writes there had been to any file by then. */
  readonly writes: number;
}

/** One file of the tree with the attributes that chmod, chown, utimes and writes change. */
export class FileNode {
  readonly kind = 'file';
  readonly id: number;
  readonly file: PseudoFile;
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

  constructor(
    id: number,
    file: PseudoFile,
    facts: { readonly uid: number; readonly gid: number; readonly born: FileTime },
  ) {
    this.id = id;
    this.file = file;
    this.kernelSize = new KernelSize();
    this.permissions = file.mode & PERMISSION_BITS;
    this.uid = facts.uid;
    this.gid = facts.gid;
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
