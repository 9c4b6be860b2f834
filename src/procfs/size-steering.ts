import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { FuseDevice } from '../fuse/device.ts';
import type { FileNode } from './file-node.ts';
import type { OpenFile } from './open-file.ts';
import { WaitingRequests } from './waiting-requests.ts';
import type { WaitingRequest } from './waiting-requests.ts';

/** A page-cache reader that was active within this time is waited for, milliseconds. */
const CACHED_READER_PATIENCE_MS = 20;
const PAGE_BYTES = 4096;

/**
 * Keeps the kernel's idea of each file's size such that splice finds all content and nothing else, and so that each
 * stat(2) asks the server. The reasoning is in docs/decisions/0003-file-size.md.
 */
export class SizeSteering {
  readonly #device: FuseDevice;
  readonly #timers = new Map<FileNode, NodeJS.Timeout>();
  readonly #waiting = new WaitingRequests();

  constructor(device: FuseDevice) {
    this.#device = device;
  }

  /** Requests that wait for a page-cache reader to finish. */
  get waiting(): WaitingRequests {
    return this.#waiting;
  }

  /** Sets the kernel's size beyond all content and makes the next stat(2) ask. Call it before the reply it protects. */
  raise(node: FileNode): void {
    const size = node.kernelSize;
    const stored = this.#device.send(this.#device.reply.storeByte(node.id, size.nextOffset()));
    size.stores++;
    // -ENOENT: the kernel has forgotten the inode; its next LOOKUP starts anew.
    size.raised = stored === 0;
    size.exactLengthShown = false;
  }

  /**
   * The kernel has or will have a smaller size once the reply just sent arrives. Restored before the next reader's open;
   * where readers are at work already, or `soon`, also after a moment.
   */
  spoiled(node: FileNode, soon = false): void {
    node.kernelSize.raised = false;
    if (soon || node.readers.size > 0) this.#restoreLater(node);
  }

  #restoreLater(node: FileNode): void {
    if (this.#timers.has(node)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(node);
      if (this.#device.closed || node.kernelSize.raised) return;
      if (this.activeCachedReader(node, 0) === undefined) this.raise(node);
      else this.#restoreLater(node);
    }, CACHED_READER_PATIENCE_MS);
    timer.unref();
    this.#timers.set(node, timer);
  }

  /** The description through which the process of thread `tid` reads this file; the latest if there are several. */
  ownReader(node: FileNode, tid: number): OpenFile | undefined {
    let own: OpenFile | undefined;
    for (const reader of node.readers) {
      if (isSameProcess(reader.tid, tid)) own = reader;
    }
    return own;
  }

  /** A page-cache reader of another thread group than `tid`'s that was at work a moment ago. */
  activeCachedReader(node: FileNode, tid: number): OpenFile | undefined {
    for (const reader of node.readers) {
      if (reader.manner !== 'cached' || isSameProcess(reader.tid, tid)) continue;
      if (performance.now() - reader.cachedReadAtMs < CACHED_READER_PATIENCE_MS) return reader;
    }
    return undefined;
  }

  /** Any open page-cache reader: the kernel's size is its content's length. */
  cachedReader(node: FileNode): OpenFile | undefined {
    for (const reader of node.readers) if (reader.manner === 'cached') return reader;
    return undefined;
  }

  /** Lets a request wait until page-cache readers are done, but not long. */
  wait(request: WaitingRequest): void {
    this.#waiting.add(request);
    setTimeout(() => this.#waiting.attemptAll(), CACHED_READER_PATIENCE_MS + 1);
  }

  /** A reader closed the file: those who waited for it may go on. */
  readerClosed(file: OpenFile): void {
    if (file.manner !== 'cached') return;
    const { node } = file;
    if (node.kernelSize.exactLengthShown && this.cachedReader(node) === undefined) this.raise(node);
    if (this.#waiting.length > 0) this.#waiting.attemptAll();
  }

  /**
   * Notes a page-cache read of `size` bytes at `offset`. Returns true when it has to be answered with an error first: the
   * size was raised while this read may have been under way, so the kernel would not take its length for the end of the
   * file. A failed read-ahead is not shown to the reader: the kernel asks again, page by page.
   */
  noteCachedRead(file: OpenFile, offset: number, size: number): boolean {
    const { kernelSize } = file.node;
    const mustRepeat = file.storesSeen !== kernelSize.stores && size > PAGE_BYTES;
    if (file.manner === 'unknown' && offset > 0) this.#adoptFromOther(file);
    file.manner = 'cached';
    file.cachedReadAtMs = performance.now();
    file.storesSeen = kernelSize.stores;
    kernelSize.raised = false;
    if (offset >= 2 ** 32) kernelSize.moveAway();
    return mustRepeat;
  }

  /** The beginning came from pages that another reader's snapshot filled: the rest must be of the same snapshot. */
  #adoptFromOther(file: OpenFile): void {
    for (const reader of file.node.readers) {
      if (reader !== file && reader.manner === 'cached') file.adopt(reader);
    }
  }

  /** Stops all timers. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Whether two threads are of one process. Threads outside our process namespace have number 0 and match nobody. */
function isSameProcess(tid: number, other: number): boolean {
  if (tid === 0 || other === 0) return false;
  return tid === other || existsSync(`/proc/${tid}/task/${other}`);
}
