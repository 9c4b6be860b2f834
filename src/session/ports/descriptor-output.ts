import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { OutputPort } from '../../runtime/output.ts';
import { isTerminal } from './is-terminal.ts';
import type { DescriptorWatch, NativeCalls } from './native-calls.ts';

/** A pipe that is writable takes at least this much without blocking (pipe(7), PIPE_BUF). */
const ATOMIC_BYTES = 4096;
/** A terminal that is writable takes at least this much (WAKEUP_CHARS of the tty layer). */
const TERMINAL_BYTES = 256;
const RETRY_MS = 2;

/**
 * Script output to a descriptor that others share (standard output, standard error). It never blocks and never
 * changes the descriptor's flags, which belong to the shell as well: a pipe or terminal is opened once more
 * through /proc/self/fd, with flags of its own; where that is refused each piece waits for poll(2).
 */
export class DescriptorOutput implements OutputPort {
  readonly #loadNative: () => Promise<NativeCalls | undefined>;
  #fd: number;
  #mode: 'file' | 'private' | 'polled';
  readonly #pieceBytes: number;
  #native: NativeCalls | undefined;
  #watch: DescriptorWatch | undefined;
  #callbacks: (() => void)[] = [];
  #failure: string | undefined;
  readonly #givenFd: number;
  #closed = false;

  /** @param loadNative is asked only when the descriptor is full or cannot be opened again */
  constructor(fd: number, loadNative: () => Promise<NativeCalls | undefined>) {
    this.#loadNative = loadNative;
    this.#fd = fd;
    this.#givenFd = fd;
    const kind = descriptorKind(fd);
    this.#pieceBytes = kind === 'terminal' ? TERMINAL_BYTES : ATOMIC_BYTES;
    this.#mode = kind === 'file' ? 'file' : 'polled';
    if (kind === 'file' || kind === 'socket') return;
    try {
      this.#fd = openSync(
        `/proc/self/fd/${fd}`,
        constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
      );
      this.#mode = 'private';
    } catch {
      // Not ours to open (another user's pipe), or nobody reads it any more.
    }
  }

  /** Name of the error number of the write that was answered `broken`: `EPIPE` when the reader has gone. */
  get failure(): string | undefined {
    return this.#failure;
  }

  write(bytes: Uint8Array): number | 'would-block' | 'broken' {
    if (this.#closed) return 'broken';
    if (this.#mode !== 'polled') return this.#tryWrite(bytes);
    if (this.#native === undefined) return 'would-block';
    if (!this.#native.writableNow(this.#fd)) return 'would-block';
    return this.#tryWrite(bytes.subarray(0, this.#pieceBytes));
  }

  onWritable(callback: () => void): void {
    this.#callbacks.push(callback);
    // One watch, however many ask: a second one on the same descriptor is an error.
    if (this.#callbacks.length === 1) void this.#callWhenWritable();
  }

  encode(text: string): Uint8Array {
    return Buffer.from(text, 'latin1');
  }

  /** Nothing is written or called back any more. Closes descriptors of its own; the given one stays the caller's. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#callbacks = [];
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#fd !== this.#givenFd) closeSync(this.#fd);
  }

  #tryWrite(bytes: Uint8Array): number | 'would-block' | 'broken' {
    try {
      return writeSync(this.#fd, bytes);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAGAIN' || code === 'EINTR') return 'would-block';
      this.#failure = code;
      return 'broken';
    }
  }

  #callAll(): void {
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  async #callWhenWritable(): Promise<void> {
    await this.#prepareToWait();
    if (this.#closed) return;
    if (this.#native === undefined) {
      // No way to wait for it: try again soon, and write blocking where nothing else is possible.
      if (this.#mode === 'polled') this.#mode = 'file';
      setTimeout(() => {
        if (!this.#closed) this.#callAll();
      }, RETRY_MS);
      return;
    }
    this.#watch = this.#native.watch(this.#fd, 'writable', () => {
      this.#watch?.close();
      this.#watch = undefined;
      this.#callAll();
    });
  }

  /** libuv lets only one watch a descriptor, and Node may open its own streams on 1 and 2 at any time. */
  async #prepareToWait(): Promise<void> {
    if (this.#native !== undefined) return;
    const native = await this.#loadNative();
    if (native !== undefined && this.#mode === 'polled' && !this.#closed) {
      const own = native.duplicate(this.#fd);
      if (own >= 0) this.#fd = own;
    }
    this.#native = native;
  }
}

function descriptorKind(fd: number): 'file' | 'pipe' | 'terminal' | 'socket' {
  try {
    const status = fstatSync(fd);
    if (status.isFIFO()) return 'pipe';
    if (status.isSocket()) return 'socket';
    // /dev/null and other devices that never block count as files.
    return status.isCharacterDevice() && isTerminal(fd) ? 'terminal' : 'file';
  } catch {
    return 'file';
  }
}
