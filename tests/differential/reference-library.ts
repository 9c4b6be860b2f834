import { ScriptFailure } from './reference-failure.ts';
import type { Key } from './reference-array.ts';

/** Library functions on values; see stapfuncs(3stap). Undefined: there is none of that name. */
export function libraryFunction(name: string): ((...args: readonly Key[]) => Key) | undefined {
  return FUNCTIONS.get(name);
}

const text = (value: Key | undefined): string => String(value ?? '');
const long = (value: Key | undefined): bigint => BigInt(value ?? 0n);

const FUNCTIONS: ReadonlyMap<string, (...args: readonly Key[]) => Key> = new Map<
  string,
  (...args: readonly Key[]) => Key
>([
  ['strlen', (s) => BigInt(text(s).length)],
  ['substr', (s, start, length) => substr(text(s), long(start), long(length))],
  ['stringat', (s, position) => stringAt(text(s), long(position))],
  ['isinstr', (s, part) => (text(s).includes(text(part)) ? 1n : 0n)],
  ['strpos', (s, part) => BigInt(text(s).indexOf(text(part)))],
  ['isdigit', (s) => (/^[0-9]/.test(text(s)) ? 1n : 0n)],
  ['str_replace', (s, from, to) => (from === '' ? text(s) : text(s).split(text(from)).join(text(to)))],
  ['strtol', (s, base) => strtol(text(s), long(base))],
]);

function substr(s: string, start: bigint, length: bigint): string {
  if (start < 0n || start >= BigInt(s.length) || length <= 0n) return '';
  const end = start + length;
  return s.substring(Number(start), end > 100_000n ? s.length : Number(end));
}

function stringAt(s: string, position: bigint): bigint {
  if (position < 0n || position >= BigInt(s.length)) throw new ScriptFailure('Position out of bounds');
  return BigInt.asIntN(8, BigInt(s.charCodeAt(Number(position))));
}

/** The conversion of a Linux kernel: no blanks, no plus sign, overflow wraps. */
function strtol(s: string, givenBase: bigint): bigint {
  const sign = s.startsWith('-') ? -1n : 1n;
  let digits = s.startsWith('-') ? s.slice(1) : s;
  let base = givenBase;
  if (base === 0n) base = /^0x[0-9a-f]/i.test(digits) ? 16n : digits.startsWith('0') ? 8n : 10n;
  if (base === 16n && /^0x/i.test(digits)) digits = digits.slice(2);
  let value = 0n;
  for (const letter of digits.toLowerCase()) {
    if (!/[0-9a-z]/.test(letter)) break;
    const digit = BigInt(Number.parseInt(letter, 36));
    if (digit >= base) break;
    value = value * base + digit;
  }
  return BigInt.asIntN(64, sign * value);
}
