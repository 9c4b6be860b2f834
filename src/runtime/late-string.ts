import { add } from '../int64/arithmetic.ts';
import type { Int64 } from '../int64/int64.ts';
import type { MemoryRead } from './kernel-event.ts';

/** The smallest page of all machines. */
const PAGE_BYTES = 4096n;

/**
 * The string at an address, at most `max` - 1 bytes of it. No read crosses a page, because the page after the string's
 * end may not be there. `read` gives all bytes asked for or a negative errno, which is then the result.
 */
export function readLateString(
  read: (address: Int64, size: number) => MemoryRead,
  address: Int64,
  max: number,
): MemoryRead {
  let text = '';
  while (text.length < max - 1) {
    const from = add(address, text.length);
    const inPage = Number(PAGE_BYTES - BigInt.asUintN(12, BigInt(from)));
    const part = read(from, Math.min(inPage, max - 1 - text.length));
    if (typeof part === 'number') return part;
    const end = part.indexOf('\0');
    if (end >= 0) return text + part.slice(0, end);
    text += part;
  }
  return text;
}
