import { performance } from 'node:perf_hooks';
import type { FileNode } from './file-node.ts';
import type { Accessor } from './pseudo-file.ts';

/** Everything about an open file description but its node; plain data. Times are milliseconds ago. */
export interface FrozenOpenFile {
  readonly handle: number;
  readonly nodeId: number;
  readonly tid: number;
  readonly readable: boolean;
  readonly manner: OpenFile['manner'];
  readonly cachedReadAgoMs: number;
  readonly openedAgoMs: number;
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
  readonly node: FileNode;
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
  /** True while its first page-cache read waits. */
  awaited = false;
  /** KernelSize.stores when this description last knew that no page-cache read of its own was under way. */
  storesSeen = 0;
  /** True between the failing of a page-cache read and its repetition by the kernel. */
  repeating = false;
  /** Place among its node's readers. */
  readerIndex = 0;
  #content: string | undefined;
  #pendingErrno = 0;

  constructor(node: FileNode, tid: number, readable: boolean) {
    this.node = node;
    this.tid = tid;
    this.readable = readable;
    this.storesSeen = node.kernelSize.stores;
  }

  /** True when content can be had without running a handler. */
  get filled(): boolean {
    return this.#content !== undefined || this.node.file.read === undefined;
  }

  /** The snapshot, made now if there is none. A handler's error is kept for takeErrno(). */
  content(accessor: Accessor): string {
    if (this.#content !== undefined) return this.#content;
    const read = this.node.file.read;
    if (read === undefined) return (this.#content = '');
    const outcome = read(accessor);
    if ('errno' in outcome) {
      this.#pendingErrno = outcome.errno;
      return (this.#content = '');
    }
    return (this.#content = outcome.content);
  }

  /** Serves this text if there is none yet. */
  adopt(content: string): void {
    this.#content ??= content;
  }

  /** All that another process needs to go on serving it; `handle` is its file handle. */
  freeze(handle: number): FrozenOpenFile {
    const { tid, readable, manner, storesSeen, repeating } = this;
    const now = performance.now();
    return {
      ...{ handle, nodeId: this.node.id, tid, readable, manner, storesSeen, repeating },
      cachedReadAgoMs: now - this.cachedReadAtMs,
      openedAgoMs: now - this.openedAtMs,
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
