import { toBigInt } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';

/** Byte order of this machine, which is that of everything its kernel writes. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const LOW_HALF = LITTLE_ENDIAN ? 0 : 4;
const HIGH_HALF = LITTLE_ENDIAN ? 4 : 0;

/** A 64-bit number of memory that nobody else writes meanwhile. */
export function readLong(view: DataView, at: number): Int64 {
  const high = view.getInt32(at + HIGH_HALF, LITTLE_ENDIAN);
  const value = high * 0x1_0000_0000 + view.getUint32(at + LOW_HALF, LITTLE_ENDIAN);
  return Number.isSafeInteger(value) ? value : view.getBigInt64(at, LITTLE_ENDIAN);
}

/** Writes a 64-bit number. */
export function writeLong(view: DataView, at: number, value: Int64): void {
  view.setBigInt64(at, toBigInt(value), LITTLE_ENDIAN);
}

/** Bytes as a byte string, up to the first NUL, at most `size` of them. */
export function readText(view: DataView, at: number, size: number): string {
  let text = '';
  for (let offset = 0; offset < size; offset += 1) {
    const byte = view.getUint8(at + offset);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
