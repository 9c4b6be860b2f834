/**
 * Why a file cannot be read: it is no ELF file, it is one of a form that is not read here (32 bits, big endian), or
 * what it says about itself is impossible. The message is a sentence without full stop and without the file's name.
 */
export class ElfError extends Error {
  readonly reason: 'not-elf' | 'unsupported' | 'damaged';

  constructor(reason: ElfError['reason'], message: string) {
    super(message);
    this.name = 'ElfError';
    this.reason = reason;
  }
}

/** Bytes of a file, read piece by piece so that large programs need not be in memory. */
export interface ElfBytes {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes; callers ask only for what lies within `size`. Throws ElfError when it cannot. */
  read(offset: number, length: number): Uint8Array;
}

/** Larger tables do not occur; a damaged header must not make us ask for them. */
const LARGEST_PART = 512 * 1024 * 1024;

/** Bytes that are all in memory. */
export function bytesInMemory(bytes: Uint8Array): ElfBytes {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Part of a file; throws ElfError when it is not wholly within the file. */
export function readPart(bytes: ElfBytes, offset: number, size: number, what: string): ElfPart {
  if (offset > bytes.size || size > bytes.size - offset)
    throw new ElfError('damaged', `${what} is outside of the file`);
  if (size > LARGEST_PART) throw new ElfError('damaged', `${what} is too large`);
  return new ElfPart(bytes.read(offset, size), what);
}

/** Little-endian numbers and texts out of some bytes; every read that is not wholly inside throws ElfError. */
export class ElfPart {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get size(): number {
    return this.bytes.length;
  }

  unsigned8(at: number): number {
    this.#require(at, 1);
    return this.#view.getUint8(at);
  }

  unsigned16(at: number): number {
    this.#require(at, 2);
    return this.#view.getUint16(at, true);
  }

  unsigned32(at: number): number {
    this.#require(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** A 64-bit value, infinite from 2^53: no offset or address of a program is that large. */
  unsigned64(at: number): number {
    this.#require(at, 8);
    const high = this.#view.getUint32(at + 4, true);
    return high >= 0x20_0000 ? Infinity : high * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  /** Text up to the next zero byte, one character a byte. */
  text(at: number): string {
    this.#require(at, 1);
    const end = this.bytes.indexOf(0, at);
    if (end < 0) throw new ElfError('damaged', `a text in ${this.#what} has no end`);
    return byteText(this.bytes.subarray(at, end));
  }

  part(at: number, size: number): ElfPart {
    this.#require(at, size);
    return new ElfPart(this.bytes.subarray(at, at + size), this.#what);
  }

  #require(at: number, size: number): void {
    if (!(at >= 0 && size <= this.size - at))
      throw new ElfError('damaged', `${this.#what} ends before what it must hold`);
  }
}

/** Characters handed to one call; far more arguments would overflow the stack. */
const PIECE = 4096;

function byteText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE)
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}
