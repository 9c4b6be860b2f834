import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { FuseDevice } from '../fuse/device.ts';
import type { FileInode } from './file-inode.ts';
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
  readonly #timers = new Map<FileInode, NodeJS.Timeout>();
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
  pause(): readonly FileInode[] {
    const pending = [...this.#timers.keys()];
    this.close();
    this.#attemptTimer = undefined;
    return pending;
  }

  /** Goes on after pause(). */
  resume(pending: readonly FileInode[]): void {
    for (const inode of pending) this.#raiseLater(inode);
    if (this.#waiting.length > 0) this.#attemptLater();
  }

  /** Stops all timers. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    clearTimeout(this.#attemptTimer);
  }

  /** Sets the kernel's size beyond all content and makes the next stat(2) ask. Uses the reply buffer. */
  #raise(inode: FileInode): void {
    const { kernelSize } = inode;
    const stored = this.#device.send(this.#device.reply.storeByte(inode.id, kernelSize.nextOffset()));
    kernelSize.stores++;
    // Fails when the kernel has forgotten the inode; its next LOOKUP starts anew.
    kernelSize.state = stored === 0 ? 'raised' : 'zero';
  }

  /** Call it before the reply to an open for reading. Uses the reply buffer. */
  beforeReaderOpens(inode: FileInode): void {
    const { state } = inode.kernelSize;
    if (state === 'raised') return;
    // While others read, cached pages may be padded with zeros that a raised size would lay bare. An ordinary reader
    // does not need the size; a page-cache reader is helped at its first read.
    if (state === 'exact' && inode.readers.length > 0) return;
    this.#raise(inode);
  }

  /** The kernel has or will have size 0 when the reply just sent arrives: looked up, truncated, attributes set. */
  zeroed(inode: FileInode): void {
    inode.kernelSize.state = 'zero';
    if (inode.readers.length > 0) this.#raiseLater(inode);
  }

  /** An lseek(2) was told this length and the kernel keeps it; taken back when the seek is done. */
  sought(inode: FileInode, length: number): void {
    inode.kernelSize.state = 'sought';
    inode.kernelSize.length = length;
    inode.kernelSize.attributesExpired = true;
    this.#raiseLater(inode);
  }

  /** The kernel has forgotten this inode: its number may soon stand for another one. */
  forgotten(inode: FileInode): void {
    clearTimeout(this.#timers.get(inode));
    this.#timers.delete(inode);
  }

  #raiseLater(inode: FileInode): void {
    if (this.#timers.has(inode)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(inode);
      const { state } = inode.kernelSize;
      if (!this.#device.closed && (state === 'zero' || state === 'sought')) this.#raise(inode);
    }, SEEK_DONE_MS);
    timer.unref();
    this.#timers.set(inode, timer);
  }

  /** The description through which the process of thread `tid` reads this file; one of them if there are several. */
  ownReader(inode: FileInode, tid: number): OpenFile | undefined {
    return inode.readers.find((reader) => isSameProcess(reader.tid, tid));
  }

  /**
   * Decides about a stat(2) by the process that reads through `own` (undefined: by somebody who does not), whose content
   * is `length` long. Uses the reply buffer.
   */
  answerStat(inode: FileInode, own: OpenFile | undefined, length: number): StatAnswer {
    const { kernelSize } = inode;
    if (kernelSize.attributesExpired && inode.readers.length === 0) {
      kernelSize.attributesExpired = false;
      kernelSize.state = 'zero';
      return { size: 0, kept: true, valid: true };
    }
    if (kernelSize.state !== 'exact' || inode.readers.length === 0) {
      const noReadUnderWay = own?.storesSeen === kernelSize.stores;
      this.#raise(inode);
      if (own !== undefined && noReadUnderWay) own.storesSeen = kernelSize.stores;
      return { size: length, kept: false, valid: true };
    }
    kernelSize.attributesExpired = true;
    if (own !== undefined && inode.cachedContent === undefined) kernelSize.length = length;
    return { size: kernelSize.length, kept: true, valid: false };
  }

  /** A page-cache reader of another process than `tid`'s that may be copying pages, or reading again, right now. */
  activeCachedReader(inode: FileInode, tid: number): OpenFile | undefined {
    const since = performance.now() - CACHED_READER_PATIENCE_MS;
    const isExact = inode.kernelSize.state === 'exact';
    return inode.readers.find(
      (reader) =>
        reader.manner === 'cached' &&
        (isExact || reader.repeating) &&
        reader.cachedReadAtMs > since &&
        !isSameProcess(reader.tid, tid),
    );
  }

  /**
   * Whether somebody who may be copying cached pages, which goes without any request when they are there, would get text
   * that is not his: he has another snapshot than this description's, or opened the file after that was made. Who opened
   * the file lately and has not shown how he reads counts too.
   */
  #wouldMislead(file: OpenFile, content: string): boolean {
    const since = performance.now() - CACHED_READER_PATIENCE_MS;
    return file.inode.readers.some(
      (reader) =>
        reader !== file &&
        (reader.manner === 'cached'
          ? reader.cachedReadAtMs > since
          : reader.manner === 'unknown' && reader.openedAtMs > since) &&
        (reader.filled ? reader.hasOther(content) : reader.openedAtMs > file.madeAtMs),
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
   * Whether a page-cache read of `size` bytes has to be failed, which the kernel does not show but reads again: the size was
   * raised while this read may have been under way, so that its length would not be taken for the end of the file.
   */
  isOutdated(file: OpenFile, size: number): boolean {
    if (file.storesSeen === file.inode.kernelSize.stores || size <= PAGE_BYTES) return false;
    this.#noteActivity(file, true);
    return true;
  }

  /**
   * Notes a page-cache read by a description that serves `content`. Returns 'repeat' when it has to be failed as
   * isOutdated() says; 'refuse' when the page must not come into the cache, because it would be wrong for others who share
   * the inode: that the program sees, and most programs go on with read(2). Uses the reply buffer.
   */
  noteCachedRead(
    file: OpenFile,
    offset: number,
    size: number,
    content: string,
  ): 'answer' | 'repeat' | 'refuse' {
    const { inode } = file;
    const { kernelSize, cachedContent } = inode;
    if (offset >= 2 ** 32) kernelSize.moveAway();
    const isFirst = file.manner !== 'cached' || file.repeating;
    if (isFirst && this.#wouldMislead(file, content)) return this.#repeatOrRefuse(file, size);
    if (
      isFirst &&
      kernelSize.state === 'exact' &&
      cachedContent !== undefined &&
      cachedContent.content !== content
    ) {
      this.#raise(inode);
      if (size > PAGE_BYTES || offset + size > content.length) return this.#repeatOrRefuse(file, size);
    }
    this.#noteActivity(file, false);
    kernelSize.state = 'exact';
    return 'answer';
  }

  /** Only the failure of a read of one page is seen; one of more is repeated page by page. */
  #repeatOrRefuse(file: OpenFile, size: number): 'repeat' | 'refuse' {
    this.#noteActivity(file, true);
    if (size > PAGE_BYTES) return 'repeat';
    file.repeating = false;
    file.manner = 'direct';
    return 'refuse';
  }

  /**
   * Page-cache readers of one inode that overlap share one snapshot, because they share the kernel's pages and size. Call
   * it before a snapshot is made for anything but read(2): one who may go on to copy cached pages gets the snapshot that
   * they are of, if that was made after it opened the file.
   */
  shareCached(file: OpenFile): void {
    const { cachedContent, kernelSize } = file.inode;
    if (file.filled || kernelSize.state !== 'exact' || cachedContent === undefined) return;
    if (file.openedAtMs <= cachedContent.madeAtMs) file.adopt(cachedContent);
  }

  /**
   * Call it before a snapshot is made for a page-cache read at `offset`: that shares also a snapshot that is fresh and
   * nothing was written since, and one that the kernel has the beginning of already. `writes`: how many there have been.
   */
  shareFresh(file: OpenFile, offset: number, writes: number): void {
    const { cachedContent, kernelSize } = file.inode;
    if (file.filled || kernelSize.state !== 'exact' || cachedContent === undefined) return;
    const isFresh =
      cachedContent.writes === writes &&
      performance.now() - cachedContent.sinceMs < CACHED_READER_PATIENCE_MS &&
      this.activeCachedReader(file.inode, file.tid) !== undefined;
    if (offset > 0 || isFresh) file.adopt(cachedContent);
  }

  /** A page-cache read was answered out of this description's snapshot. */
  cachedReadAnswered(file: OpenFile, content: string, writes: number): void {
    const { inode, madeAtMs } = file;
    inode.kernelSize.length = content.length;
    if (inode.cachedContent?.content !== content) {
      inode.cachedContent = { content, madeAtMs, sinceMs: performance.now(), writes };
    }
  }

  #noteActivity(file: OpenFile, repeating: boolean): void {
    file.manner = 'cached';
    file.repeating = repeating;
    file.cachedReadAtMs = performance.now();
    file.storesSeen = file.inode.kernelSize.stores;
  }
}

/** Whether two threads are of one process. Threads outside our process namespace have number 0 and match nobody. */
function isSameProcess(tid: number, other: number): boolean {
  if (tid === 0 || other === 0) return false;
  return tid === other || existsSync(`/proc/${tid}/task/${other}`);
}
