import { toBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { PIECE_BYTES, RECORD_HEADER_BYTES, RECORD_KIND } from '../../module/event-record.ts';
import type { KernelPart } from '../../module/kernel-part.ts';

/** A kernel part in which nothing is. */
export const EMPTY_KERNEL_PART: KernelPart = {
  release: '6.1.0',
  maps: [],
  programs: [],
  sites: [],
  layouts: {},
  placements: {},
  globals: [],
  prints: [],
  errors: [],
};

/** A piece of memory as captured: what it holds, or the fault. */
export interface RecordedPiece {
  readonly address: Int64;
  readonly content: string | number;
}

/** What a record tells; the rest of its header is made up. */
export interface RecordedEvent {
  readonly probe?: number;
  readonly pid?: number;
  readonly tid?: number;
  readonly words?: readonly Int64[];
  readonly pieces?: readonly RecordedPiece[];
}

/** The bytes of a record of kind `event`, little endian, at 1000 ns on processor 3. */
export function kernelRecord(event: RecordedEvent): DataView {
  const words = event.words ?? [];
  const pieces = event.pieces ?? [];
  const entries = RECORD_HEADER_BYTES + words.length * 8;
  let length = entries + pieces.length * PIECE_BYTES;
  const offsets = pieces.map(({ content }) => {
    const offset = length;
    length += typeof content === 'string' ? (content.length + 7) & ~7 : 0;
    return offset;
  });
  const view = new DataView(new ArrayBuffer(length));
  view.setUint32(0, event.probe ?? 0, true);
  view.setBigUint64(8, 1000n, true);
  view.setUint32(16, event.pid ?? 500, true);
  view.setUint32(20, event.tid ?? 501, true);
  view.setUint32(24, 3, true);
  view.setUint32(28, length, true);
  words.forEach((word, index) => {
    view.setBigInt64(RECORD_HEADER_BYTES + index * 8, toBigInt(word), true);
  });
  pieces.forEach(({ address, content }, index) => {
    const entry = entries + index * PIECE_BYTES;
    const offset = offsets[index] ?? 0;
    view.setBigInt64(entry, toBigInt(address), true);
    view.setInt32(entry + 8, typeof content === 'string' ? content.length : content, true);
    view.setUint32(entry + 12, offset, true);
    if (typeof content === 'number') return;
    for (let at = 0; at < content.length; at += 1) view.setUint8(offset + at, content.charCodeAt(at));
  });
  return view;
}

/** The bytes of a record of kind `print`, `error` or `exit`; `index` of what is printed or what failed. */
export function messageRecord(
  kind: 'print' | 'error' | 'exit',
  index = 0,
  args: readonly (Int64 | string)[] = [],
): Uint8Array {
  const dataFrom = RECORD_HEADER_BYTES + 8 * (1 + args.length);
  let length = dataFrom;
  const words = args.map((argument) => {
    if (typeof argument !== 'string') return argument;
    const place = (BigInt(length) << 32n) | BigInt(argument.length);
    length += (argument.length + 7) & ~7;
    return place;
  });
  const view = new DataView(new ArrayBuffer(length));
  view.setUint32(4, RECORD_KIND[kind], true);
  view.setUint32(28, length, true);
  [index, ...words].forEach((word, position) => {
    view.setBigInt64(RECORD_HEADER_BYTES + position * 8, toBigInt(word), true);
  });
  const texts = args.filter((argument) => typeof argument === 'string');
  const data = texts.map((text) => text.padEnd((text.length + 7) & ~7, '\0')).join('');
  for (let at = 0; at < data.length; at += 1) view.setUint8(dataFrom + at, data.charCodeAt(at));
  return new Uint8Array(view.buffer);
}
