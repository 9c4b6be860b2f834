/**
 * Wrapped signed 64-bit integers, the only number type of the script language.
 *
 * Representation: a JavaScript `number` when the value is a safe integer (|v| <= 2^53 - 1, never -0),
 * a `bigint` otherwise. Every function returns the normalised form, so `===` compares values, a value can be
 * a Map key as it is, and `<` works between the two forms.
 */
export type Int64 = number | bigint;

/** The low 64 bits of any integer, read as signed and in normalised form. */
export function fromBigInt(value: bigint): Int64 {
  const wrapped = BigInt.asIntN(64, value);
  const asNumber = Number(wrapped);
  return Number.isSafeInteger(asNumber) ? asNumber : wrapped;
}

/** The value as a bigint, in -2^63 … 2^63 - 1. */
export function toBigInt(value: Int64): bigint {
  return BigInt(value);
}

/** The value's 64 bits read as unsigned, in 0 … 2^64 - 1. */
export function toUnsignedBigInt(value: Int64): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

/** -1, 0 or 1 as `left` is less than, equal to or greater than `right`. */
export function compare(left: Int64, right: Int64): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The low 32 bits read as signed, as a C conversion to `int` gives. */
export function toInt32(value: Int64): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
}

/** The low 8 bits, 0 … 255. */
export function toByte(value: Int64): number {
  return typeof value === 'number' ? value & 0xff : Number(value & 0xffn);
}

/** The value as a JavaScript number, moved to the nearest of `low` and `high` (safe integers) when outside. */
export function clampToNumber(value: Int64, low: number, high: number): number {
  return value < low ? low : value > high ? high : Number(value);
}
