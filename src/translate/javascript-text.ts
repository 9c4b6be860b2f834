import type { Int64 } from '../int64/int64.ts';

/** A JavaScript literal of a long. */
export function longLiteral(value: Int64): string {
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** A JavaScript literal of a byte string, in ASCII. */
export function stringLiteral(value: string): string {
  return JSON.stringify(value).replace(/[^ -~]/g, escapeByte);
}

/** A JavaScript literal of what a string value of the script holds: up to the first NUL, MAXSTRINGLEN - 1 bytes. */
export function clippedLiteral(value: string, maxStringLength: number): string {
  const end = value.indexOf('\0');
  const visible = end < 0 ? value : value.slice(0, end);
  return stringLiteral(visible.slice(0, maxStringLength - 1));
}

/** A comment to the end of the line. Names of files and probe points may hold what would end it. */
export function lineComment(text: string): string {
  return `// ${text.replace(/[^ -~]/g, escapeByte)}`;
}

/** Text for a template literal, with everything escaped that means something there. */
export function templateText(value: string): string {
  return stringLiteral(value).slice(1, -1).replace(/[`$]/g, '\\$&');
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
