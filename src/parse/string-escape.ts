/**
 * The bytes a string literal stands for. Known are `\a \b \t \n \v \f \r \\`, up to three octal digits and,
 * with `hexEscapes`, `\x` with any number of hexadecimal digits (the last eight bits count, as in C);
 * any other character stands for itself.
 */
export function decodeEscapes(raw: string, hexEscapes: boolean): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\(?:([0-7]{1,3})|x([0-9a-fA-F]+)|([^]))/g, (whole, octal, hex, other) => {
    if (typeof octal === 'string') return String.fromCharCode(parseInt(octal, 8) & 0xff);
    if (typeof hex === 'string')
      return hexEscapes ? String.fromCharCode(parseInt(hex.slice(-2), 16)) : whole.slice(1);
    return NAMED_ESCAPES.get(String(other)) ?? String(other);
  });
}

/** Joins the spellings of adjacent literals so that their escapes still mean the same. */
export function joinSpellings(pieces: readonly string[]): string {
  const filled = pieces.filter((piece) => piece !== '');
  return filled.map((piece, index) => closeEscape(piece, filled[index + 1] ?? '')).join('');
}

/** The piece, its last escape written with all three octal digits when what follows would lengthen it. */
function closeEscape(piece: string, following: string): string {
  if (!piece.includes('\\') || !/^[0-9a-fA-F]/.test(following)) return piece;
  const open = /(?:^|[^\\])(?:\\\\)*(\\x[0-9a-fA-F]+|\\[0-7]{1,2})$/.exec(piece)?.[1];
  if (open === undefined || (!open.startsWith('\\x') && !/^[0-7]/.test(following))) return piece;
  const byte = decodeEscapes(open, true).charCodeAt(0);
  return `${piece.slice(0, -open.length)}\\${byte.toString(8).padStart(3, '0')}`;
}

const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
]);
