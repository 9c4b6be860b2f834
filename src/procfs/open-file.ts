import { performance } from 'node:perf_hooks';
import type { CachedContent, FileInode } from './file-inode.ts';
import type { Accessor } from './pseudo-file.ts';

/** Everything about an open file description but its node; plain data. Times are milliseconds ago. */
export interface FrozenOpenFile {
  readonly handle: number;
  /** Number of its inode. */
  readonly nodeId: number;
  readonly tid: number;
  readonly readable: boolean;
  readonly manner: OpenFile['manner'];
  readonly cachedReadAgoMs: number;
  readonly openedAgoMs: number;
  readonly madeAgoMs: number;
  readonly storesSeen: number;
  readonly repeating: boolean;
  readonly content: string | undefined;
  readonly pendingErrno: number;
}

/**
 * One open file description. The read handler runs once, when content is first needed; what it gave is served at any
 * offset until the file is closed.
 */
export class OpenFile {
  readonly inode: FileInode;
  /** Thread that opened the file. */
  readonly tid: number;
  readonly readable: boolean;
  /**
   * How this description reads: 'unknown' yet; 'direct' by read(2) and its kin; 'cached' through the kernel's page
   * cache (splice, sendfile, mmap), which trusts the size the kernel has.
   */
  manner: 'unknown' | 'direct' | 'cached' = 'unknown';
  /** Last page-cache read, milliseconds of performance.now(). */
  cachedReadAtMs = 0;
  /** Milliseconds of performance.now(). */
  openedAtMs = performance.now();
  /** KernelSize.stores when this description last knew that no page-cache read of its own was under way. */
  storesSeen = 0;
  /** True between the failing of a page-cache read and its repetition by the kernel. */
  repeating = false;
  /** Place among its inode's readers. */
  readerIndex = 0;
  /** When the snapshot was made, milliseconds of performance.now(). */
  madeAtMs = 0;
  #content: string | undefined;
  #pendingErrno = 0;

  constructor(inode: FileInode, tid: number, readable: boolean) {
    this.inode = inode;
    this.tid = tid;
    this.readable = readable;
    this.storesSeen = inode.kernelSize.stores;
  }

  /** True when content can be had without running a handler. */
  get filled(): boolean {
    return this.#content !== undefined || this.inode.node.file.read === undefined;
  }

  /** The snapshot, made now if there is none. A handler's error is kept for takeErrno(). */
  content(accessor: Accessor): string {
    if (this.#content !== undefined) return this.#content;
    const read = this.inode.node.file.read;
    if (read === undefined) return (this.#content = '');
    this.madeAtMs = performance.now();
    const outcome = read(accessor);
    if ('errno' in outcome) {
      this.#pendingErrno = outcome.errno;
      return (this.#content = '');
    }
    return (this.#content = outcome.content);
  }

  /** Serves another description's snapshot instead of one of its own. */
  adopt({ content, madeAtMs }: CachedContent): void {
    this.#content = content;
    this.madeAtMs = madeAtMs;
  }

  /** Whether it has a snapshot, and another one than this. */
  hasOther(content: string): boolean {
    return this.#content !== undefined && this.#content !== content;
  }

  /** All that another process needs to go on serving it; `handle` is its file handle. */
  freeze(handle: number): FrozenOpenFile {
    const { tid, readable, manner, storesSeen, repeating } = this;
    const now = performance.now();
    return {
      ...{ handle, nodeId: this.inode.id, tid, readable, manner, storesSeen, repeating },
      cachedReadAgoMs: now - this.cachedReadAtMs,
      openedAgoMs: now - this.openedAtMs,
      madeAgoMs: now - this.madeAtMs,
      content: this.#content,
      pendingErrno: this.#pendingErrno,
    };
  }

  /** Goes on with what another process served. */
  restore(frozen: FrozenOpenFile): void {
    const now = performance.now();
    this.manner = frozen.manner;
    this.cachedReadAtMs = now - frozen.cachedReadAgoMs;
    this.openedAtMs = now - frozen.openedAgoMs;
    this.madeAtMs = now - frozen.madeAgoMs;
    this.storesSeen = frozen.storesSeen;
    this.repeating = frozen.repeating;
    this.#content = frozen.content;
    this.#pendingErrno = frozen.pendingErrno;
  }

  /** The error of the handler run, once; 0 when there was none. */
  takeErrno(): number {
    const pending = this.#pendingErrno;
    this.#pendingErrno = 0;
    return pending;
  }
}
