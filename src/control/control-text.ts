import { int64Replacer, int64Reviver } from '../module/int64-json.ts';

/**
 * One line of the control protocol: JSON in ASCII, so that every unit of a byte string stays one unit; integers beyond
 * 2^53 as `{"int64":"…"}`.
 */
export function controlLine(value: unknown): string {
  const text = JSON.stringify(value, int64Replacer);
  return `${text.replace(/[\x7f-\uffff]/g, escaped)}\n`;
}

/** The value of a line; undefined when it is no JSON. Nesting too deep to be followed is no JSON either. */
export function parseControlLine(line: string): unknown {
  try {
    return JSON.parse(line, (key, item: unknown) =>
      typeof item === 'string' ? byteString(item) : int64Reviver(key, item),
    );
  } catch {
    return undefined;
  }
}

/** Units of other programs' JSON that are no bytes become the bytes of their UTF-8 form. */
function byteString(text: string): string {
  return /^[\x00-\xff]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
