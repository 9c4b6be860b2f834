import { add } from '../int64/arithmetic.ts';
import { fromBigInt, toBigInt } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import type { ScalarCell } from './generated-code.ts';
import { LITTLE_ENDIAN, readLong, writeLong } from './native-memory.ts';

const LONG_BYTES = 8;
const HIGH_HALF = LITTLE_ENDIAN ? 4 : 0;

/** A long in memory that programs of the kernel add to, on other processors at the same time. */
export class KernelCell implements ScalarCell {
  readonly #cells: DataView;
  readonly #longs: BigInt64Array;
  readonly #offset: number;

  /** `offset` in bytes, a multiple of 8. */
  constructor(cells: DataView, offset: number) {
    this.#cells = cells;
    this.#longs = new BigInt64Array(
      cells.buffer,
      cells.byteOffset,
      Math.floor(cells.byteLength / LONG_BYTES),
    );
    this.#offset = offset;
  }

  get value(): Int64 {
    // It is read in two halves, of which one may be older than the other.
    for (;;) {
      const high = this.#cells.getInt32(this.#offset + HIGH_HALF, LITTLE_ENDIAN);
      const value = readLong(this.#cells, this.#offset);
      if (this.#cells.getInt32(this.#offset + HIGH_HALF, LITTLE_ENDIAN) === high) return value;
    }
  }

  set value(value: Int64) {
    writeLong(this.#cells, this.#offset, value);
  }

  add(amount: Int64): Int64 {
    const before = Atomics.add(this.#longs, this.#offset / LONG_BYTES, toBigInt(amount));
    return fromBigInt(before + toBigInt(amount));
  }
}

/** A long that nobody else changes. */
export class PlainCell implements ScalarCell {
  value: Int64;

  constructor(value: Int64) {
    this.value = value;
  }

  add(amount: Int64): Int64 {
    return (this.value = add(this.value, amount));
  }
}
