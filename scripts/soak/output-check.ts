import { closeSync, openSync, readSync } from 'node:fs';
import { writtenLine } from './script-under-load.ts';

/** Follows the file of -o while it grows, as `tail -f` does, and checks that it holds each write once and in order. */
export class OutputCheck {
  readonly problems: string[] = [];
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(1 << 20);
  /** Number of the next line of each writer. */
  readonly #next = new Map<number, number>();
  #position = 0;
  #rest = '';
  #sawEnd = false;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  /** Reads and checks what has been added since the last time. */
  follow(): void {
    for (;;) {
      const count = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, this.#position);
      if (count === 0) return;
      this.#position += count;
      const lines = (this.#rest + this.#buffer.toString('latin1', 0, count)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#check(line);
    }
  }

  /** Follows to the end; `written` has the number of acknowledged writes of each writer. */
  finish(written: readonly number[]): void {
    this.follow();
    closeSync(this.#fd);
    if (!this.#sawEnd || this.#rest !== '')
      this.#complain('the output does not end with the last words of the script');
    for (const [writer, count] of written.entries()) {
      const found = this.#next.get(writer) ?? 0;
      if (found !== count)
        this.#complain(`writer ${writer}: ${count} writes acknowledged, ${found} in the output`);
    }
  }

  #check(line: string): void {
    if (line === 'end of the soak') {
      this.#sawEnd = true;
      return;
    }
    const [writer, number] = (/^<(\d+) (\d+) /.exec(line) ?? []).slice(1).map(Number);
    if (writer === undefined || number === undefined || `${line}\n` !== writtenLine(writer, number)) {
      this.#complain(`a line nobody wrote: ${line.slice(0, 60)}`);
      return;
    }
    const expected = this.#next.get(writer) ?? 0;
    if (number !== expected) this.#complain(`writer ${writer}: line ${number} where ${expected} was due`);
    this.#next.set(writer, number + 1);
  }

  #complain(text: string): void {
    if (this.problems.length < 20) this.problems.push(text);
  }
}
