import { detachedPart } from '../runtime/script-string.ts';

/** Lines of output that can be looked back at, as in SystemTap. */
export const HISTORY_LINES = 8192;
/** Bytes kept of one line. */
export const HISTORY_LINE_BYTES = 2048;

/**
 * The newest lines of a script's output, as bytes. Lines are numbered from the first one ever printed, so that a place in
 * the output stays the same while older lines are dropped.
 */
export class OutputHistory {
  #lines: string[] = [];
  #dropped = 0;
  #partial = '';
  #carriageReturn = false;

  /** Adds what was printed; a carriage return within a line starts it anew, as on a terminal. */
  add(bytes: string): void {
    let start = 0;
    for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', start)) {
      this.#extend(bytes.slice(start, end));
      this.#endLine();
      start = end + 1;
    }
    this.#extend(bytes.slice(start));
  }

  /** Number of the oldest line kept. */
  get first(): number {
    return this.#dropped + Math.max(0, this.#lines.length - HISTORY_LINES);
  }

  /** One more than the number of the newest line; a line that has begun counts. */
  get end(): number {
    return this.#dropped + this.#lines.length + (this.#partial === '' ? 0 : 1);
  }

  /** The lines from number `from` on, at most `count`. */
  lines(from: number, count: number): readonly string[] {
    const start = Math.max(0, from - this.#dropped);
    const lines = this.#lines.slice(start, start + count);
    if (lines.length < count && this.#partial !== '' && start <= this.#lines.length)
      lines.push(this.#partial);
    return lines;
  }

  #extend(piece: string): void {
    for (const [index, part] of piece.split('\r').entries()) {
      if (index > 0) this.#carriageReturn = true;
      if (part === '') continue;
      if (this.#carriageReturn) this.#partial = '';
      this.#carriageReturn = false;
      const room = HISTORY_LINE_BYTES - this.#partial.length;
      if (room > 0) this.#partial += detachedPart(part, 0, room);
    }
  }

  #endLine(): void {
    this.#lines.push(this.#partial);
    this.#partial = '';
    this.#carriageReturn = false;
    // Twice as many before some go, so that not every line moves all others.
    if (this.#lines.length < 2 * HISTORY_LINES) return;
    this.#dropped += this.#lines.length - HISTORY_LINES;
    this.#lines = this.#lines.slice(-HISTORY_LINES);
  }
}
