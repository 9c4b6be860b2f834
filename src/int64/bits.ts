import { fromBigInt, toUnsignedBigInt } from './int64.ts';
import type { Int64 } from './int64.ts';

/*
 * Three paths: both operands fit 32 bits (JavaScript's own operators), both are safe integers (two 32-bit
 * halves, the high one signed and at most 22 bits wide), or bigint.
 */
const MAX_SAFE = 9007199254740991;
const TWO_32 = 4294967296;

/** Joins a signed high half of at most 22 bits with a low half; only -2^53 is not a safe integer. */
function join(high: number, low: number): Int64 {
  const joined = high * TWO_32 + (low >>> 0);
  return joined < -MAX_SAFE ? BigInt(joined) : joined;
}

function high(value: number): number {
  return Math.floor(value / TWO_32);
}

/** Bitwise and. */
export function and(left: Int64, right: Int64): Int64 {
  if (typeof left === 'number' && typeof right === 'number') {
    if ((left | 0) === left && (right | 0) === right) return left & right;
    return join(high(left) & high(right), left & right);
  }
  return fromBigInt(BigInt(left) & BigInt(right));
}

/** Bitwise or. */
export function or(left: Int64, right: Int64): Int64 {
  if (typeof left === 'number' && typeof right === 'number') {
    if ((left | 0) === left && (right | 0) === right) return left | right;
    return join(high(left) | high(right), left | right);
  }
  return fromBigInt(BigInt(left) | BigInt(right));
}

/** Bitwise exclusive or. */
export function xor(left: Int64, right: Int64): Int64 {
  if (typeof left === 'number' && typeof right === 'number') {
    if ((left | 0) === left && (right | 0) === right) return left ^ right;
    return join(high(left) ^ high(right), left ^ right);
  }
  return fromBigInt(BigInt(left) ^ BigInt(right));
}

/** Bitwise complement, -1 - value. */
export function not(value: Int64): Int64 {
  if (typeof value === 'number' && value !== MAX_SAFE) return -1 - value;
  return fromBigInt(~BigInt(value));
}

/** A shift count: its low six bits. */
function shiftCount(count: Int64): number {
  return typeof count === 'number' ? count & 63 : Number(count & 63n);
}

/** value << count, wrapping; the count is taken modulo 64. */
export function shl(value: Int64, count: Int64): Int64 {
  const places = shiftCount(count);
  if (typeof value === 'number') {
    // Scaling by a power of two is exact, so a safe result is the right one.
    const scaled = value * 2 ** places;
    if (scaled <= MAX_SAFE && scaled >= -MAX_SAFE) return scaled;
  }
  return fromBigInt(BigInt(value) << BigInt(places));
}

/** Arithmetic right shift; the count is taken modulo 64. */
export function shr(value: Int64, count: Int64): Int64 {
  const places = shiftCount(count);
  if (typeof value === 'number') return Math.floor(value / 2 ** places);
  return fromBigInt(value >> BigInt(places));
}

/** Logical right shift; the count is taken modulo 64. */
export function ushr(value: Int64, count: Int64): Int64 {
  if (value >= 0) return shr(value, count);
  return fromBigInt(toUnsignedBigInt(value) >> BigInt(shiftCount(count)));
}
