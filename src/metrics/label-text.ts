import { textOfBytes } from '../monitor/byte-text.ts';

/** Longest label value, characters; a longer one is cut and ends in `…`. It is the default MAXSTRINGLEN. */
export const MAX_LABEL_CHARACTERS = 512;
/** Longest help text, characters. */
const MAX_HELP_CHARACTERS = 1024;
/** No reader of the text formats takes it; a script's string cannot hold it. */
const NUL = /\0/g;

/** A byte string of a script as a label value: UTF-8 text of bounded length. */
export function labelText(bytes: string): string {
  return cut(textOfBytes(bytes).replace(NUL, '\ufffd'), MAX_LABEL_CHARACTERS);
}

/** A comment of a script as help: one line without control characters. */
export function helpText(bytes: string): string {
  const line = textOfBytes(bytes)
    .replace(/[\0-\x20\x7f-\x9f\u2028\u2029]+/g, ' ')
    .trim();
  return cut(line, MAX_HELP_CHARACTERS);
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const kept = text.slice(0, length - 1);
  // A character beyond U+FFFF is two units, of which neither may be alone.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
