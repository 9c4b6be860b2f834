import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { FuseDevice } from '../fuse/device.ts';
import type { FileNode } from './file-node.ts';
import type { OpenFile } from './open-file.ts';
import { WaitingRequests } from './waiting-requests.ts';
import type { WaitingRequest } from './waiting-requests.ts';

/** A page-cache reader that was active within this time may still be copying pages, milliseconds. */
const CACHED_READER_PATIENCE_MS = 250;
/** An lseek(2) has taken its answer by then, milliseconds. */
const SEEK_DONE_MS = 20;
/** A page-cache read of one page is never ahead of need: failing it would show. */
export const PAGE_BYTES = 4096;

/** How to answer a stat(2). */
export interface StatAnswer {
  /** Bytes. */
  readonly size: number;
  /** False: the kernel shows the answer, but keeps what it has; true: it keeps this size. */
  readonly kept: boolean;
  /** With `kept`: whether the kernel may go on using the answer, or has to ask each time. */
  readonly valid: boolean;
}

/**
 * Keeps the kernel's idea of each file's size such that splice finds all content and nothing else, and so that each
 * stat(2) asks the server. The reasoning is in docs/decisions/0003-file-size.md.
 */
export class SizeSteering {
  readonly #device: FuseDevice;
  readonly #timers = new Map<FileNode, NodeJS.Timeout>();
  readonly #waiting = new WaitingRequests();
  #attemptTimer: NodeJS.Timeout | undefined;

  constructor(device: FuseDevice) {
    this.#device = device;
  }

  /** Requests that wait for a page-cache reader to finish. */
  get waiting(): WaitingRequests {
    return this.#waiting;
  }

  /** Stops the timers for resume(); returns the files whose size was about to be raised. */
  pause(): readonly FileNode[] {
    const pending = [...this.#timers.keys()];
    this.close();
    this.#attemptTimer = undefined;
    return pending;
  }

  /** Goes on after pause(). */
  resume(pending: readonly FileNode[]): void {
    for (const node of pending) this.#raiseLater(node);
    if (this.#waiting.length > 0) this.#attemptLater();
  }

  /** Stops all timers. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    clearTimeout(this.#attemptTimer);
  }

  /** Sets the kernel's size beyond all content and makes the next stat(2) ask. Uses the reply buffer. */
  #raise(node: FileNode): void {
    const { kernelSize } = node;
    const stored = this.#device.send(this.#device.reply.storeByte(node.id, kernelSize.nextOffset()));
    kernelSize.stores++;
    // Fails when the kernel has forgotten the inode; its next LOOKUP starts anew.
    kernelSize.state = stored === 0 ? 'raised' : 'zero';
  }

  /** Call it before the reply to an open for reading. Uses the reply buffer. */
  beforeReaderOpens(node: FileNode): void {
    const { state } = node.kernelSize;
    if (state === 'raised') return;
    // While others read, cached pages may be padded with zeros that a raised size would lay bare. An ordinary reader
    // does not need the size; a page-cache reader is helped at its first read.
    if (state === 'exact' && node.readers.length > 0) return;
    this.#raise(node);
  }

  /** The kernel has or will have size 0 when the reply just sent arrives: looked up, truncated, attributes set. */
  zeroed(node: FileNode): void {
    node.kernelSize.state = 'zero';
    if (node.readers.length > 0) this.#raiseLater(node);
  }

  /** An lseek(2) was told this length and the kernel keeps it; taken back when the seek is done. */
  sought(node: FileNode, length: number): void {
    node.kernelSize.state = 'sought';
    node.kernelSize.length = length;
    node.kernelSize.attributesExpired = true;
    this.#raiseLater(node);
  }

  #raiseLater(node: FileNode): void {
    if (this.#timers.has(node)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(node);
      const { state } = node.kernelSize;
      if (!this.#device.closed && (state === 'zero' || state === 'sought')) this.#raise(node);
    }, SEEK_DONE_MS);
    timer.unref();
    this.#timers.set(node, timer);
  }

  /** The description through which the process of thread `tid` reads this file; one of them if there are several. */
  ownReader(node: FileNode, tid: number): OpenFile | undefined {
    return node.readers.find((reader) => isSameProcess(reader.tid, tid));
  }

  /**
   * Decides about a stat(2) by the process that reads through `own` (undefined: by somebody who does not), whose content
   * is `length` long. Uses the reply buffer.
   */
  answerStat(node: FileNode, own: OpenFile | undefined, length: number): StatAnswer {
    const { kernelSize } = node;
    if (kernelSize.attributesExpired && node.readers.length === 0) {
      kernelSize.attributesExpired = false;
      kernelSize.state = 'zero';
      return { size: 0, kept: true, valid: true };
    }
    if (kernelSize.state !== 'exact' || node.readers.length === 0) {
      const noReadUnderWay = own?.storesSeen === kernelSize.stores;
      this.#raise(node);
      if (own !== undefined && noReadUnderWay) own.storesSeen = kernelSize.stores;
      return { size: length, kept: false, valid: true };
    }
    kernelSize.attributesExpired = true;
    if (own !== undefined) kernelSize.length = length;
    return { size: kernelSize.length, kept: true, valid: false };
  }

  /** A page-cache reader of another process than `tid`'s that may be copying pages, or reading again, right now. */
  activeCachedReader(node: FileNode, tid: number): OpenFile | undefined {
    const since = performance.now() - CACHED_READER_PATIENCE_MS;
    const isExact = node.kernelSize.state === 'exact';
    return node.readers.find(
      (reader) =>
        reader.manner === 'cached' &&
        (isExact || reader.repeating) &&
        reader.cachedReadAtMs > since &&
        !isSameProcess(reader.tid, tid),
    );
  }

  /**
   * Whether another process than this one's may be copying cached pages. That can go without any request when the pages
   * are there already: whoever opened the file lately and has not shown how it reads counts too.
   */
  mayBeCopied(file: OpenFile): boolean {
    const { node, tid } = file;
    if (this.activeCachedReader(node, tid) !== undefined) return true;
    const since = performance.now() - CACHED_READER_PATIENCE_MS;
    return node.readers.some(
      (reader) =>
        reader.manner === 'unknown' &&
        !reader.awaited &&
        reader.openedAtMs > since &&
        !isSameProcess(reader.tid, tid),
    );
  }

  /** Lets a request wait until page-cache readers are done, but not long. */
  wait(request: WaitingRequest): void {
    this.#waiting.add(request);
    this.#attemptLater();
  }

  #attemptLater(): void {
    this.#attemptTimer ??= setTimeout(() => {
      this.#attemptTimer = undefined;
      this.#waiting.attemptAll();
      if (this.#waiting.length > 0) this.#attemptLater();
    }, CACHED_READER_PATIENCE_MS + 1);
  }

  /** A reader closed the file: those who waited for it may go on. */
  readerClosed(): void {
    if (this.#waiting.length > 0) this.#waiting.attemptAll();
  }

  /**
   * Notes a page-cache read of `size` bytes at `offset`. Returns 'fail' when it has to be failed, which the kernel does not
   * show but reads again: the size was raised while this read may have been under way, so that its length would not be
   * taken for the end of the file; or the size is the length of another reader's content and is raised now. Returns 'wait'
   * while that other reader may be copying pages: a raised size would give it the zeros behind its last one.
   * Uses the reply buffer. `writes`: how many writes there have been so far.
   */
  noteCachedRead(file: OpenFile, offset: number, size: number, writes: number): 'answer' | 'fail' | 'wait' {
    const { kernelSize } = file.node;
    if (offset >= 2 ** 32) kernelSize.moveAway();
    if (file.manner !== 'cached' && kernelSize.state === 'exact') {
      if (!this.#adopts(file, offset, writes)) {
        if (this.mayBeCopied(file)) return 'wait';
        this.#raise(file.node);
        this.#noteActivity(file, true);
        return 'fail';
      }
    }
    // Also where the content is another's: that one's reads so far may not have reached the end.
    if (file.storesSeen !== kernelSize.stores && size > PAGE_BYTES) {
      this.#noteActivity(file, true);
      return 'fail';
    }
    this.#noteActivity(file, false);
    kernelSize.state = 'exact';
    return 'answer';
  }

  /**
   * Page-cache readers that overlap share one snapshot, because they share the kernel's pages and size: a newcomer adopts
   * the other's if it is fresh and nothing was written since, or if the kernel has the beginning of it already.
   */
  #adopts(file: OpenFile, offset: number, writes: number): boolean {
    const { node } = file;
    const cached = node.cachedContent;
    if (cached === undefined) return false;
    const isFresh =
      cached.writes === writes && performance.now() - cached.sinceMs < CACHED_READER_PATIENCE_MS;
    if (offset === 0 && !(isFresh && this.activeCachedReader(node, file.tid) !== undefined)) return false;
    file.adopt(cached.content);
    return true;
  }

  /** A page-cache read was answered out of this content. */
  cachedReadAnswered(node: FileNode, content: string, writes: number): void {
    node.kernelSize.length = content.length;
    if (node.cachedContent?.content !== content) {
      node.cachedContent = { content, sinceMs: performance.now(), writes };
    }
  }

  #noteActivity(file: OpenFile, repeating: boolean): void {
    file.manner = 'cached';
    file.repeating = repeating;
    file.cachedReadAtMs = performance.now();
    file.storesSeen = file.node.kernelSize.stores;
  }
}

/** Whether two threads are of one process. Threads outside our process namespace have number 0 and match nobody. */
function isSameProcess(tid: number, other: number): boolean {
  if (tid === 0 || other === 0) return false;
  return tid === other || existsSync(`/proc/${tid}/task/${other}`);
}
