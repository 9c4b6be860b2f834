import { performance } from 'node:perf_hooks';
import { errno } from './errno.ts';
import { MIN_READ_BUFFER_BYTES } from './protocol.ts';
import { FuseReply } from './reply.ts';
import { FuseRequest } from './request.ts';
import type { ReadableWatch, SystemCalls } from './system-calls.ts';

/** Answers requests. Called with one request at a time, which lies in the device's `request` until it returns. */
export interface RequestServer {
  /** A sound request: answer with device.send(), now or later. */
  handle(): void;
  /** The connection ended from the other side: unmounted or aborted. Called once, the device is closed. */
  ended(): void;
}

/** How the loop waits; see docs/decisions/0002-how-the-loop-waits.md. */
export interface LoopTiming {
  /** After an answer: how long to sleep for the next request before going back to the event loop, milliseconds. */
  readonly lingerMs: number;
  /** How long requests may be served before timers, signals and output get their turn, milliseconds. */
  readonly turnMs: number;
}

/** So many answers after which reading without a wait is tried again. */
const READ_AT_ONCE_INTERVAL = 8;
const defaultTiming: LoopTiming = { lingerMs: 5, turnMs: 1 };

/** Longest read or write of one request, bytes. */
export const MAX_IO_BYTES = 1 << 20;

/**
 * One open /dev/fuse: reads requests, hands them to the server, writes its answers. While idle it costs nothing: the
 * event loop waits. While a client is busy the loop sleeps in short poll calls, so that the client's next request is
 * met without a way through the event loop, and returns to the event loop at least once per turn.
 */
export class FuseDevice {
  readonly request = new FuseRequest(Math.max(MIN_READ_BUFFER_BYTES, MAX_IO_BYTES + 4096));
  readonly reply = new FuseReply(MAX_IO_BYTES + 4096);
  readonly #system: SystemCalls;
  readonly #turnMs: number;
  readonly #linger: () => boolean;
  #fd: number;
  #server: RequestServer | undefined;
  #watch: ReadableWatch | undefined;
  #continuation: NodeJS.Immediate | undefined;

  /** @param fd /dev/fuse, opened O_NONBLOCK and O_CLOEXEC; owned by this object from now on */
  constructor(system: SystemCalls, fd: number, timing: LoopTiming = defaultTiming) {
    this.#system = system;
    this.#fd = fd;
    this.#turnMs = timing.turnMs;
    this.#linger = system.readableWait(fd, timing.lingerMs);
  }

  /** Starts serving. The event loop stays alive until close(). */
  start(server: RequestServer): void {
    this.#server = server;
    if (this.#fd < 0) return;
    this.#watch = this.#system.watchReadable(this.#fd, () => this.#takeTurn());
    // A request may wait already (INIT does after mount(2)).
    this.#takeTurn();
  }

  /** Names the server without starting: resume() does. */
  adopt(server: RequestServer): void {
    this.#server = server;
  }

  /** Descriptor of the device, for another process that goes on serving. */
  get fd(): number {
    return this.#fd;
  }

  /** Reads nothing more until resume(); requests wait in the kernel. Not to be called from within a request. */
  pause(): void {
    this.#watch?.close();
    this.#watch = undefined;
    clearImmediate(this.#continuation);
    this.#continuation = undefined;
  }

  /** Serves again after pause(). */
  resume(): void {
    if (this.#fd >= 0 && this.#server !== undefined && this.#watch === undefined) this.start(this.#server);
  }

  /** Hands a request to the server once more, as if it had come just now. */
  repeat(request: Uint8Array): void {
    if (this.request.present(request) === 'ok') this.#server?.handle();
  }

  /**
   * Sends a notification whose handling in the kernel may have to wait for requests that this process has not answered
   * yet: from another thread. Settles when it was handled.
   */
  async notify(message: Buffer): Promise<void> {
    if (this.#fd >= 0) await this.#system.writeElsewhere(this.#fd, message);
  }

  get closed(): boolean {
    return this.#fd < 0;
  }

  /** Stops serving and closes the descriptor: whoever waits for an answer gets an error. Idempotent. */
  close(): void {
    if (this.#fd < 0) return;
    this.#watch?.close();
    this.#watch = undefined;
    clearImmediate(this.#continuation);
    this.#continuation = undefined;
    const fd = this.#fd;
    this.#fd = -1;
    this.#system.close(fd);
  }

  /**
   * Sends the first `length` bytes of the reply buffer. Returns 0, or minus the error number: -ENOENT when nobody
   * waits for this answer any more (interrupted) or, for notifications, the kernel does not know the node.
   */
  send(length: number): number {
    if (this.#fd < 0) return -errno.ENODEV;
    const result = this.#system.write(this.#fd, this.reply.buffer, length);
    return result < 0 ? result : 0;
  }

  /** Serves until nothing comes for a while, or the turn is over and the event loop must run. */
  #takeTurn(): void {
    clearImmediate(this.#continuation);
    this.#continuation = undefined;
    const turnEnds = performance.now() + this.#turnMs;
    // The event loop says that something is there. After an answer usually nothing is, so sleep; but while many clients
    // compete there is, so try again to read at once from time to time, and as long as that succeeds.
    let served = 0;
    let readAtOnce = true;
    while (this.#fd >= 0) {
      if (!readAtOnce && !this.#linger()) return;
      const length = this.#system.read(this.#fd, this.request.buffer, this.request.buffer.length);
      if (length > 0) {
        this.#dispatch(length);
        served++;
        readAtOnce ||= served % READ_AT_ONCE_INTERVAL === 0;
        if (performance.now() >= turnEnds) {
          this.#continuation = setImmediate(() => this.#takeTurn());
          return;
        }
      } else if (length === -errno.EAGAIN) {
        if (served === 0) return;
        readAtOnce = false;
      } else if (length !== -errno.EINTR && length !== -errno.ENOENT) {
        this.#end();
        return;
      }
    }
  }

  #dispatch(length: number): void {
    const verdict = this.request.accept(length);
    if (verdict === 'ok') {
      this.#server?.handle();
    } else if (verdict === 'short') {
      this.send(this.reply.to(this.request.uniqueLow, this.request.uniqueHigh).error(errno.EIO));
    }
  }

  #end(): void {
    this.close();
    this.#server?.ended();
  }
}
