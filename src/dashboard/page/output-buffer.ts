import type { ApiOutputLine } from '../api.ts';

/** Lines of output that the page keeps. */
export const MAX_OUTPUT_LINES = 2000;

/** A line with its number on this page, which never restarts. */
export interface OutputEntry extends ApiOutputLine {
  readonly number: number;
}

/** The newest lines of output. */
export class OutputBuffer {
  /** Oldest first; a new array whenever something changed. */
  lines: readonly OutputEntry[] = [];
  /** Lines that came and were dropped because others followed. */
  dropped = 0;
  private nextNumber = 0;

  /** Adds lines and returns them with their numbers. */
  add(lines: readonly ApiOutputLine[]): readonly OutputEntry[] {
    const fresh = lines.map((line) => ({ ...line, number: this.nextNumber++ }));
    const all = [...this.lines, ...fresh];
    this.dropped += Math.max(0, all.length - MAX_OUTPUT_LINES);
    this.lines = all.slice(-MAX_OUTPUT_LINES);
    return fresh;
  }

  /** Forgets the lines. */
  clear(): void {
    this.lines = [];
    this.dropped = 0;
  }
}

/** Lines in which the words occur, whatever the case; all lines for an empty text. */
export function linesWith(lines: readonly OutputEntry[], text: string): readonly OutputEntry[] {
  const wanted = text.toLowerCase();
  return wanted === '' ? lines : lines.filter((line) => line.text.toLowerCase().includes(wanted));
}

/** A text cut where `wanted` occurs: every second piece, from the second on, is an occurrence. */
export function piecesAround(text: string, wanted: string): string[] {
  if (wanted === '') return [text];
  const pieces: string[] = [];
  const [inText, word] = [text.toLowerCase(), wanted.toLowerCase()];
  // Some letters are longer in lower case; then places do not fit, and nothing is marked.
  if (inText.length !== text.length) return [text];
  let from = 0;
  for (let at = inText.indexOf(word); at >= 0; at = inText.indexOf(word, from)) {
    pieces.push(text.slice(from, at), text.slice(at, at + word.length));
    from = at + word.length;
  }
  return [...pieces, text.slice(from)];
}
