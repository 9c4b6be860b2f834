import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isTerminal } from './is-terminal.ts';
import { withDefaultSignals } from './stop-signals.ts';

/** Text for standard output and standard error while nothing is being served: complete, in order, byte strings. */
export interface StandardStreams {
  out(text: string): void;
  error(text: string): void;
  /** A run is over: from now on an unread standard error is waited for a second at most, so that the process ends. */
  endSoon(): void;
}

/** The reader of standard output has gone; there is nobody to tell. */
export class OutputClosedError extends Error {}

const STDOUT = 1;
const STDERR = 2;
const RETRY_MS = 2;
const PIECE_BYTES = 4096;
const LAST_WORDS_MS = 1000;

/** Streams that write at once and wait where they must. @throws {OutputClosedError} on a closed standard output */
export function standardStreams(): StandardStreams {
  const output = new WaitingWriter(STDOUT);
  const errors = new WaitingWriter(STDERR);
  let patienceMs = Infinity;
  return {
    out: (text) => {
      if (!output.write(text, Infinity)) throw new OutputClosedError();
    },
    error: (text) => void errors.write(text, patienceMs),
    endSoon: () => {
      patienceMs = LAST_WORDS_MS;
    },
  };
}

/** Last words on standard error, for a process that is about to leave: not waited for at all. */
export function writeLastWords(text: string): void {
  new WaitingWriter(STDERR).write(text, 0);
}

/** A descriptor shared with others, whose flags stay as they are. */
class WaitingWriter {
  readonly #fd: number;
  /** The same pipe or terminal, opened once more so that writing never blocks; undefined: cannot be. */
  #own: number | undefined;
  #opened = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** False when not all was taken: nobody will ever take it, or there was no room for `patienceMs`. */
  write(text: string, patienceMs: number): boolean {
    const deadlineMs = performance.now() + patienceMs;
    let rest = Buffer.from(text, 'latin1');
    while (rest.length > 0) {
      const taken = this.#writeSome(rest, patienceMs === Infinity);
      if (taken < 0) return false;
      rest = rest.subarray(taken);
      if (taken > 0) continue;
      if (performance.now() >= deadlineMs) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
    return true;
  }

  /** Bytes taken, 0 when there is no room now, -1 when nobody will ever take any. */
  #writeSome(bytes: Buffer, mayBlock: boolean): number {
    const own = this.#openOwn();
    if (own === undefined) return attempt(() => writeSync(this.#fd, bytes));
    const taken = attempt(() => writeSync(own, bytes));
    if (taken !== 0 || !mayBlock) return taken;
    return attempt(() => withDefaultSignals(() => writeSync(this.#fd, bytes.subarray(0, PIECE_BYTES))));
  }

  #openOwn(): number | undefined {
    if (this.#opened) return this.#own;
    this.#opened = true;
    try {
      const status = fstatSync(this.#fd);
      if (!status.isFIFO() && !isTerminal(this.#fd)) return undefined;
      const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
      this.#own = openSync(`/proc/self/fd/${this.#fd}`, flags);
    } catch {
      // Another user's pipe, or nobody reads it.
    }
    return this.#own;
  }
}

function attempt(write: () => number): number {
  try {
    return write();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Somebody made the shared descriptor non-blocking.
    return code === 'EAGAIN' || code === 'EINTR' ? 0 : -1;
  }
}
