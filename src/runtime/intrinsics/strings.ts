import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Functions on strings; stapfuncs(3stap), STRING. Results longer than a string value may be are cut by the caller. */
export const stringFunctions = {
  /** MAXSTRINGLEN: bytes a string value takes with its terminating NUL. */
  max_string_length: (context: HandlerContext): Int64 => context.session.limits.MAXSTRINGLEN,

  strlen: (_context: HandlerContext, text: string): Int64 => text.length,

  /** "" when `start` is outside the text or `length` is not positive. */
  substr: (_context: HandlerContext, text: string, start: Int64, length: Int64): string => {
    if (start < 0 || start >= text.length || length <= 0) return '';
    const from = Number(start);
    return length >= text.length ? text.slice(from) : text.slice(from, from + Number(length));
  },

  /** The byte as a C `char`: signed. */
  stringat: (_context: HandlerContext, text: string, position: Int64): Int64 => {
    if (position < 0 || position >= text.length) throw new ScriptError('Position out of bounds');
    const byte = text.charCodeAt(Number(position));
    return byte < 0x80 ? byte : byte - 0x100;
  },

  isinstr: (_context: HandlerContext, text: string, part: string): Int64 => (text.includes(part) ? 1 : 0),

  strpos: (_context: HandlerContext, text: string, part: string): Int64 => text.indexOf(part),

  isdigit: (_context: HandlerContext, text: string): Int64 => (/^[0-9]/.test(text) ? 1 : 0),

  str_replace: (_context: HandlerContext, text: string, from: string, to: string): string =>
    from === '' ? text : text.replaceAll(from, () => to),

  strtol: (_context: HandlerContext, text: string, base: Int64): Int64 => parseLong(text, base),

  /** Next non-empty token; a non-empty input starts again. The state lasts as long as the handler runs. */
  tokenize: (context: HandlerContext, input: string, delimiters: string): string => {
    if (input !== '') context.tokenizer = { text: input, delimiters };
    return nextToken(context, delimiters);
  },

  tokenize_next: (context: HandlerContext, delimiters: string): string => nextToken(context, delimiters),
};

function nextToken(context: HandlerContext, delimiters: string): string {
  const text = context.tokenizer?.text ?? '';
  let start = 0;
  while (start < text.length && delimiters.includes(text.charAt(start))) start += 1;
  let end = start;
  while (end < text.length && !delimiters.includes(text.charAt(end))) end += 1;
  context.tokenizer = end < text.length ? { text: text.slice(end + 1), delimiters } : undefined;
  return text.slice(start, end);
}

/** Letters beyond hexadecimal are no digits in any base. */
const DIGITS = '0123456789abcdef';

/** The kernel's `simple_strtol`: no leading blanks, no `+`, stops at the first other character, wraps. */
function parseLong(text: string, base: Int64): Int64 {
  const negative = text.startsWith('-');
  let rest = negative ? text.slice(1) : text;
  let radix = Number(base);
  const hasHexPrefix = /^0[xX][0-9a-fA-F]/.test(rest);
  if (radix === 0) radix = hasHexPrefix ? 16 : rest.startsWith('0') ? 8 : 10;
  if (radix === 16 && hasHexPrefix) rest = rest.slice(2);
  let value = 0n;
  for (const char of rest) {
    const digit = DIGITS.indexOf(char.toLowerCase());
    if (digit < 0 || digit >= radix) break;
    value = value * BigInt(radix) + BigInt(digit);
  }
  return fromBigInt(negative ? -value : value);
}
