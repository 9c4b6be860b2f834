import { errno } from '../fuse/errno.ts';
import type { FifoCalls } from './fifo-calls.ts';

/** One text on its way through a pipe, as fast as its reader takes it. */
export class Delivery {
  readonly #calls: FifoCalls;
  readonly #fd: number;
  readonly #finished: (result: number) => void;
  #rest: Buffer;
  #watch: { close(): void } | undefined;
  #over = false;

  /**
   * @param fd write end, the caller's to close
   * @param finished called once: 0 when all is in the pipe, minus the error number when the reader has gone
   */
  constructor(calls: FifoCalls, fd: number, text: Buffer, finished: (result: number) => void) {
    this.#calls = calls;
    this.#fd = fd;
    this.#rest = text;
    this.#finished = finished;
  }

  /** What the pipe has not taken yet. */
  get rest(): Buffer {
    return this.#rest;
  }

  /** Writes what the pipe takes, now and whenever there is room again. */
  urge(): void {
    while (!this.#over && this.#rest.length > 0) {
      const written = this.#calls.write(this.#fd, this.#rest, this.#rest.length);
      if (written === -errno.EINTR) continue;
      if (written === -errno.EAGAIN) {
        this.#watch ??= this.#calls.watchWritable(this.#fd, () => this.urge());
        return;
      }
      if (written < 0) {
        this.#finish(written);
        return;
      }
      this.#rest = this.#rest.subarray(written);
    }
    this.#finish(0);
  }

  /** Writes no more; `finished` is not called. */
  stop(): void {
    this.#over = true;
    this.#watch?.close();
  }

  #finish(result: number): void {
    if (this.#over) return;
    this.stop();
    this.#finished(result);
  }
}
