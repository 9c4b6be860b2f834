import { writeSync } from 'node:fs';

/** Text for standard output and standard error while nothing is being served: complete, in order, byte strings. */
export interface StandardStreams {
  out(text: string): void;
  error(text: string): void;
}

/** The reader of standard output has gone; there is nobody to tell. */
export class OutputClosedError extends Error {}

const RETRY_MS = 2;

/** Streams that write at once and wait where they must. @throws {OutputClosedError} on a closed standard output */
export function standardStreams(): StandardStreams {
  return {
    out: (text) => writeAll(1, text, true),
    error: (text) => writeAll(2, text, false),
  };
}

function writeAll(fd: number, text: string, mustBeRead: boolean): void {
  let rest = Buffer.from(text, 'latin1');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAGAIN') {
        // Somebody made the shared descriptor non-blocking; there is nothing else to do than to wait.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      } else if (mustBeRead) {
        throw new OutputClosedError();
      } else {
        return;
      }
    }
  }
}
