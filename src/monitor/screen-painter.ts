import { bytesOfText } from './byte-text.ts';
import type { ScreenLine, ScreenSize } from './screen-layout.ts';

/** Alternate screen, cursor hidden, no line wrapping: a character wider than expected cannot disturb the next line. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
/** CAN ends a sequence that was written in part. */
const LEAVE = '\x18\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Turns pictures into what a terminal wants to hear: only the lines that changed. ECMA-48 and xterm's sequences. */
export class ScreenPainter {
  #shown: readonly ScreenLine[] = [];
  #size: ScreenSize | undefined;

  /** Bytes that take over the terminal; the next picture is drawn whole. */
  enter(): string {
    this.forget();
    return ENTER;
  }

  /** Bytes that give it back as it was. */
  leave(): string {
    return LEAVE;
  }

  /** The next picture is drawn whole. */
  forget(): void {
    this.#size = undefined;
  }

  /** Bytes that make the terminal show the lines; empty when it does already. */
  paint(lines: readonly ScreenLine[], size: ScreenSize): string {
    const whole = this.#size?.columns !== size.columns || this.#size.rows !== size.rows;
    const changes = lines.map((line, row) => {
      const before = this.#shown[row];
      if (!whole && before !== undefined && before.text === line.text && before.bold === line.bold) return '';
      // Cleared first: after a full line the cursor stands on its last cell, and clearing would take that away.
      const text = bytesOfText(line.text);
      return `\x1b[${row + 1};1H\x1b[K${line.bold ? `\x1b[1m${text}\x1b[0m` : text}`;
    });
    this.#shown = lines;
    this.#size = size;
    return (whole ? '\x1b[2J' : '') + changes.join('');
  }
}
