import type { ApiValue } from '../api.ts';

/** Digits in groups of three, with a narrow blank between them. */
export function formatCount(value: number | bigint): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return formatDecimal(value);
  const digits = (value < 0 ? -value : value).toString();
  return (value < 0 ? '−' : '') + digits.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Three digits that count, as `0.123`, `12.3`, `1 234`. */
export function formatDecimal(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return formatCount(Math.round(value));
  if (size < 0.001) return value.toExponential(1).replaceAll('-', '−');
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

/** For the axis of a plot: `1.5k`, `20M`. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  for (const [factor, letter] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (size >= factor) return `${Number((value / factor).toPrecision(4))}${letter}`.replace('-', '−');
  return String(Number(value.toPrecision(6))).replace('-', '−');
}

/** In units of 1024, as `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${formatDecimal(value)} ${units[unit] ?? ''}`;
}

/** A short time, as `340 ns`, `12.3 µs`, `1.5 s`. */
export function formatNanoseconds(ns: number): string {
  for (const [factor, unit] of [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
  ] as const)
    if (ns >= factor) return `${formatDecimal(ns / factor)} ${unit}`;
  return `${formatDecimal(ns)} ns`;
}

/** A long time, as `3 s`, `5 min 2 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Part of a whole, as `12.5 %`; empty when there is no whole. */
export function formatShare(part: number, whole: number): string {
  return whole > 0 ? `${((part / whole) * 100).toFixed(1)} %` : '';
}

/** An integer of any size, as the interface writes it. */
export function integerOf(value: number | { readonly int64: string }): number | bigint {
  return typeof value === 'number' ? value : BigInt(value.int64);
}

/** A value of the script as text; of a statistic how many values it has counted. */
export function formatValue(value: ApiValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatCount(value);
  return 'int64' in value ? formatCount(BigInt(value.int64)) : formatCount(value.count);
}

/** A value as it is typed to set it. */
export function plainValue(value: ApiValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return 'int64' in value ? value.int64 : String(value.count);
}

const LETTERS = ['r', 'w', 'x', 'r', 'w', 'x', 'r', 'w', 'x'];

/** Permission bits as `ls -l` writes them: "0644" is `-rw-r--r--`. */
export function formatMode(mode: string): string {
  const bits = Number.parseInt(mode, 8);
  return `-${LETTERS.map((letter, index) => ((bits >> (8 - index)) & 1 ? letter : '-')).join('')}`;
}
