const NEWLINE = 10;
const FIRST_CAPACITY = 4096;

/**
 * Collects the bytes of a stream and gives back its lines, without newline, one unit per byte. Memory is at most
 * twice that of the bytes, however small the pieces they come in.
 */
export class LineBuffer {
  readonly #longest: number;
  #bytes = Buffer.alloc(0);
  /** Where the bytes that were not taken begin and end. */
  #start = 0;
  #end = 0;
  /** There is no newline before this place. */
  #searched = 0;
  #isTooLong = false;

  /** @param longest bytes of the longest line that is kept */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Bytes held. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** True when lines, or an unfinished one, wait. */
  get hasPart(): boolean {
    return this.#end > this.#start;
  }

  /** True once a line was too long; nothing is kept from then on. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  add(chunk: Buffer): void {
    if (this.#isTooLong) return;
    this.#makeRoom(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** The oldest line not taken yet. */
  take(): string | undefined {
    const at = this.#bytes.subarray(0, this.#end).indexOf(NEWLINE, Math.max(this.#searched, this.#start));
    const length = (at < 0 ? this.#end : at) - this.#start;
    if (length > this.#longest) {
      this.#isTooLong = true;
      this.#clear();
      return undefined;
    }
    this.#searched = at < 0 ? this.#end : at + 1;
    if (at < 0) return undefined;
    const line = this.#bytes.toString('latin1', this.#start, at);
    this.#start = at + 1;
    if (this.#start === this.#end) this.#clear();
    return line;
  }

  #makeRoom(length: number): void {
    const held = this.#end - this.#start;
    if (this.#end + length <= this.#bytes.length) return;
    const isRoomy = held + length <= this.#bytes.length / 2;
    const target = isRoomy ? this.#bytes : Buffer.allocUnsafeSlow(2 * (held + length) + FIRST_CAPACITY);
    this.#bytes.copy(target, 0, this.#start, this.#end);
    this.#bytes = target;
    this.#searched = Math.max(this.#searched - this.#start, 0);
    this.#start = 0;
    this.#end = held;
  }

  #clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#start = 0;
    this.#end = 0;
    this.#searched = 0;
  }
}
