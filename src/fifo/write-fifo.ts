import { chmodSync } from 'node:fs';
import { errno } from '../fuse/errno.ts';
import type { ReadableWatch } from '../fuse/system-calls.ts';
import type { PseudoFile } from '../procfs/pseudo-file.ts';
import { access } from './fifo-calls.ts';
import { fifoWarning } from './fifo-serving.ts';
import type { FifoServing } from './fifo-serving.ts';
import { makeFifo, modeOf } from './make-fifo.ts';

const CHUNK_BYTES = 1 << 16;
/** Chunks taken before others get their turn. */
const CHUNKS_PER_TURN = 8;
/** Descriptors may have run out for a moment. */
const RETRY_MS = 250;

/** What another process needs to go on with a FIFO; `fd` is a number in the process that froze it. */
export interface FrozenWriteFifo {
  readonly path: string;
  readonly fd: number;
  readonly text: Uint8Array;
  readonly begun: boolean;
}

/**
 * A file with write probes. Its read end is always open here, so that opening it for writing never waits. A message is
 * what comes until the last writer closes; it becomes one event, or several where it exceeds the longest event.
 */
export class WriteFifo {
  readonly path: string;
  readonly #serving: FifoServing;
  #file: PseudoFile;
  #eventBytes: number;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #fd = -1;
  #watch: ReadableWatch | undefined;
  /** What came and has not become an event; not longer than the longest event when others get their turn. */
  #parts: Buffer[] = [];
  #bytes = 0;
  /** An event of the present message has been given already. */
  #begun = false;
  #closed = false;
  #frozen = false;

  /** @param path absolute */
  constructor(serving: FifoServing, file: PseudoFile, path: string) {
    this.#serving = serving;
    this.#file = file;
    this.path = path;
    this.#eventBytes = file.eventBytes ?? CHUNK_BYTES;
  }

  /** Number of messages that have begun and not ended. */
  get users(): number {
    return this.#begun || this.#bytes > 0 ? 1 : 0;
  }

  /** Creates the FIFO. Minus the error number when that fails. */
  create(): number {
    const { calls } = this.#serving;
    const fd = makeFifo(this.#serving, this.#file, this.path, (fresh) => calls.open(fresh, access.READ));
    if (fd >= 0) this.#listen(fd);
    return Math.min(fd, 0);
  }

  /** From now on other handlers get the messages. */
  replace(file: PseudoFile): void {
    this.#file = file;
    chmodSync(this.path, modeOf(file, this.#serving.groupGid));
    this.#eventBytes = file.eventBytes ?? CHUNK_BYTES;
  }

  /** Takes nothing any more until `resume`; what is written waits in the pipe. */
  freeze(): FrozenWriteFifo {
    this.#frozen = true;
    this.#watch?.close();
    this.#watch = undefined;
    return { path: this.path, fd: this.#fd, text: Buffer.concat(this.#parts), begun: this.#begun };
  }

  resume(): void {
    this.#frozen = false;
    this.#listen(this.#fd);
  }

  /** Goes on where a frozen one of another process stopped; `pid` is that process. */
  adopt(frozen: FrozenWriteFifo, pid: number): void {
    const fd = this.#serving.calls.openAgain(frozen.fd, access.READ, pid);
    if (fd < 0) {
      this.#serving.warn(fifoWarning('opening', this.path, fd));
      return;
    }
    this.#begun = frozen.begun;
    this.#bytes = frozen.text.length;
    if (this.#bytes > 0) this.#parts = [Buffer.from(frozen.text)];
    this.#listen(fd);
    // The last writer may have gone before this end was opened, which then tells nothing.
    if (this.users > 0) this.#take();
  }

  /** Ends everything: whoever writes gets an error. The name is the caller's to remove, before. */
  close(): void {
    this.#closed = true;
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#fd >= 0) this.#serving.calls.close(this.#fd);
    this.#fd = -1;
  }

  #listen(fd: number): void {
    this.#fd = fd;
    this.#watch?.close();
    this.#watch = this.#serving.calls.watchReadable(fd, () => this.#take());
  }

  /** While handlers have to wait nothing is taken: the pipe fills, and writers wait. */
  #pause(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#serving.queue.run(() => {
      if (!this.#closed && !this.#frozen) this.#listen(this.#fd);
    });
  }

  #take(): void {
    for (let chunks = 0; chunks < CHUNKS_PER_TURN && !this.#closed; chunks++) {
      if (!this.#serving.queue.isOpen) {
        this.#pause();
        return;
      }
      const length = this.#serving.calls.read(this.#fd, this.#chunk, CHUNK_BYTES);
      if (length === -errno.EINTR) continue;
      if (length === -errno.EAGAIN) return;
      if (length <= 0) {
        if (length < 0) this.#serving.warn(fifoWarning('reading from', this.path, length));
        this.#endMessage();
        return;
      }
      this.#parts.push(Buffer.from(this.#chunk.subarray(0, length)));
      this.#bytes += length;
      if (this.#bytes > this.#eventBytes) this.#giveFullEvents();
    }
  }

  /** The last event of a message is given when the message ends: it may be a full one. */
  #giveFullEvents(): void {
    const text = Buffer.concat(this.#parts);
    let at = 0;
    for (; text.length - at > this.#eventBytes; at += this.#eventBytes)
      this.#give(text, at, at + this.#eventBytes);
    this.#parts = [Buffer.from(text.subarray(at))];
    this.#bytes = text.length - at;
  }

  #endMessage(): void {
    const text = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if (text.length > 0 || !this.#begun) this.#give(text, 0, text.length);
    this.#begun = false;
    if (!this.#closed) this.#startAfresh();
  }

  #give(text: Buffer, from: number, to: number): void {
    this.#begun = true;
    // What becomes of it cannot be told to the writer; the engine reports errors.
    this.#file.write?.(this.#serving.caller, text.toString('latin1', from, to));
  }

  /** Once its writers have gone, a read end tells so for ever; a new one waits for the next. */
  #startAfresh(): void {
    const { calls, warn } = this.#serving;
    const fresh = calls.openAgain(this.#fd, access.READ);
    this.#watch?.close();
    this.#watch = undefined;
    if (fresh < 0) {
      warn(fifoWarning('opening', this.path, fresh));
      setTimeout(() => {
        if (!this.#closed && !this.#frozen) this.#startAfresh();
      }, RETRY_MS).unref();
      return;
    }
    calls.close(this.#fd);
    this.#listen(fresh);
  }
}
