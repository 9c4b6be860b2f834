import { performance } from 'node:perf_hooks';
import type { FileNode } from './file-node.ts';
import type { Accessor } from './pseudo-file.ts';

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
  readonly openedAtMs = performance.now();
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

  /** The error of the handler run, once; 0 when there was none. */
  takeErrno(): number {
    const pending = this.#pendingErrno;
    this.#pendingErrno = 0;
    return pending;
  }
}
