import type { BpfMap } from './maps.ts';
import { failedCall } from './error-number.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

/** Shared memory of a ring buffer: positions count bytes since its creation, the data lies there twice in a row. */
export interface RingMemory {
  /** The reader's position; written by us. */
  readonly consumer: BigInt64Array;
  /** The writers' position. */
  readonly producer: BigInt64Array;
  readonly data: ArrayBuffer;
  readonly dataOffset: number;
  /** A power of two; half of what lies from `dataOffset` on. */
  readonly bytes: number;
}

/** First word of a record's header: length of what follows, and two flags (BPF_RINGBUF_*). */
const BUSY = 1 << 31;
const DISCARDED = 1 << 30;
const HEADER_BYTES = 8;
/** Room is given back whenever this part of the buffer has been read. */
const FREED_PARTS = 16;

/** Reads the records that programs of the kernel write. */
export class RingBuffer {
  readonly #memory: RingMemory;
  readonly #headers: Int32Array;
  readonly #bytes: Buffer;
  readonly #unmap: () => void;
  #isDraining = false;
  #isClosed = false;

  /** `unmap` gives the memory up; it is called once, and the memory not used afterwards. */
  constructor(memory: RingMemory, unmap: () => void = () => undefined) {
    this.#memory = memory;
    this.#unmap = unmap;
    this.#headers = new Int32Array(memory.data, memory.dataOffset, (memory.bytes * 2) / 4);
    this.#bytes = Buffer.from(memory.data, memory.dataOffset, memory.bytes * 2);
  }

  /**
   * Hands over the records that are complete, in the order they were begun, and returns their number; it stops at one
   * that is still written and after one for which `visit` answers false, and goes no further than what was there at the
   * call. A record is the kernel's memory: it is read only, and valid until `visit` returns. What `visit` throws is
   * thrown, that record counts as read. Nothing is drained while a `visit` of this buffer runs, and after `close`.
   */
  drain(visit: (record: Buffer) => unknown): number {
    if (this.#isDraining || this.#isClosed) return 0;
    this.#isDraining = true;
    const { consumer, producer, bytes } = this.#memory;
    // Positions stay below 2^53 for thousands of years; atomic loads order them before the data.
    let position = Number(consumer[0]);
    const end = Number(Atomics.load(producer, 0));
    let count = 0;
    let freed = position;
    try {
      while (position < end) {
        const at = position % bytes;
        const header = Atomics.load(this.#headers, at / 4);
        if ((header & BUSY) !== 0) break;
        const length = header & ~DISCARDED;
        position += HEADER_BYTES + Math.ceil(length / 8) * 8;
        if ((header & DISCARDED) !== 0) continue;
        count++;
        const start = at + HEADER_BYTES;
        if (visit(this.#bytes.subarray(start, start + length)) === false || this.#endsNow()) break;
        // Handlers may take their time: writers shall get room before the last of them.
        if (position - freed < bytes / FREED_PARTS) continue;
        Atomics.store(consumer, 0, BigInt(position));
        freed = position;
      }
    } finally {
      Atomics.store(consumer, 0, BigInt(position));
      this.#isDraining = false;
      if (this.#endsNow()) this.#unmap();
    }
    return count;
  }

  /** Gives the memory back, after the record that is read now. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isDraining) this.#unmap();
  }

  /** Closed by what `visit` did. */
  #endsNow(): boolean {
    return this.#isClosed;
  }
}

/** Maps the memory of a ring buffer. Throws `KernelProbeError`. */
export function openRingBuffer(calls: LoaderSystemCalls, map: BpfMap): RingBuffer {
  const { pageBytes } = calls;
  const bytes = map.shape.maxEntries;
  const mapped = (length: number, offset: number, writable: boolean): ArrayBuffer => {
    const memory = calls.map(map.fd, length, offset, writable);
    if (typeof memory === 'number') throw failedCall(`map the ring buffer ${map.shape.name}`, -memory);
    return memory;
  };
  const consumer = mapped(pageBytes, 0, true);
  // The writers' page and the data behind it, which we may only read.
  const data = mapped(pageBytes + 2 * bytes, pageBytes, false);
  const memory = {
    consumer: new BigInt64Array(consumer, 0, 1),
    producer: new BigInt64Array(data, 0, 1),
    data,
    dataOffset: pageBytes,
    bytes,
  };
  return new RingBuffer(memory, () => {
    calls.unmap(consumer);
    calls.unmap(data);
  });
}
