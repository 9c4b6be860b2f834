/** One character of more than one byte in valid UTF-8 (The Unicode Standard, table 3-7), or a byte that belongs to none. */
export const NOT_ASCII =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** U+FFFD, the replacement character, in UTF-8. */
const REPLACEMENT = '\xef\xbf\xbd';

/** A byte string as JSON. */
export interface ByteJson {
  /** The JSON string, quotes included, as a byte string in UTF-8: what is no UTF-8 is replaced by U+FFFD. */
  readonly json: string;
  /** Nothing was replaced. */
  readonly isExact: boolean;
}

/** The JSON string of a byte string, and whether it tells all of it. */
export function byteJson(bytes: string): ByteJson {
  // Most texts are plain ASCII. Of the others JSON.stringify leaves each byte beyond it as it is.
  if (!/[\x80-\xff]/.test(bytes)) return { json: JSON.stringify(bytes), isExact: true };
  let isExact = true;
  const valid = bytes.replace(NOT_ASCII, (character) => {
    if (character.length > 1) return character;
    isExact = false;
    return REPLACEMENT;
  });
  return { json: JSON.stringify(valid), isExact };
}

/**
 * Members of a JSON object that tell a text: `"text":…`, and where that cannot hold every byte `"bytes":…` with all of them
 * in base 64. A byte string in UTF-8.
 */
export function textMembers(bytes: string): string {
  const { json, isExact } = byteJson(bytes);
  return isExact ? `"text":${json}` : `"text":${json},"bytes":"${btoa(bytes)}"`;
}

/** How many of the first `most` bytes of a longer byte string make whole characters of UTF-8; all where it is no UTF-8. */
export function wholeCharacters(bytes: string, most: number): number {
  let end = most;
  while (end > most - 4 && end > 0 && isContinuation(bytes.charCodeAt(end))) end--;
  return end === 0 || isContinuation(bytes.charCodeAt(end)) ? most : end;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}
