import { bytesOfText, textOfBytes } from '../monitor/byte-text.ts';
import { characterSetOf, printableText } from '../monitor/printable-text.ts';

/** A byte string of anybody's making as bytes that a terminal only shows: no control character stays. */
export function shownText(bytes: string): string {
  // A name from a file is text when it holds more than bytes.
  const units = bytes.replace(/[^\x00-\xff]/g, '?');
  return bytesOfText(printableText(units, characterSetOf(process.env)));
}

/** A value of a global as a script would write it: a number, or a string literal. */
export function shownValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return `"${escapedText(value)}"`;
  if (typeof value !== 'object' || value === null) return '?';
  return Object.entries(value)
    .filter(([, item]) => typeof item === 'number' || typeof item === 'bigint')
    .map(([name, item]) => `@${shownText(name)}=${String(item)}`)
    .join(' ');
}

/**
 * JSON of a value with a newline at the end, as UTF-8 bytes. Byte strings become the text they mean; integers keep all
 * their digits.
 */
export function jsonOutput(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === 'string') return textOfBytes(item);
      return typeof item === 'bigint' ? `\0integer ${item}` : item;
    },
    2,
  );
  const shown = text
    .replace(/"\\u0000integer (-?\d+)"/g, '$1')
    // What JSON leaves as it is, but terminals obey: C1 controls and marks of direction.
    .replace(/[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escapedUnit);
  return `${bytesOfText(shown)}\n`;
}

function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function escapedText(text: string): string {
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r')
    .replace(/[\x00-\x1f\x7f]/g, (unit) => `\\${unit.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return shownText(escaped);
}
