/**
 * Part of a text, in memory of its own. What `slice` returns points into the text and keeps all of it alive, which
 * thousands of short values in an array may not do to long texts; joining makes a copy.
 */
export function detachedPart(text: string, start: number, end: number): string {
  return ` ${text.slice(start, end)}`.slice(1);
}

/**
 * A text as a string value of the script can hold it: up to the first NUL, at most `maxStringLength` - 1 bytes
 * (MAXSTRINGLEN counts the terminating NUL).
 */
export function clipString(text: string, maxStringLength: number): string {
  const clipped = text.length < maxStringLength ? text : detachedPart(text, 0, maxStringLength - 1);
  const end = clipped.indexOf('\0');
  return end < 0 ? clipped : clipped.slice(0, end);
}
