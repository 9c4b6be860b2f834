import type { FormatPart } from '../../src/module/format.ts';
import type { Key } from './reference-array.ts';

type Conversion = Extract<FormatPart, { kind: 'conversion' }>;

/** The text of printf: stapfuncs(3stap) says how each conversion looks. */
export function formatted(parts: readonly FormatPart[], values: readonly Key[]): string {
  const rest = [...values];
  const field = (given: number | '*' | undefined): number | undefined => {
    if (given !== '*') return given;
    const value = BigInt(rest.shift() ?? 0n);
    return value < 0n ? 0 : Number(value);
  };
  let text = '';
  for (const part of parts) {
    if (part.kind === 'text') {
      text += part.text;
      continue;
    }
    const width = field(part.width) ?? 0;
    const precision = field(part.precision);
    text += one(part, rest.shift() ?? 0n, width, precision);
  }
  return text;
}

function one(part: Conversion, value: Key, width: number, precision: number | undefined): string {
  const { conversion, flag } = part;
  const pad = (text: string, filler = ' '): string => {
    const missing = filler.repeat(Math.max(0, width - text.length));
    return flag === '-' ? text + missing : missing + text;
  };
  if (typeof value === 'string') return pad(precision === undefined ? value : value.substring(0, precision));
  if (conversion === 'c') {
    const byte = Number(value & 0xffn);
    return pad(flag === '#' ? escaped(byte) : String.fromCharCode(byte));
  }
  if (conversion === 'b') {
    const size = precision ?? (width === 0 ? 8 : width);
    let bytes = '';
    for (let place = 0; place < size; place++)
      bytes += String.fromCharCode(Number((value >> BigInt(8 * place)) & 0xffn));
    return pad(bytes, '\0');
  }
  const { prefix, digits } = numberParts(part, value);
  const long = digits.padStart(precision ?? 1, '0');
  if (flag === '0') return prefix + '0'.repeat(Math.max(0, width - prefix.length - long.length)) + long;
  return pad(prefix + long);
}

function numberParts({ conversion, flag }: Conversion, value: bigint): { prefix: string; digits: string } {
  const unsigned = BigInt.asUintN(64, value);
  switch (conversion) {
    case 'u':
      return { prefix: '', digits: unsigned.toString() };
    case 'o':
      return { prefix: flag === '#' ? '0' : '', digits: unsigned.toString(8) };
    case 'x':
      return { prefix: flag === '#' ? '0x' : '', digits: unsigned.toString(16) };
    case 'X':
      return { prefix: flag === '#' ? '0X' : '', digits: unsigned.toString(16).toUpperCase() };
    case 'p':
      return { prefix: '0x', digits: unsigned.toString(16) };
    default: {
      const plus = flag === '+' || flag === ' ' ? flag : '';
      return { prefix: value < 0n ? '-' : plus, digits: (value < 0n ? -value : value).toString() };
    }
  }
}

function escaped(byte: number): string {
  const letter = { 7: 'a', 8: 'b', 12: 'f', 10: 'n', 13: 'r', 9: 't', 11: 'v', 39: "'", 92: '\\' }[byte];
  if (letter !== undefined) return `\\${letter}`;
  if (byte >= 32 && byte <= 126) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
