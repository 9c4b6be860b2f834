import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';

function decode(bits: Int64): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(bits));
  return view.getFloat64(0);
}

function encode(value: number): Int64 {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return fromBigInt(view.getBigInt64(0));
}

/** Rounding of fp_to_long by mode: nearest even, toward zero, down, up, nearest away from zero. */
const ROUNDINGS: readonly ((value: number) => number)[] = [
  roundHalfEven,
  Math.trunc,
  Math.floor,
  Math.ceil,
  (value) => Math.sign(value) * Math.round(Math.abs(value)),
];

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const fraction = value - below;
  if (fraction !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

const LONG_LIMIT = 2 ** 63;
/** What a conversion gives that has no result, as on x86. */
const LONG_INDEFINITE = -(2n ** 63n);

/** IEEE 754 remainder: the quotient is rounded to the nearest integer, ties to even. */
function ieeeRemainder(dividend: number, divisor: number): number {
  const size = Math.abs(divisor);
  let rest = Math.abs(dividend) % (2 * size);
  if (rest * 2 > size) {
    rest -= size;
    if (rest * 2 >= size) rest -= size;
  }
  return dividend < 0 ? -rest : rest;
}

/** Decimals beyond which none of a double's digits differ from 0. */
const DECIMALS_MAX = 100;
const FIXED_NOTATION_LIMIT = 1e21;

function binary(operation: (left: number, right: number) => number) {
  return (_context: HandlerContext, left: Int64, right: Int64): Int64 =>
    encode(operation(decode(left), decode(right)));
}

function relation(holds: (left: number, right: number) => boolean) {
  return (_context: HandlerContext, left: Int64, right: Int64): Int64 =>
    holds(decode(left), decode(right)) ? 1 : 0;
}

/** Double-precision numbers, handled as longs with the same bits; stapfuncs(3stap), FLOATINGPOINT. */
export const floatingPointFunctions = {
  fp_add: binary((left, right) => left + right),
  fp_sub: binary((left, right) => left - right),
  fp_mul: binary((left, right) => left * right),
  fp_div: binary((left, right) => left / right),
  fp_rem: binary(ieeeRemainder),
  fp_sqrt: (_context: HandlerContext, value: Int64): Int64 => encode(Math.sqrt(decode(value))),

  fp_lt: relation((left, right) => left < right),
  fp_le: relation((left, right) => left <= right),
  fp_eq: relation((left, right) => left === right),

  long_to_fp: (_context: HandlerContext, value: Int64): Int64 => encode(Number(value)),

  fp_to_long: (_context: HandlerContext, value: Int64, mode: Int64): Int64 => {
    const rounded = (ROUNDINGS[Number(mode)] ?? roundHalfEven)(decode(value));
    const fits = rounded >= -LONG_LIMIT && rounded < LONG_LIMIT;
    return fits ? fromBigInt(BigInt(rounded)) : LONG_INDEFINITE;
  },

  /** The low 32 bits read as a single-precision number. */
  fp32_to_fp64: (_context: HandlerContext, value: Int64): Int64 => {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, Number(BigInt.asUintN(32, BigInt(value))));
    return encode(view.getFloat32(0));
  },

  fp_to_string: (_context: HandlerContext, value: Int64, precision: Int64): string => {
    const number = decode(value);
    if (Number.isNaN(number)) return 'nan';
    if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf';
    const decimals = precision < 0 ? 0 : precision > DECIMALS_MAX ? DECIMALS_MAX : Number(precision);
    if (Math.abs(number) < FIXED_NOTATION_LIMIT) return number.toFixed(decimals);
    return String(BigInt(number)) + (decimals > 0 ? `.${'0'.repeat(decimals)}` : '');
  },

  string_to_fp: (_context: HandlerContext, text: string): Int64 => {
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) throw new ScriptError('invalid format');
    return encode(Number(text));
  },
};
