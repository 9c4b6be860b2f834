import { write } from 'node:fs';

/** Lines that wait for a reader; further ones are left out. */
const MAX_WAITING = 1000;

/** Writes lines to a descriptor without ever waiting: whoever does not read the log must not stop the exporter. */
export class LineWriter {
  readonly #fd: number;
  #waiting: string[] = [];
  #leftOut = 0;
  #isWriting = false;
  #tellIdle: () => void = () => undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** One line without its newline; text, not a byte string. */
  print(line: string): void {
    if (this.#waiting.length >= MAX_WAITING) this.#leftOut += 1;
    else this.#waiting.push(`${line}\n`);
    if (!this.#isWriting) this.#writeOn(Buffer.alloc(0));
  }

  /** Resolves when all is written, at most `patienceMs` later. */
  async flush(patienceMs: number): Promise<void> {
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => {
      this.#tellIdle = resolve;
      setTimeout(resolve, patienceMs);
    });
  }

  #writeOn(rest: Buffer): void {
    const bytes = rest.length > 0 ? rest : this.#next();
    this.#isWriting = bytes.length > 0;
    if (!this.#isWriting) {
      this.#tellIdle();
      return;
    }
    write(this.#fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#writeOn(bytes), 20);
      // Nobody will ever read it.
      else this.#writeOn(error === null ? bytes.subarray(written) : Buffer.alloc(0));
    });
  }

  #next(): Buffer {
    const lines = this.#waiting;
    if (this.#leftOut > 0) lines.push(`(${this.#leftOut} lines left out)\n`);
    this.#waiting = [];
    this.#leftOut = 0;
    return Buffer.from(lines.join(''));
  }
}
