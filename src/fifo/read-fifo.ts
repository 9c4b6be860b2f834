import { chmodSync } from 'node:fs';
import { errno } from '../fuse/errno.ts';
import type { PseudoFile } from '../procfs/pseudo-file.ts';
import { access } from './fifo-calls.ts';
import { Delivery } from './delivery.ts';
import { fifoWarning } from './fifo-serving.ts';
import type { FifoServing } from './fifo-serving.ts';
import { makeFifo, modeOf } from './make-fifo.ts';

/** Texts on their way to readers that do not read; further readers wait until one of these is out. */
const DELIVERIES_MAX = 64;

/** What another process needs to go on with a FIFO: descriptors by their number in the process that froze it. */
export interface FrozenReadFifo {
  readonly path: string;
  readonly armed: number | undefined;
  readonly waiting: readonly number[];
  readonly deliveries: readonly { readonly fd: number; readonly rest: Uint8Array }[];
}

/**
 * A file with a read probe. Its FIFO always has a write end here, so that opening it for reading never waits; whoever
 * opens it gets a text of its own, and at the same moment a fresh FIFO takes the name for the next reader.
 */
export class ReadFifo {
  readonly path: string;
  readonly #serving: FifoServing;
  #file: PseudoFile;
  /** By the write end they go through. */
  readonly #deliveries = new Map<number, Delivery>();
  /** Write end of the FIFO that has the name now; undefined when none could be made. */
  #armed: number | undefined;
  /** Readers whose handler waits for its turn, by the write end for them. */
  readonly #waiting = new Set<number>();
  #failure = 0;
  #closed = false;
  #isLast = false;
  #frozen = false;

  /** @param path absolute */
  constructor(serving: FifoServing, file: PseudoFile, path: string) {
    this.#serving = serving;
    this.#file = file;
    this.path = path;
  }

  /** Number of readers that have not got all of their text. */
  get users(): number {
    return this.#deliveries.size + this.#waiting.size;
  }

  /** Creates the FIFO. Minus the error number when that fails. */
  create(): number {
    return Math.min(this.#place(), 0);
  }

  /** Serves the reader that has come, if one has. True: one had. */
  look(): boolean {
    if (this.#closed || this.#frozen) return false;
    if (this.#armed === undefined) this.#replace();
    const fd = this.#armed;
    if (fd === undefined || this.users >= DELIVERIES_MAX || !this.#serving.calls.hasReader(fd)) return false;
    this.#armed = undefined;
    this.#replace();
    this.#waiting.add(fd);
    this.#serving.queue.run(() => this.#serve(fd));
    return true;
  }

  /** Looks whether readers that were slow go on, or have gone. */
  urge(): void {
    for (const delivery of this.#deliveries.values()) delivery.urge();
  }

  /** The name is going: who has opened it is served, no other FIFO takes its place. */
  makeLast(): void {
    this.#isLast = true;
  }

  /** From now on another handler makes the texts. */
  replace(file: PseudoFile): void {
    this.#file = file;
    chmodSync(this.path, modeOf(file, this.#serving.groupGid));
  }

  /** Serves nobody any more until `resume`; everything stays open. */
  freeze(): FrozenReadFifo {
    this.#frozen = true;
    const deliveries = [...this.#deliveries].map(([fd, delivery]) => {
      delivery.stop();
      return { fd, rest: delivery.rest };
    });
    return { path: this.path, armed: this.#armed, waiting: [...this.#waiting], deliveries };
  }

  resume(): void {
    this.#frozen = false;
    for (const fd of this.#waiting) this.#serving.queue.run(() => this.#serve(fd));
    for (const [fd, { rest }] of [...this.#deliveries]) this.#deliver(fd, rest);
    this.look();
  }

  /** Goes on where a frozen one of another process stopped; `pid` is that process. */
  adopt(frozen: FrozenReadFifo, pid: number): void {
    const { calls } = this.#serving;
    if (frozen.armed !== undefined) {
      const reader = calls.openAgain(frozen.armed, access.READ, pid);
      const armed = reader < 0 ? reader : calls.openAgain(frozen.armed, access.WRITE, pid);
      if (reader >= 0) calls.close(reader);
      if (armed >= 0) this.#armed = armed;
    }
    // Without a reader there is no opening for writing: then it has gone meanwhile.
    for (const waiting of frozen.waiting) {
      const fd = calls.openAgain(waiting, access.WRITE, pid);
      if (fd < 0) continue;
      this.#waiting.add(fd);
      this.#serving.queue.run(() => this.#serve(fd));
    }
    for (const { fd: number, rest } of frozen.deliveries) {
      const fd = calls.openAgain(number, access.WRITE, pid);
      if (fd >= 0) this.#deliver(fd, Buffer.from(rest));
    }
  }

  /** Ends everything: whoever reads meets the end of the file. The name is the caller's to remove, before. */
  close(): void {
    this.#closed = true;
    if (this.#armed !== undefined) this.#serving.calls.close(this.#armed);
    this.#armed = undefined;
    for (const fd of this.#waiting) this.#serving.calls.close(fd);
    this.#waiting.clear();
    for (const [fd, delivery] of this.#deliveries) {
      delivery.stop();
      this.#serving.calls.close(fd);
    }
    this.#deliveries.clear();
  }

  #serve(fd: number): void {
    if (!this.#waiting.delete(fd)) return;
    const outcome = this.#file.read?.(this.#serving.caller) ?? { content: '' };
    this.#deliver(fd, Buffer.from('errno' in outcome ? '' : outcome.content, 'latin1'));
  }

  #deliver(fd: number, text: Buffer): void {
    const delivery = new Delivery(this.#serving.calls, fd, text, (result) => {
      this.#deliveries.delete(fd);
      this.#serving.lateOpeners.remember(fd);
      this.#serving.calls.close(fd);
      // A reader that goes away early is no error.
      if (result < 0 && result !== -errno.EPIPE)
        this.#serving.warn(fifoWarning('writing to', this.path, result));
      if (!this.#closed) this.look();
    });
    this.#deliveries.set(fd, delivery);
    delivery.urge();
  }

  #replace(): void {
    if (this.#isLast) return;
    const result = this.#place();
    if (result >= 0) this.#failure = 0;
    else if (this.#failure !== result) {
      this.#failure = result;
      this.#serving.warn(fifoWarning('opening', this.path, result));
      if (result === -errno.ENOENT) this.#serving.lost();
    }
  }

  /** Gives the name to a new FIFO whose write end is open here. Returns that, or minus the error number. */
  #place(): number {
    const { calls } = this.#serving;
    const fd = makeFifo(this.#serving, this.#file, this.path, (freshPath) => {
      // Without a reader there is no opening for writing.
      const reader = calls.open(freshPath, access.READ);
      if (reader < 0) return reader;
      const writer = calls.open(freshPath, access.WRITE);
      calls.close(reader);
      return writer;
    });
    if (fd >= 0) this.#armed = fd;
    return fd;
  }
}
