import { NOTIFY_INVAL_ENTRY, NOTIFY_INVAL_INODE, NOTIFY_STORE, OUT_HEADER_BYTES } from './protocol.ts';

/** A point in time as the kernel keeps it. */
export interface FileTime {
  readonly sec: number;
  readonly nsec: number;
}

/** Attributes of a node, as stat(2) shows them. */
export interface NodeAttributes {
  readonly nodeId: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  readonly atime: FileTime;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
}

/** Terms agreed with the kernel in INIT. */
export interface InitTerms {
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  readonly maxWrite: number;
  readonly maxPages: number;
}

const ENTRY_OUT_BYTES = 128;
const ATTR_OUT_BYTES = 104;
const INIT_OUT_BYTES = 64;
const STORE_OUT_BYTES = 24;
const INVAL_INODE_OUT_BYTES = 24;
/** Up to this length copying unit by unit is faster than a call out of JavaScript. */
const SHORT_TEXT = 64;
const BLOCK_SIZE = 4096;

/**
 * Writes replies and notifications into one buffer; each method builds the whole message and returns its length in
 * bytes. Messages to `unique` are addressed with to() first. Layouts of linux/fuse.h.
 */
export class FuseReply {
  readonly buffer: Buffer;
  readonly #words: Uint32Array;

  /** @param byteLength size of the buffer, a multiple of 4, for the longest READ reply */
  constructor(byteLength: number) {
    this.buffer = Buffer.allocUnsafeSlow(byteLength);
    this.#words = new Uint32Array(this.buffer.buffer, this.buffer.byteOffset, byteLength >> 2);
  }

  /** Addresses the next message to the request with this unique id. */
  to(uniqueLow: number, uniqueHigh: number): this {
    this.#words[2] = uniqueLow;
    this.#words[3] = uniqueHigh;
    return this;
  }

  #finish(length: number): number {
    this.#words[0] = length;
    this.#words[1] = 0;
    return length;
  }

  #clear(payloadBytes: number): void {
    this.#words.fill(0, OUT_HEADER_BYTES >> 2, (OUT_HEADER_BYTES + payloadBytes) >> 2);
  }

  #wide(index: number, value: number): void {
    this.#words[index] = value % 0x100000000;
    this.#words[index + 1] = Math.floor(value / 0x100000000);
  }

  /** Success without data. */
  empty(): number {
    return this.#finish(OUT_HEADER_BYTES);
  }

  /** @param errno positive error number */
  error(errno: number): number {
    this.#words[0] = OUT_HEADER_BYTES;
    this.#words[1] = -errno;
    return OUT_HEADER_BYTES;
  }

  init(terms: InitTerms): number {
    this.#clear(INIT_OUT_BYTES);
    const words = this.#words;
    words[4] = 7;
    words[5] = terms.minor;
    words[6] = terms.maxReadahead;
    words[7] = terms.flags;
    words[8] = 16 | (12 << 16); // max_background, congestion_threshold: the kernel's defaults
    words[9] = terms.maxWrite;
    words[10] = 1; // time_gran: 1 ns
    words[11] = terms.maxPages;
    return this.#finish(OUT_HEADER_BYTES + INIT_OUT_BYTES);
  }

  /**
   * LOOKUP: the node and how long its name and attributes may be kept, in seconds. `nodeId` is the node's number in
   * requests, when programs are to see another one.
   */
  entry(
    attributes: NodeAttributes,
    entryValidSec: number,
    attributesValidSec: number,
    nodeId = attributes.nodeId,
  ): number {
    this.#clear(ENTRY_OUT_BYTES);
    this.#wide(4, nodeId);
    this.#wide(8, entryValidSec);
    this.#wide(10, attributesValidSec);
    this.#attributes(14, attributes);
    return this.#finish(OUT_HEADER_BYTES + ENTRY_OUT_BYTES);
  }

  /** GETATTR, SETATTR. */
  attributes(attributes: NodeAttributes, validSec: number): number {
    this.#clear(ATTR_OUT_BYTES);
    this.#wide(4, validSec);
    this.#attributes(8, attributes);
    return this.#finish(OUT_HEADER_BYTES + ATTR_OUT_BYTES);
  }

  #attributes(at: number, attributes: NodeAttributes): void {
    const words = this.#words;
    this.#wide(at, attributes.nodeId);
    this.#wide(at + 2, attributes.size);
    // Programs take a file with fewer blocks than bytes for one with holes.
    this.#wide(at + 4, Math.ceil(attributes.size / 512));
    this.#time(at + 6, at + 12, attributes.atime);
    this.#time(at + 8, at + 13, attributes.mtime);
    this.#time(at + 10, at + 14, attributes.ctime);
    words[at + 15] = attributes.mode;
    words[at + 16] = attributes.links;
    words[at + 17] = attributes.uid;
    words[at + 18] = attributes.gid;
    words[at + 20] = BLOCK_SIZE;
  }

  #time(secAt: number, nsecAt: number, time: FileTime): void {
    this.#words[secAt] = time.sec; // modulo 2^32
    this.#words[secAt + 1] = Math.floor(time.sec / 0x100000000);
    this.#words[nsecAt] = time.nsec;
  }

  open(fileHandle: number, flags: number): number {
    const words = this.#words;
    words[4] = fileHandle;
    words[5] = 0;
    words[6] = flags;
    words[7] = 0;
    return this.#finish(OUT_HEADER_BYTES + 16);
  }

  /** READ: `content` (one unit per byte) from `start`, at most `limit` bytes. */
  read(content: string, start: number, limit: number): number {
    const room = Math.min(limit, this.buffer.length - OUT_HEADER_BYTES);
    const piece =
      start === 0 && content.length <= room
        ? content
        : content.substring(start, Math.min(content.length, start + room));
    if (piece.length > SHORT_TEXT) {
      return this.#finish(OUT_HEADER_BYTES + this.buffer.write(piece, OUT_HEADER_BYTES, 'latin1'));
    }
    for (let index = 0; index < piece.length; index++) {
      this.buffer[OUT_HEADER_BYTES + index] = piece.charCodeAt(index);
    }
    return this.#finish(OUT_HEADER_BYTES + piece.length);
  }

  /** WRITE: bytes taken. */
  written(size: number): number {
    this.#words[4] = size;
    this.#words[5] = 0;
    return this.#finish(OUT_HEADER_BYTES + 8);
  }

  /** LSEEK: resulting offset. */
  offset(offset: number): number {
    this.#wide(4, offset);
    return this.#finish(OUT_HEADER_BYTES + 8);
  }

  /** LISTXATTR asked for the needed size: none. */
  noAttributeNames(): number {
    this.#wide(4, 0);
    return this.#finish(OUT_HEADER_BYTES + 8);
  }

  statfs(): number {
    this.#clear(80);
    this.#words[14] = BLOCK_SIZE;
    this.#words[15] = 255; // longest name
    this.#words[16] = BLOCK_SIZE;
    return this.#finish(OUT_HEADER_BYTES + 80);
  }

  /** READDIR: entries from index `from` as fit into `limit` bytes; offsets are indices. */
  directory(entries: readonly DirectoryEntry[], from: number, limit: number): number {
    const end = OUT_HEADER_BYTES + Math.min(limit, this.buffer.length - OUT_HEADER_BYTES);
    let at = OUT_HEADER_BYTES;
    for (let index = from; index < entries.length; index++) {
      const entry = entries[index];
      if (entry === undefined) break;
      const size = (24 + entry.name.length + 7) & ~7;
      if (at + size > end) break;
      this.buffer.fill(0, at, at + size);
      const word = at >> 2;
      this.#wide(word, entry.nodeId);
      this.#wide(word + 2, index + 1);
      this.#words[word + 4] = entry.name.length;
      this.#words[word + 5] = entry.isDirectory ? 4 : 8;
      this.buffer.write(entry.name, at + 24, 'latin1');
      at += size;
    }
    return this.#finish(at);
  }

  /** FUSE_NOTIFY_STORE of one zero byte at `offset` of a node's cached content. */
  storeByte(nodeId: number, offset: number): number {
    const words = this.#words;
    this.to(0, 0);
    this.#wide(4, nodeId);
    this.#wide(6, offset);
    words[8] = 1;
    words[9] = 0;
    this.buffer[OUT_HEADER_BYTES + STORE_OUT_BYTES] = 0;
    const length = OUT_HEADER_BYTES + STORE_OUT_BYTES + 1;
    words[0] = length;
    words[1] = NOTIFY_STORE;
    return length;
  }

  /** FUSE_NOTIFY_INVAL_INODE: the kernel forgets a node's attributes and all it has cached of its content. */
  invalidate(nodeId: number): number {
    this.to(0, 0);
    this.#clear(INVAL_INODE_OUT_BYTES); // from offset 0 to the end
    this.#wide(4, nodeId);
    const length = this.#finish(OUT_HEADER_BYTES + INVAL_INODE_OUT_BYTES);
    this.#words[1] = NOTIFY_INVAL_INODE;
    return length;
  }
}

/** FUSE_NOTIFY_INVAL_ENTRY in a buffer of its own: the kernel forgets what a name in a directory stands for. */
export function forgetName(parentId: number, name: string): Buffer {
  const fixedBytes = OUT_HEADER_BYTES + 16;
  const message = Buffer.allocUnsafeSlow(fixedBytes + name.length + 1).fill(0);
  message.writeUInt32LE(message.length, 0);
  message.writeInt32LE(NOTIFY_INVAL_ENTRY, 4);
  message.writeBigUInt64LE(BigInt(parentId), 16);
  message.writeUInt32LE(name.length, 24);
  message.write(name, fixedBytes, 'latin1');
  return message;
}

/** FUSE_NOTIFY_INVAL_INODE in a buffer of its own: the kernel forgets a directory's attributes and its list of names. */
export function forgetList(nodeId: number): Buffer {
  const message = Buffer.allocUnsafeSlow(OUT_HEADER_BYTES + INVAL_INODE_OUT_BYTES).fill(0);
  message.writeUInt32LE(message.length, 0);
  message.writeInt32LE(NOTIFY_INVAL_INODE, 4);
  message.writeBigUInt64LE(BigInt(nodeId), 16);
  return message;
}

/** One name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly nodeId: number;
  readonly isDirectory: boolean;
}
