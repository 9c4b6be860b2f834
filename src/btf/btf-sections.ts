import { BtfError } from './btf-error.ts';
import { EXTRA_WORDS } from './btf-kind.ts';

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
/** Words of every type: `name_off`, `info` and `size`/`type`. */
export const TYPE_WORDS = 3;

/** The two parts of BTF; both are views of the bytes that were given. */
export interface BtfSections {
  readonly types: Uint32Array;
  readonly strings: Uint8Array;
}

/**
 * Finds the parts. `need` is called with the places that are looked at, before they are. `bytes` are copied only when
 * they do not lie on a multiple of four. `split`: BTF that goes on from another. Throws BtfError.
 */
export function splitSections(
  bytes: Uint8Array,
  need: (from: number, to: number) => void = () => undefined,
  kind: 'whole' | 'split' = 'whole',
): BtfSections {
  if (bytes.length < HEADER_BYTES) throw new BtfError('it is too short for a header');
  need(0, HEADER_BYTES);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const header = new Uint32Array(aligned.buffer, aligned.byteOffset, HEADER_BYTES / 4);
  const [magic = 0, headerLength = 0, typeOffset = 0, typeLength = 0, stringOffset = 0, stringLength = 0] =
    header;
  // Version 1 and no flags are all that exist; the four bytes read as one word depend on the byte order.
  if (new Uint16Array(aligned.buffer, aligned.byteOffset, 1)[0] !== MAGIC || aligned[2] !== 1)
    throw new BtfError(`it begins with 0x${magic.toString(16)}, which is not BTF of this machine`);
  const typesAt = headerLength + typeOffset;
  const stringsAt = headerLength + stringOffset;
  if (headerLength < HEADER_BYTES || typesAt % 4 !== 0 || typeLength % 4 !== 0)
    throw new BtfError('its header is damaged');
  if (typesAt + typeLength > bytes.length || stringsAt + stringLength > bytes.length)
    throw new BtfError('it is shorter than its header says');
  // Not a part of a Buffer, which is several times as slow in everything.
  const strings = new Uint8Array(aligned.buffer, aligned.byteOffset + stringsAt, stringLength);
  need(stringsAt, stringsAt + 1);
  need(stringsAt + stringLength - 1, stringsAt + stringLength);
  // The empty string is the first of those that a split one goes on from.
  if ((kind === 'whole' && strings[0] !== 0) || (strings.at(-1) ?? 0) !== 0)
    throw new BtfError('its strings do not begin and end with a zero byte');
  return { types: new Uint32Array(aligned.buffer, aligned.byteOffset + typesAt, typeLength / 4), strings };
}

/** Word where each type begins, by id. Throws BtfError for a type that is unknown or cut off. */
export function findStarts(words: Uint32Array): Uint32Array {
  const fixed = Uint32Array.from(EXTRA_WORDS, (extra) => extra.fixed);
  const each = Uint32Array.from(EXTRA_WORDS, (extra) => extra.each);
  const starts = new Uint32Array(Math.floor(words.length / TYPE_WORDS) + 1);
  let count = 1;
  let at = 0;
  while (at < words.length) {
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x1f;
    if (kind === 0 || kind >= fixed.length) throw new BtfError(`type ${count} is of unknown kind ${kind}`);
    starts[count++] = at;
    at += TYPE_WORDS + (fixed[kind] ?? 0) + (each[kind] ?? 0) * (info & 0xffff);
  }
  if (at !== words.length) throw new BtfError(`type ${count - 1} is cut off`);
  return starts.slice(0, count);
}
