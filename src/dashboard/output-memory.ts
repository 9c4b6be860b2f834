import { textOfBytes } from '../monitor/byte-text.ts';
import type { ApiOutputLine } from './api.ts';

/** Bytes of one line that are kept. */
export const MAX_LINE_BYTES = 8192;
/** Lines of one module that are remembered. */
export const MAX_REMEMBERED_LINES = 10_000;
/** UTF-16 units of their text together. */
export const MAX_REMEMBERED_UNITS = 2 << 20;

interface OpenLine {
  text: string;
  /** Bytes beyond the longest line. */
  dropped: number;
}

/** The last lines that a module has printed, made of pieces that end anywhere. */
export class OutputMemory {
  readonly #nextId: () => number;
  readonly #lines: ApiOutputLine[] = [];
  readonly #open: Record<'out' | 'err', OpenLine> = {
    out: { text: '', dropped: 0 },
    err: { text: '', dropped: 0 },
  };
  #units = 0;

  /** `nextId`: ascending numbers for the lines. */
  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  /** Takes the next piece of a stream, a byte string. */
  add(stream: 'out' | 'err', text: string, timeMs: number): void {
    const open = this.#open[stream];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      append(open, text, from, end);
      this.#finish(stream, timeMs);
      from = end + 1;
    }
    append(open, text, from, text.length);
    this.#forget();
  }

  /** Says in place that something is missing. */
  addNote(text: string, timeMs: number): void {
    this.#remember('err', text, timeMs);
    this.#forget();
  }

  /** The module has ended: what has no newline is a line as well. */
  end(timeMs: number): void {
    for (const stream of ['out', 'err'] as const)
      if (this.#open[stream].text !== '') this.#finish(stream, timeMs);
  }

  /** The lines with greater ids; all of them when there was never such an id. */
  after(id: number): readonly ApiOutputLine[] {
    const last = this.#lines.at(-1)?.id ?? 0;
    if (id > last) return this.#lines.slice();
    // Ids ascend: what is wanted is at the end.
    let from = this.#lines.length;
    while (from > 0 && (this.#lines[from - 1]?.id ?? 0) > id) from--;
    return this.#lines.slice(from);
  }

  #finish(stream: 'out' | 'err', timeMs: number): void {
    const open = this.#open[stream];
    const text = textOfBytes(open.text.endsWith('\r') ? open.text.slice(0, -1) : open.text);
    this.#remember(stream, open.dropped > 0 ? `${text}… (${open.dropped} more bytes)` : text, timeMs);
    open.text = '';
    open.dropped = 0;
  }

  #remember(stream: 'out' | 'err', text: string, timeMs: number): void {
    this.#lines.push({ id: this.#nextId(), timeMs, stream, text });
    this.#units += text.length;
  }

  #forget(): void {
    let drop = 0;
    while (this.#lines.length - drop > MAX_REMEMBERED_LINES || this.#units > MAX_REMEMBERED_UNITS) {
      this.#units -= this.#lines[drop]?.text.length ?? 0;
      drop++;
    }
    if (drop > 0) this.#lines.splice(0, drop);
  }
}

function append(open: OpenLine, text: string, from: number, to: number): void {
  const room = MAX_LINE_BYTES - open.text.length;
  open.text += text.slice(from, Math.min(to, from + room));
  open.dropped += Math.max(0, to - from - room);
}
