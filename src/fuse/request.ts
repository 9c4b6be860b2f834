import { IN_HEADER_BYTES, WRITE_IN_BYTES, opcode } from './protocol.ts';

/** Least bytes of a request, header included, per opcode whose fixed part is read here. */
const leastBytes: ReadonlyMap<number, number> = new Map([
  [opcode.LOOKUP, IN_HEADER_BYTES + 2],
  [opcode.FORGET, IN_HEADER_BYTES + 8],
  [opcode.GETATTR, IN_HEADER_BYTES + 16],
  [opcode.SETATTR, IN_HEADER_BYTES + 88],
  [opcode.OPEN, IN_HEADER_BYTES + 8],
  [opcode.READ, IN_HEADER_BYTES + 40],
  [opcode.WRITE, WRITE_IN_BYTES],
  [opcode.RELEASE, IN_HEADER_BYTES + 24],
  [opcode.LISTXATTR, IN_HEADER_BYTES + 8],
  [opcode.INIT, IN_HEADER_BYTES + 16],
  [opcode.READDIR, IN_HEADER_BYTES + 40],
  [opcode.INTERRUPT, IN_HEADER_BYTES + 8],
  [opcode.BATCH_FORGET, IN_HEADER_BYTES + 8],
  [opcode.LSEEK, IN_HEADER_BYTES + 24],
]);

/**
 * The request that lies in a buffer, read in place: one object serves all requests and nothing is allocated to look
 * at one. Layouts are those of linux/fuse.h; 64-bit ids of our own making (nodes, file handles) fit 32 bits and only
 * their low words are read. Values are meaningful after accept() returned 'ok' and for the opcode they name.
 */
export class FuseRequest {
  /** Where the device puts requests. */
  readonly buffer: Buffer;
  readonly #words: Uint32Array;
  #length = 0;

  /** @param byteLength size of the buffer, a multiple of 4 */
  constructor(byteLength: number) {
    // allocUnsafeSlow: own memory (aligned, never moved) that costs nothing until it is touched.
    this.buffer = Buffer.allocUnsafeSlow(byteLength);
    this.#words = new Uint32Array(this.buffer.buffer, this.buffer.byteOffset, byteLength >> 2);
  }

  /**
   * Takes the `length` bytes just read as the current request: 'ok'; 'short' when the fixed part of its kind is cut
   * (it deserves an error reply); 'garbage' when there is no sound header and nothing can be answered.
   */
  accept(length: number): 'ok' | 'short' | 'garbage' {
    if (length < IN_HEADER_BYTES || length > this.buffer.length || this.#words[0] !== length)
      return 'garbage';
    this.#length = length;
    const least = leastBytes.get(this.opcode);
    if (least !== undefined && length < least) return 'short';
    if (this.opcode === opcode.WRITE && length < WRITE_IN_BYTES + this.ioSize) return 'short';
    return 'ok';
  }

  /** The bytes of the current request, for present(). */
  copy(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.#length));
  }

  /** Makes a request that was copied before the current one. */
  present(bytes: Uint8Array): 'ok' | 'short' | 'garbage' {
    this.buffer.set(bytes);
    return this.accept(bytes.length);
  }

  #word(index: number): number {
    return this.#words[index] ?? 0;
  }

  /** Unsigned 64-bit field; exact below 2^53. */
  #wide(index: number): number {
    return this.#word(index + 1) * 0x100000000 + this.#word(index);
  }

  get opcode(): number {
    return this.#word(1);
  }
  get uniqueLow(): number {
    return this.#word(2);
  }
  get uniqueHigh(): number {
    return this.#word(3);
  }
  /** 0 for ids that cannot be ours. */
  get nodeId(): number {
    return this.#word(5) === 0 ? this.#word(4) : 0;
  }
  get uid(): number {
    return this.#word(6);
  }
  get gid(): number {
    return this.#word(7);
  }
  /** Thread that made the call, 0 when it is outside our process namespace. */
  get tid(): number {
    return this.#word(8);
  }

  /** LOOKUP, UNLINK, RMDIR, MKDIR…: the name that starts `skip` bytes into the payload; one unit per byte. */
  name(skip = 0): string {
    const start = IN_HEADER_BYTES + skip;
    const end = this.buffer.indexOf(0, start);
    return this.buffer.toString('latin1', start, end < 0 || end > this.#length ? this.#length : end);
  }

  /** OPEN: flags of open(2). */
  get openFlags(): number {
    return this.#word(10);
  }

  /** READ, WRITE, RELEASE, READDIR, LSEEK: file handle. */
  get fileHandle(): number {
    return this.#word(10);
  }
  /** READ, WRITE, READDIR, LSEEK: offset in bytes. */
  get ioOffset(): number {
    return this.#wide(12);
  }
  /** READ, WRITE, READDIR: size in bytes. */
  get ioSize(): number {
    return this.#word(14);
  }
  get readFlags(): number {
    return this.#word(15);
  }
  /** LSEEK: as in lseek(2). */
  get whence(): number {
    return this.#word(14);
  }
  /** WRITE: the data as a byte string. */
  writeText(): string {
    return this.buffer.toString('latin1', WRITE_IN_BYTES, WRITE_IN_BYTES + this.ioSize);
  }

  get getAttributeFlags(): number {
    return this.#word(10);
  }
  /** GETATTR, SETATTR: file handle, when the flags say that there is one. */
  get attributeFileHandle(): number {
    return this.#word(12);
  }

  /** SETATTR: what to set, FATTR bits. */
  get setValid(): number {
    return this.#word(10);
  }
  /** SETATTR: seconds, may be before 1970. */
  get setAtimeSec(): number {
    return Number(this.buffer.readBigInt64LE(72));
  }
  get setMtimeSec(): number {
    return Number(this.buffer.readBigInt64LE(80));
  }
  get setAtimeNsec(): number {
    return this.#word(24);
  }
  get setMtimeNsec(): number {
    return this.#word(25);
  }
  get setMode(): number {
    return this.#word(27);
  }
  get setUid(): number {
    return this.#word(29);
  }
  get setGid(): number {
    return this.#word(30);
  }

  /** LISTXATTR: room for the answer, 0 asks how much is needed. */
  get attributeListSize(): number {
    return this.#word(10);
  }

  get interruptedLow(): number {
    // The lowest bit marks interrupts themselves; kernels send it cleared.
    return this.#word(10);
  }
  get interruptedHigh(): number {
    return this.#word(11);
  }

  /** FORGET: how many lookups of the node are forgotten. */
  get forgottenLookups(): number {
    return this.#wide(10);
  }

  /** BATCH_FORGET: calls back for each node with the number of lookups that are forgotten. */
  eachForgotten(callback: (nodeId: number, lookups: number) => void): void {
    const fits = Math.floor((this.#length - IN_HEADER_BYTES - 8) / 16);
    const count = Math.min(this.#word(10), fits);
    for (let index = 0; index < count; index++) {
      const at = 12 + index * 4;
      if (this.#word(at + 1) === 0) callback(this.#word(at), this.#wide(at + 2));
    }
  }

  get initMajor(): number {
    return this.#word(10);
  }
  get initMinor(): number {
    return this.#word(11);
  }
  get initMaxReadahead(): number {
    return this.#word(12);
  }
  get initFlags(): number {
    return this.#word(13);
  }
}
