import type { Readable } from 'node:stream';

/** Lines of one script that are passed on within `PERIOD_MS`. */
const MAX_LINES = 100;
const PERIOD_MS = 10_000;
const MAX_LINE_BYTES = 1000;
/** Bytes of one script that are read within a second; then the script waits. */
const MAX_BYTES_PER_SECOND = 1 << 20;
const SECOND_MS = 1000;

/** Passes lines that a script prints on to the log, up to a limit: whoever prints more harms nobody but himself. */
export class ScriptRelay {
  readonly #log: (line: string) => void;
  #lines = 0;
  #leftOut = 0;
  #bytes = 0;
  /** Since when they are counted. */
  #sinceMs = performance.now();
  #period: NodeJS.Timeout | undefined;

  /** `log` gets lines without newline, byte strings of any content. */
  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Reads the stream to its end. */
  take(stream: Readable): void {
    let rest = '';
    let isLong = false;
    stream.setEncoding('latin1');
    stream.on('error', () => undefined);
    stream.on('data', (piece: string) => {
      this.#wait(stream, piece.length);
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!isLong) this.#pass(line);
        isLong = false;
      }
      if (rest.length <= MAX_LINE_BYTES) return;
      if (!isLong) this.#pass(rest);
      isLong = true;
      rest = '';
    });
    stream.on('end', () => {
      if (rest !== '' && !isLong) this.#pass(rest);
    });
  }

  #wait(stream: Readable, bytes: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#sinceMs > SECOND_MS) {
      this.#bytes = 0;
      this.#sinceMs = nowMs;
    }
    this.#bytes += bytes;
    if (this.#bytes <= MAX_BYTES_PER_SECOND) return;
    stream.pause();
    setTimeout(() => stream.resume(), SECOND_MS).unref();
  }

  #pass(line: string): void {
    this.#period ??= setTimeout(() => this.#endPeriod(), PERIOD_MS).unref();
    if (this.#lines >= MAX_LINES) {
      this.#leftOut += 1;
      return;
    }
    this.#lines += 1;
    this.#log(line.length > MAX_LINE_BYTES ? `${line.slice(0, MAX_LINE_BYTES)}...` : line);
  }

  #endPeriod(): void {
    if (this.#leftOut > 0) this.#log(`(${this.#leftOut} more lines)`);
    this.#lines = 0;
    this.#leftOut = 0;
    this.#period = undefined;
  }
}
