/** Everything a KernelSize knows; plain data. */
export interface FrozenKernelSize {
  readonly state: KernelSize['state'];
  readonly length: number;
  readonly stores: number;
  readonly attributesExpired: boolean;
  readonly stride: number;
  readonly within: number;
}

const PAGE_BYTES = 4096;
/** Bytes used of each stride before the next one: small, so that FIONREAD, which shows the low half, stays small. */
const USED_BYTES = 16 * PAGE_BYTES;
const STRIDE_BYTES = 2 ** 32;
/** Keeps offsets below 2^52, exact as numbers. */
const MAX_STRIDES = 2 ** 20;

/**
 * What the kernel believes about one file's size, as far as the server steers it (docs/decisions/0003-file-size.md).
 *
 * The kernel's splice and mmap stop at its own size, so it is kept far beyond any content ('raised') and a short
 * page-cache READ then corrects it to the exact length ('exact'). Raising is done by storing one byte of cached content
 * (FUSE_NOTIFY_STORE) at a place no reader goes to; each store must go further than the one before.
 */
export class KernelSize {
  /**
   * 'zero': nothing stored yet, or truncated; the kernel caches no content. 'raised': beyond all content. 'sought': one
   * lseek's answer, about to be taken back. 'exact': length of the content of a page-cache reader; the kernel may cache
   * pages of it, padded with zeros.
   */
  state: 'zero' | 'raised' | 'sought' | 'exact' = 'zero';
  /** The length in states 'sought' and 'exact', bytes. */
  length = 0;
  /** How often a byte was stored: a page-cache read that was under way meanwhile does not correct the size. */
  stores = 0;
  /** True when the kernel was told to trust attributes for no time, which slows down each open until corrected. */
  attributesExpired = false;
  #stride: number;
  #within = 1;

  /** @param start where the first store goes, in units of 4 GiB; random by default so that nobody can guess the page */
  constructor(start = 256 + Math.floor(Math.random() * (MAX_STRIDES / 2))) {
    this.#stride = start;
  }

  /** All it knows, for restore(). */
  freeze(): FrozenKernelSize {
    const { state, length, stores, attributesExpired } = this;
    return { state, length, stores, attributesExpired, stride: this.#stride, within: this.#within };
  }

  /** Goes on from what another process knew about the file. */
  restore(frozen: FrozenKernelSize): void {
    this.state = frozen.state;
    this.length = frozen.length;
    this.stores = frozen.stores;
    this.attributesExpired = frozen.attributesExpired;
    this.#stride = frozen.stride;
    this.#within = frozen.within;
  }

  /**
   * Offset of the byte to store next, larger than all before. Never the first byte of a page: a page stored from its
   * start would count as complete.
   */
  nextOffset(): number {
    if (this.#within >= USED_BYTES) this.#advance(1);
    if (this.#within % PAGE_BYTES === 0) this.#within++;
    return this.#stride * STRIDE_BYTES + this.#within++;
  }

  /** The size that the last store made, or a larger one below the next store's, bytes. */
  get raisedSize(): number {
    return this.#stride * STRIDE_BYTES + this.#within;
  }

  /** Goes to another, unguessable page: somebody reads in regions where no content can be. */
  moveAway(): void {
    this.#advance(1 + Math.floor(Math.random() * 1024));
  }

  #advance(strides: number): void {
    this.#within = 1;
    this.#stride = Math.min(MAX_STRIDES, this.#stride + strides);
  }
}
