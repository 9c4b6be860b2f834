import { toBigInt, toByte } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import { formatHex, formatOctal, formatUnsigned } from '../int64/numeral.ts';
import type { FormatConversion, FormatPart } from '../module/format.ts';
import { ScriptError } from './handler-context.ts';
import type { Value } from './value.ts';

type Conversion = Extract<FormatPart, { kind: 'conversion' }>;
type Flag = Conversion['flag'];

/** Text of one conversion; `width` and `precision` are not negative, `precision` undefined when not given. */
type Formatter = (value: Value, width: number, precision: number | undefined) => string;

/** Largest width or precision that is honoured: output longer than any print buffer is cut anyway. */
const FIELD_MAX = 65536;
/** `%m` and `%M` dump at most a page. */
const DUMP_BYTES_MAX = 4096;

/**
 * A function that formats its arguments as `printf` does, made once per format. It takes one argument per
 * conversion, and one more before it for each `*`. Throws `ScriptError` for memory that cannot be read.
 */
export function compileFormat(parts: readonly FormatPart[]): (...args: readonly Value[]) => string {
  const [only] = parts;
  if (parts.length === 1 && only?.kind === 'text') return () => only.text;
  const steps: Step[] = [];
  let position = 0;
  for (const part of parts) {
    steps.push(compilePart(part, position));
    position += argumentCount(part);
  }
  return (...args) => {
    let text = '';
    for (const step of steps) text += step(args);
    return text;
  };
}

/** What `print_char` writes: the low byte. */
export function charText(value: Int64): string {
  return String.fromCharCode(toByte(value));
}

type Step = (args: readonly Value[]) => string;

/** Arguments that a part takes: each `*` takes one before the value's own. */
function argumentCount(part: FormatPart): number {
  if (part.kind === 'text') return 0;
  return 1 + (part.width === '*' ? 1 : 0) + (part.precision === '*' ? 1 : 0);
}

/** The number of a width or precision that an argument gives: negative counts as 0. */
function fieldArgument(value: Value | undefined): number {
  if (value === undefined || typeof value === 'string' || value < 0) return 0;
  return value > FIELD_MAX ? FIELD_MAX : Number(value);
}

function compilePart(part: FormatPart, position: number): Step {
  if (part.kind === 'text') return () => part.text;
  const { conversion, flag, width, precision } = part;
  const isPlain = width === undefined && precision === undefined && flag === '';
  if (isPlain && (conversion === 'd' || conversion === 'i' || conversion === 's')) {
    return (args) => `${args[position] ?? ''}`;
  }
  const format = formatterOf(conversion, flag);
  const valuePosition = position + argumentCount(part) - 1;
  const precisionPosition = valuePosition - 1;
  const fixedWidth = typeof width === 'number' ? Math.min(width, FIELD_MAX) : 0;
  const fixedPrecision = typeof precision === 'number' ? Math.min(precision, FIELD_MAX) : undefined;
  return (args) =>
    format(
      args[valuePosition] ?? 0,
      width === '*' ? fieldArgument(args[position]) : fixedWidth,
      precision === '*' ? fieldArgument(args[precisionPosition]) : fixedPrecision,
    );
}

function formatterOf(conversion: FormatConversion, flag: Flag): Formatter {
  switch (conversion) {
    case 'd':
    case 'i':
      return (value, width, precision) => {
        const number = long(value);
        const positiveSign = flag === '+' || flag === ' ' ? flag : '';
        const sign = number < 0 ? '-' : positiveSign;
        const digits = number < 0 ? number.toString().slice(1) : number.toString();
        return layOut(sign, digits, flag, width, precision);
      };
    case 'u':
      return (value, width, precision) => layOut('', formatUnsigned(long(value)), flag, width, precision);
    case 'x':
      return hexFormatter(flag === '#' ? '0x' : '', flag);
    case 'p':
      return hexFormatter('0x', flag);
    case 'X':
      return (value, width, precision) =>
        layOut(flag === '#' ? '0X' : '', formatHex(long(value)).toUpperCase(), flag, width, precision);
    case 'o':
      return (value, width, precision) =>
        layOut(flag === '#' ? '0' : '', formatOctal(long(value)), flag, width, precision);
    case 'c':
      return (value, width) => {
        const byte = toByte(long(value));
        return pad(flag === '#' ? escapedByte(byte) : String.fromCharCode(byte), flag, width);
      };
    case 's':
      return (value, width, precision) => {
        const text = value.toString();
        return pad(precision === undefined ? text : text.slice(0, precision), flag, width);
      };
    case 'b':
      return (value, width, precision) => binaryText(long(value), flag, width, precision);
    case 'm':
    case 'M':
      return (value, _width, precision) => memoryText(long(value), precision ?? 1);
  }
}

function hexFormatter(prefix: string, flag: Flag): Formatter {
  return (value, width, precision) => layOut(prefix, formatHex(long(value)), flag, width, precision);
}

/** The compiler only pairs number conversions with longs. */
function long(value: Value): Int64 {
  return typeof value === 'string' ? 0 : value;
}

/** Prefix (sign or base), at least `precision` digits, and padding to the width. */
function layOut(
  prefix: string,
  digits: string,
  flag: Flag,
  width: number,
  precision: number | undefined,
): string {
  const filled = precision === undefined ? digits : digits.padStart(precision, '0');
  if (flag === '0') return prefix + filled.padStart(width - prefix.length, '0');
  return pad(prefix + filled, flag, width);
}

function pad(text: string, flag: Flag, width: number): string {
  return flag === '-' ? text.padEnd(width) : text.padStart(width);
}

const LETTER_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
  [0x27, "\\'"],
  [0x5c, '\\\\'],
]);

function escapedByte(byte: number): string {
  const escape = LETTER_ESCAPES.get(byte);
  if (escape !== undefined) return escape;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

/** Little-endian low bytes of the value, NULs added up to the width. */
function binaryText(value: Int64, flag: Flag, width: number, precision: number | undefined): string {
  const wanted = precision ?? (width > 0 ? width : 8);
  const size = wanted === 1 || wanted === 2 || wanted === 4 ? wanted : 8;
  let bytes = '';
  let rest = BigInt.asUintN(64, toBigInt(value));
  for (let index = 0; index < size; index += 1, rest >>= 8n) {
    bytes += String.fromCharCode(Number(rest & 0xffn));
  }
  return flag === '-' ? bytes.padEnd(width, '\0') : bytes.padStart(width, '\0');
}

/** No memory is readable outside the kernel, so a dump fails as one of an unmapped address does. */
function memoryText(address: Int64, bytes: number): string {
  if (bytes > DUMP_BYTES_MAX) throw new ScriptError(`${bytes} is too many bytes for a memory dump`);
  throw new ScriptError(`read fault [man error::fault] at 0x${formatHex(address)}`);
}
