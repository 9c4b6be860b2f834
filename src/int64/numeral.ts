import { fromBigInt, toUnsignedBigInt } from './int64.ts';
import type { Int64 } from './int64.ts';

const UNSIGNED_MAX = 2n ** 64n - 1n;
const SIGNED_MIN_MAGNITUDE = 2n ** 63n;

function magnitude(text: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return BigInt(text);
  if (/^0[0-7]*$/.test(text)) return BigInt(`0o${text}`);
  if (/^[1-9][0-9]*$/.test(text)) return BigInt(text);
  return undefined;
}

/**
 * Value of a number token: what C's `strtoull(text, …, 0)` accepts completely (0x hexadecimal, leading 0
 * octal, else decimal), up to 2^64 - 1, reinterpreted as signed. Undefined when it is not such a number.
 */
export function parseNumber(text: string): Int64 | undefined {
  const value = magnitude(text);
  return value === undefined || value > UNSIGNED_MAX ? undefined : fromBigInt(value);
}

/**
 * Value of a number token after a `-` in a literal position: the magnitude may be at most 2^63.
 * Undefined when it is not such a number.
 */
export function parseNegatedNumber(text: string): Int64 | undefined {
  const value = magnitude(text);
  return value === undefined || value > SIGNED_MIN_MAGNITUDE ? undefined : fromBigInt(-value);
}

/** Signed decimal digits. */
export function formatDecimal(value: Int64): string {
  return value.toString();
}

/** Decimal digits of the 64 bits read as unsigned. */
export function formatUnsigned(value: Int64): string {
  return value >= 0 ? value.toString() : toUnsignedBigInt(value).toString();
}

/** Lower-case hexadecimal digits of the 64 bits, no prefix. */
export function formatHex(value: Int64): string {
  return value >= 0 ? value.toString(16) : toUnsignedBigInt(value).toString(16);
}

/** Octal digits of the 64 bits, no prefix. */
export function formatOctal(value: Int64): string {
  return value >= 0 ? value.toString(8) : toUnsignedBigInt(value).toString(8);
}
