import { access } from './fifo-calls.ts';
import type { FifoCalls } from './fifo-calls.ts';

/** Far longer than a program needs from finding a name to opening what it found. */
const HOLD_MS = 150;
const HELD_MAX = 64;

/**
 * A program may have found a FIFO by its name just before a new one took that name, and open it after its last text
 * went out: nobody would ever come to the other end. So a FIFO that was served is kept in mind for a moment, and then
 * opened for writing and closed again: whoever waits there meets the end of the file.
 */
export class LateOpeners {
  readonly #calls: FifoCalls;
  readonly #held: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(calls: FifoCalls) {
    this.#calls = calls;
  }

  /** Keeps the FIFO of this descriptor in mind; the descriptor remains the caller's. */
  remember(fd: number): void {
    const held = this.#calls.openAgain(fd, access.HANDLE);
    if (held < 0) return;
    this.#held.push(held);
    if (this.#held.length > HELD_MAX) this.#release(this.#held.shift());
    this.#timer ??= setTimeout(() => this.releaseAll(), HOLD_MS);
  }

  /** Lets everybody go who waits at one of them. */
  releaseAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const held of this.#held.splice(0)) this.#release(held);
  }

  #release(held: number | undefined): void {
    if (held === undefined) return;
    const writer = this.#calls.openAgain(held, access.WRITE);
    if (writer >= 0) this.#calls.close(writer);
    this.#calls.close(held);
  }
}
