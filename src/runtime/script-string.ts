/**
 * A text as a string value of the script can hold it: up to the first NUL, at most `maxStringLength` - 1 bytes
 * (MAXSTRINGLEN counts the terminating NUL).
 */
export function clipString(text: string, maxStringLength: number): string {
  const clipped = text.length < maxStringLength ? text : text.slice(0, maxStringLength - 1);
  const end = clipped.indexOf('\0');
  return end < 0 ? clipped : clipped.slice(0, end);
}
