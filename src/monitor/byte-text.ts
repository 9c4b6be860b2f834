import { NOT_ASCII } from '../runtime/byte-json.ts';

/**
 * A byte string as text: what is valid UTF-8 means that, every other byte is a character of ISO 8859-1, so that no byte
 * disappears.
 */
export function textOfBytes(bytes: string): string {
  // Most texts are plain ASCII, which means the same in both.
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  return bytes.replace(NOT_ASCII, (character) => (character.length > 1 ? decoded(character) : character));
}

function decoded(sequence: string): string {
  const [first = 0, ...following] = Array.from(sequence, (unit) => unit.charCodeAt(0));
  // The first byte holds 5, 4 or 3 bits, each following one 6.
  const start = first & (0x3f >> following.length);
  return String.fromCodePoint(following.reduce((code, byte) => (code << 6) | (byte & 0x3f), start));
}

/** The UTF-8 bytes of a text, as a byte string. */
export function bytesOfText(text: string): string {
  if (!/[^\x00-\x7f]/.test(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}
