const NEWLINE = 10;

/** Collects the bytes of a stream and gives back its lines, without newline, one unit per byte. */
export class LineBuffer {
  readonly #longest: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #lines: string[] = [];
  #lineBytes = 0;
  #isTooLong = false;

  /** @param longest bytes of the longest line that is kept */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Bytes held. */
  get size(): number {
    return this.#bytes + this.#lineBytes;
  }

  /** True when an unfinished line waits for its rest. */
  get hasPart(): boolean {
    return this.#bytes > 0;
  }

  /** True once a line was too long; nothing is kept from then on. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  add(chunk: Buffer): void {
    let start = 0;
    while (!this.#isTooLong && start < chunk.length) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end < 0 ? chunk.length : end);
      start += part.length + 1;
      this.#chunks.push(part);
      this.#bytes += part.length;
      if (this.#bytes > this.#longest) this.#refuse();
      else if (end >= 0) this.#finishLine();
    }
  }

  /** The oldest line not taken yet. */
  take(): string | undefined {
    const line = this.#lines.shift();
    if (line !== undefined) this.#lineBytes -= line.length;
    return line;
  }

  #finishLine(): void {
    const line = Buffer.concat(this.#chunks).toString('latin1');
    this.#lines.push(line);
    this.#lineBytes += line.length;
    this.#chunks = [];
    this.#bytes = 0;
  }

  #refuse(): void {
    this.#isTooLong = true;
    this.#chunks = [];
    this.#bytes = 0;
  }
}
