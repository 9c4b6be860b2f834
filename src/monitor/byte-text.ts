/**
 * A byte string as text: its UTF-8 meaning when it is valid UTF-8, otherwise one character of ISO 8859-1 per byte, so
 * that no byte disappears.
 */
export function textOfBytes(bytes: string): string {
  // Most texts are plain ASCII, which means the same in both.
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  const data = Uint8Array.from(bytes, (unit) => unit.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return bytes;
  }
}

/** The UTF-8 bytes of a text, as a byte string. */
export function bytesOfText(text: string): string {
  if (!/[^\x00-\x7f]/.test(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}
