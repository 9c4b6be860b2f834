import { fromBigInt } from './int64.ts';
import type { Int64 } from './int64.ts';

/*
 * Sums, differences and products of safe integers that are themselves safe are exact as JavaScript numbers,
 * and rounding is monotone, so a result inside the safe range proves that nothing was lost. Everything else
 * goes through bigint. The functions are small so that V8 inlines the number path.
 */
const MAX_SAFE = 9007199254740991;

/** left + right, wrapping. */
export function add(left: Int64, right: Int64): Int64 {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (sum <= MAX_SAFE && sum >= -MAX_SAFE) return sum;
  }
  return fromBigInt(BigInt(left) + BigInt(right));
}

/** left - right, wrapping. */
export function sub(left: Int64, right: Int64): Int64 {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right;
    if (difference <= MAX_SAFE && difference >= -MAX_SAFE) return difference;
  }
  return fromBigInt(BigInt(left) - BigInt(right));
}

/** left * right, wrapping. */
export function mul(left: Int64, right: Int64): Int64 {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    // Adding 0 turns -0 into 0.
    if (product <= MAX_SAFE && product >= -MAX_SAFE) return product + 0;
  }
  return fromBigInt(BigInt(left) * BigInt(right));
}

/**
 * left / right truncated toward zero; the least value divided by -1 is itself. The caller has checked that
 * `right` is not 0 (`right === 0` is enough, as values are normalised).
 */
export function div(left: Int64, right: Int64): Int64 {
  // The quotient of two safe integers never rounds up to an integer it does not reach, so trunc is exact.
  if (typeof left === 'number' && typeof right === 'number') return Math.trunc(left / right) + 0;
  return fromBigInt(BigInt(left) / BigInt(right));
}

/** Remainder with the sign of `left`. The caller has checked that `right` is not 0. */
export function rem(left: Int64, right: Int64): Int64 {
  if (typeof left === 'number' && typeof right === 'number') return (left % right) + 0;
  return fromBigInt(BigInt(left) % BigInt(right));
}

/** -value, wrapping: the least value is its own negation. */
export function neg(value: Int64): Int64 {
  return typeof value === 'number' ? 0 - value : fromBigInt(-value);
}
