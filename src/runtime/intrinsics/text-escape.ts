import type { Int64 } from '../../int64/int64.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Functions that make text printable; stapfuncs(3stap), text_str and its kin. */
export const textEscapeFunctions = {
  /** At most `length` bytes of output; 0 or too much means as long as a string may be. */
  text_strn: (context: HandlerContext, text: string, length: Int64, quoted: Int64): string => {
    const longest = context.session.limits.MAXSTRINGLEN - 1;
    const limit = length <= 0 || length > longest ? longest : Number(length);
    return escapeText(text, limit, quoted !== 0);
  },
};

/** Room that `"..."` and the quotes take from a quoted text, and the characters that a cut one loses. */
const QUOTED_LENGTH_MIN = 5;
const QUOTES_LENGTH = 2;
const CUT_LENGTH = 3;

function escapeText(text: string, limit: number, quoted: boolean): string {
  const room = quoted ? Math.max(limit, QUOTED_LENGTH_MIN) - QUOTES_LENGTH : limit;
  const pieces: string[] = [];
  let length = 0;
  let position = 0;
  while (position < text.length) {
    const { piece, bytes } = escapeNext(text, position);
    if (length + piece.length > room) break;
    pieces.push(piece);
    length += piece.length;
    position += bytes;
  }
  if (!quoted) return pieces.join('');
  if (position >= text.length) return `"${pieces.join('')}"`;
  // Escape sequences are dropped whole.
  for (let cut = 0; cut < CUT_LENGTH && pieces.length > 0;) cut += pieces.pop()?.length ?? 0;
  return `"${pieces.join('')}"...`;
}

const LETTER_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['"', '\\"'],
  ['\\', '\\\\'],
]);

interface EscapedPiece {
  readonly piece: string;
  /** Bytes of the input it stands for. */
  readonly bytes: number;
}

function escapeNext(text: string, position: number): EscapedPiece {
  const char = text.charAt(position);
  const letter = LETTER_ESCAPES.get(char);
  if (letter !== undefined) return { piece: letter, bytes: 1 };
  const code = char.charCodeAt(0);
  if (code >= 0x20 && code < 0x7f) return { piece: char, bytes: 1 };
  if (code >= 0x80) {
    const decoded = decodeUtf8(text, position);
    if (decoded !== undefined) return decoded;
  }
  return { piece: `\\${code.toString(8).padStart(3, '0')}`, bytes: 1 };
}

/** First byte masks, least code points and lengths of well-formed UTF-8 sequences. */
const UTF8_FORMS = [
  { mask: 0xe0, lead: 0xc0, least: 0x80, bytes: 2 },
  { mask: 0xf0, lead: 0xe0, least: 0x800, bytes: 3 },
  { mask: 0xf8, lead: 0xf0, least: 0x10000, bytes: 4 },
];

function decodeUtf8(text: string, position: number): EscapedPiece | undefined {
  const first = text.charCodeAt(position);
  const form = UTF8_FORMS.find(({ mask, lead }) => (first & mask) === lead);
  if (form === undefined || position + form.bytes > text.length) return undefined;
  let code = first & ~form.mask & 0xff;
  for (let index = 1; index < form.bytes; index += 1) {
    const byte = text.charCodeAt(position + index);
    if ((byte & 0xc0) !== 0x80) return undefined;
    code = (code << 6) | (byte & 0x3f);
  }
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < form.least || isSurrogate || code > 0x10ffff) return undefined;
  const digits = code.toString(16).toUpperCase();
  const piece = code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
  return { piece, bytes: form.bytes };
}
