import { ScriptError } from './handler-context.ts';

/** `$value` of the running procfs handler: the data written, or the text a reader will get. */
export class ProcfsValue {
  #text = '';
  /** Bytes the text may have. */
  #capacity = 0;

  get value(): string {
    return this.#text;
  }

  /** For a write handler: the data, up to its first NUL. */
  present(data: string): void {
    const end = data.indexOf('\0');
    this.#text = end < 0 ? data : data.slice(0, end);
    this.#capacity = 0;
  }

  /** For a read handler: an empty text of at most that many bytes. */
  open(capacity: number): void {
    this.#text = '';
    this.#capacity = capacity;
  }

  /** Replaces the text; one that is too long is kept cut and reported as a `ScriptError`. */
  set(text: string): void {
    this.#keep(text);
  }

  /** Appends; a text that becomes too long is kept cut and reported as a `ScriptError`. */
  append(text: string): void {
    this.#keep(this.#text + text);
  }

  #keep(text: string): void {
    this.#text = text.slice(0, this.#capacity);
    if (text.length > this.#capacity)
      throw new ScriptError(`buffer size exceeded, consider .maxsize(${text.length + 1}).`);
  }
}
