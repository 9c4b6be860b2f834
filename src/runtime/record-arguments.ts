import { RECORD_HEADER_BYTES } from '../module/event-record.ts';
import type { KernelPrint } from '../module/kernel-part.ts';
import { LITTLE_ENDIAN, readLong, readText } from './native-memory.ts';
import { BrokenRecordError } from './record-event.ts';
import type { Value } from './value.ts';

const WORD_BYTES = 8;

/**
 * What a record of kind `print` or `error` tells: its words from the second on, of the types of a KernelPrint. Throws
 * `BrokenRecordError`.
 */
export function recordArguments(
  view: DataView,
  start: number,
  length: number,
  types: KernelPrint['arguments'],
): readonly Value[] {
  const dataFrom = RECORD_HEADER_BYTES + WORD_BYTES * (1 + types.length);
  const ownLength = view.getUint32(start + 28, LITTLE_ENDIAN);
  if (ownLength < dataFrom || ownLength > length)
    throw new BrokenRecordError('a record of the kernel has another length');
  return types.map((type, index) => {
    const at = start + RECORD_HEADER_BYTES + WORD_BYTES * (1 + index);
    if (type === 'long') return readLong(view, at);
    const place = view.getBigUint64(at, LITTLE_ENDIAN);
    const [offset, size] = [Number(place >> 32n), Number(place & 0xffff_ffffn)];
    if (size > 0 && (offset < dataFrom || offset + size > ownLength))
      throw new BrokenRecordError('a record of the kernel has a text outside');
    return readText(view, start + offset, size);
  });
}
