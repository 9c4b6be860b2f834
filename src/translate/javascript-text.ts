import type { Int64 } from '../int64/int64.ts';

/** A JavaScript literal of a long. */
export function longLiteral(value: Int64): string {
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** A JavaScript literal of a byte string, in ASCII. */
export function stringLiteral(value: string): string {
  return JSON.stringify(value).replace(/[^ -~]/g, escapeByte);
}

/** Text for a template literal, with everything escaped that means something there. */
export function templateText(value: string): string {
  return stringLiteral(value).slice(1, -1).replace(/[`$]/g, '\\$&');
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
