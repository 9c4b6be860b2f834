const PAGE_BYTES = 4096;
const PAGE_SHIFT = 12;

/** Fills `target` with the bytes from `offset` on; throws when there are fewer. */
export type ReadBytes = (target: Uint8Array, offset: number) => void;

/** A file in memory of which only the pages that somebody needs are read. */
export class LazyBytes {
  /** As long as the file; zero where nothing was needed yet. */
  readonly bytes: Uint8Array;
  readonly #read: ReadBytes;
  readonly #isThere: Uint8Array;

  constructor(size: number, read: ReadBytes) {
    this.bytes = new Uint8Array(size);
    this.#read = read;
    this.#isThere = new Uint8Array(Math.ceil(size / PAGE_BYTES));
  }

  /** Sees to it that the bytes from `from` up to `to` can be used. Ends behind the file are cut off. */
  need(from: number, to: number): void {
    const last = Math.min(to, this.bytes.length) - 1;
    if (from > last) return;
    for (let page = from >>> PAGE_SHIFT; page <= last >>> PAGE_SHIFT; page++)
      if (this.#isThere[page] === 0) this.#readPage(page);
  }

  /** All of it. */
  needEverything(): void {
    this.need(0, this.bytes.length);
  }

  #readPage(page: number): void {
    const start = page * PAGE_BYTES;
    this.#read(this.bytes.subarray(start, Math.min(start + PAGE_BYTES, this.bytes.length)), start);
    this.#isThere[page] = 1;
  }
}
