/** The two output streams of a run. */
export type StreamName = 'out' | 'err';

/** Bytes of one stream. */
export interface OutputRecord {
  readonly stream: StreamName;
  readonly bytes: Uint8Array;
}

/** Size of the pieces in which memory is taken; a larger record gets a piece of its own. */
const CHUNK_BYTES = 1 << 16;
/** Before each record: its stream (one byte) and its length. */
const HEADER_BYTES = 5;

interface Chunk {
  readonly data: Buffer;
  /** Where the next record goes. */
  end: number;
}

/**
 * Output that nobody reads yet: records of both streams in the order in which they were written. When it is full the
 * oldest whole records give way to new ones. Memory grows with what it holds.
 */
export class OutputRing {
  readonly #capacityBytes: number;
  #chunks: Chunk[] = [];
  /** Start of the oldest record in the first chunk, and how much of that record has been consumed. */
  #head = 0;
  #consumed = 0;
  #heldBytes = 0;
  #lostBytes = 0;

  /** @param capacityBytes most bytes of output held */
  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** Bytes of output held. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes that gave way so far. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** Adds a record, a copy of `bytes`. Of one that is larger than everything there is room for, its end is kept. */
  push(stream: StreamName, bytes: Uint8Array): void {
    const excess = Math.max(0, bytes.length - this.#capacityBytes);
    this.#lostBytes += excess;
    const kept = excess === 0 ? bytes : bytes.subarray(excess);
    if (kept.length === 0) return;
    while (this.#heldBytes + kept.length > this.#capacityBytes) this.#dropOldest();
    const chunk = this.#chunkFor(HEADER_BYTES + kept.length);
    chunk.data[chunk.end] = stream === 'out' ? 1 : 2;
    chunk.data.writeUInt32LE(kept.length, chunk.end + 1);
    chunk.data.set(kept, chunk.end + HEADER_BYTES);
    chunk.end += HEADER_BYTES + kept.length;
    this.#heldBytes += kept.length;
  }

  /** The oldest bytes of one stream, at most `maxBytes`, copied; undefined when it is empty. They stay until `consume`. */
  peek(maxBytes: number): OutputRecord | undefined {
    const first = this.#chunks[0];
    if (first === undefined) return undefined;
    const stream = streamAt(first, this.#head);
    const pieces: Uint8Array[] = [];
    let room = maxBytes;
    let skip = this.#consumed;
    for (const [index, chunk] of this.#chunks.entries()) {
      for (let at = index === 0 ? this.#head : 0; at < chunk.end; at += HEADER_BYTES + lengthAt(chunk, at)) {
        if (room === 0 || streamAt(chunk, at) !== stream) return { stream, bytes: Buffer.concat(pieces) };
        const start = at + HEADER_BYTES + skip;
        const length = Math.min(lengthAt(chunk, at) - skip, room);
        pieces.push(chunk.data.subarray(start, start + length));
        room -= length;
        skip = 0;
      }
    }
    return { stream, bytes: Buffer.concat(pieces) };
  }

  /** Removes the oldest `count` bytes. */
  consume(count: number): void {
    let rest = count;
    while (rest > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return;
      const left = lengthAt(chunk, this.#head) - this.#consumed;
      if (rest < left) {
        this.#consumed += rest;
        this.#heldBytes -= rest;
        return;
      }
      rest -= left;
      this.#removeOldest(left);
    }
  }

  /** Everything held, oldest first, for another ring. */
  records(): OutputRecord[] {
    const records: OutputRecord[] = [];
    let skip = this.#consumed;
    for (const [index, chunk] of this.#chunks.entries()) {
      for (let at = index === 0 ? this.#head : 0; at < chunk.end; at += HEADER_BYTES + lengthAt(chunk, at)) {
        const start = at + HEADER_BYTES;
        const bytes = chunk.data.subarray(start + skip, start + lengthAt(chunk, at));
        records.push({ stream: streamAt(chunk, at), bytes });
        skip = 0;
      }
    }
    return records;
  }

  /** Counts what was lost elsewhere before. */
  addLost(bytes: number): void {
    this.#lostBytes += bytes;
  }

  #dropOldest(): void {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return;
    const left = lengthAt(chunk, this.#head) - this.#consumed;
    this.#lostBytes += left;
    this.#removeOldest(left);
  }

  #removeOldest(leftBytes: number): void {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return;
    this.#heldBytes -= leftBytes;
    this.#head += HEADER_BYTES + lengthAt(chunk, this.#head);
    this.#consumed = 0;
    if (this.#head < chunk.end) return;
    this.#chunks.shift();
    this.#head = 0;
  }

  #chunkFor(bytes: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.end + bytes <= last.data.length) return last;
    const chunk = { data: Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)), end: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }
}

function streamAt(chunk: Chunk, at: number): StreamName {
  return chunk.data[at] === 1 ? 'out' : 'err';
}

function lengthAt(chunk: Chunk, at: number): number {
  return chunk.data.readUInt32LE(at + 1);
}
