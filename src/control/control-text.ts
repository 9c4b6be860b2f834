/** The integer that `{"int64":"…"}` stands for may have no more digits than this. */
const INTEGER_TEXT = /^-?\d{1,20}$/;

/**
 * One line of the control protocol: JSON in ASCII, so that every unit of a byte string stays one unit; integers beyond
 * 2^53 as `{"int64":"…"}`.
 */
export function controlLine(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? { int64: item.toString() } : item,
  );
  return `${text.replace(/[\x7f-\uffff]/g, escaped)}\n`;
}

/** The value of a line; undefined when it is no JSON. Nesting too deep to be followed is no JSON either. */
export function parseControlLine(line: string): unknown {
  try {
    return JSON.parse(line, (_key, item: unknown) => {
      if (typeof item === 'string') return byteString(item);
      return isLargeInteger(item) ? BigInt(item.int64) : item;
    });
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

function isLargeInteger(item: unknown): item is { readonly int64: string } {
  return (
    typeof item === 'object' &&
    item !== null &&
    'int64' in item &&
    typeof item.int64 === 'string' &&
    INTEGER_TEXT.test(item.int64) &&
    Object.keys(item).length === 1
  );
}
