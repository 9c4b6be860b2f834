import { monitorIntervalMs } from '../monitor/monitor-interval.ts';
import type { Assignment, OutputRotation, Verbosity } from '../session/stap-options.ts';
import { UsageError } from './usage-error.ts';

/** Shapes of arguments that SystemTap checks by a POSIX pattern; case does not matter. */
const SAFETY_PATTERNS = {
  '-D': '^[a-z_][a-z_0-9]*(=-?[a-z_0-9]+)?$',
  '-G': '^[a-z_][a-z0-9_]*=[a-z0-9_.-]+$',
  '-S': '^[0-9]+(,[0-9]+)?$',
  '-a': '^[a-z0-9_-]+$',
  '-m': '^[a-z0-9_]+$',
  '--modinfo': '^[a-z_][a-z0-9_]*=.+$',
} as const;

/** Longest module name: the kernel's MODULE_NAME_LEN less what SystemTap keeps for itself. */
const MAX_MODULE_NAME = 55;

/** @throws {UsageError} when the value does not have the shape that the option asks for. */
export function checkSafety(option: keyof typeof SAFETY_PATTERNS, value: string): string {
  const pattern = SAFETY_PATTERNS[option];
  if (new RegExp(pattern, 'i').test(value)) return value;
  throw new UsageError(
    `ERROR: Safety pattern mismatch for ${option} parameter ('${value}' vs. '${pattern}') rc=1`,
  );
}

/**
 * A decimal number as strtoul(3) reads it: blanks and a sign may lead, nothing may follow; the empty text is 0.
 * NaN when it is not one.
 */
export function parseDecimal(text: string): number {
  return /^\s*[-+]?\d+$/.test(text) ? Number(text) : text === '' ? 0 : NaN;
}

/** `NAME=VALUE`; without a value it is 1, as the C preprocessor has it. */
export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=');
  return equals < 0
    ? { name: text, value: '1' }
    : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** -p NUM */
export function parsePass(text: string): 1 | 2 | 3 | 4 | 5 {
  const pass = parseDecimal(text);
  if (pass === 1 || pass === 2 || pass === 3 || pass === 4 || pass === 5) return pass;
  throw new UsageError('Invalid pass number (should be 1-5).');
}

/** --vp DIGITS, added to what there is. */
export function addVerbosityDigits(verbosity: Verbosity, text: string): Verbosity {
  if (!/^\d{1,5}$/.test(text)) throw new UsageError('Invalid --vp argument: it takes 1 to 5 digits.');
  const added = (pass: number): number => Number(text.charAt(pass));
  return addVerbosity(verbosity, added);
}

/** Verbosity plus what `added` gives for pass index 0 to 4. */
export function addVerbosity(verbosity: Verbosity, added: (pass: number) => number): Verbosity {
  const [first, second, third, fourth, fifth] = verbosity;
  return [first + added(0), second + added(1), third + added(2), fourth + added(3), fifth + added(4)];
}

/** -s MB */
export function parseBufferSize(text: string): number {
  const size = parseDecimal(text);
  if (size >= 1 && size <= 4095) return size;
  throw new UsageError('Invalid buffer size (should be 1-4095).');
}

/** -T SECONDS as milliseconds; strtod(3) forms that scripts use. */
export function parseTimeout(text: string): number {
  const milliseconds = /^\s*\+?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)
    ? Math.trunc(Number(text) * 1000)
    : 0;
  if (milliseconds >= 1) return milliseconds;
  throw new UsageError('Invalid timeout interval.');
}

/** --monitor[=SECONDS] as milliseconds */
export function parseMonitorInterval(text: string): number {
  const milliseconds = monitorIntervalMs(text);
  if (milliseconds === undefined) throw new UsageError('Invalid monitor interval.');
  return milliseconds;
}

/** -S SIZE[,N] */
export function parseRotation(text: string): OutputRotation {
  const [size = '', files] = checkSafety('-S', text).split(',');
  return { sizeMb: Number(size), files: files === undefined ? undefined : Number(files) };
}

/** -m NAME: without .ko or .so and cut to length, each time with a line for `note`. */
export function parseModuleName(text: string, note: (line: string) => void): string {
  let name = text;
  if (/\.(ko|so)$/.test(name)) {
    name = name.slice(0, -3);
    note(`Truncating module name to '${name}'`);
  }
  if (name === '') throw new UsageError('Module name cannot be empty.');
  checkSafety('-m', name);
  if (name.length >= MAX_MODULE_NAME) {
    name = name.slice(0, MAX_MODULE_NAME);
    note(`Truncating module name to '${name}'`);
  }
  return name;
}

/** A C integer (decimal, 0x, 0) for a resource limit; -1 stands for no limit. */
export function parseLimit(resource: string, text: string): bigint {
  if (text === '') throw new UsageError(`An --rlimit-${resource} option value must be specified.`);
  const match = /^\s*(-?)(0x[0-9a-f]+|\d+)$/i.exec(text);
  if (match === null) {
    const what =
      resource === 'as'
        ? `rlimit-as resource limit '${text}'.`
        : `resource limit '${text}' for rlimit-${resource}`;
    throw new UsageError(`Unable to convert ${what}`);
  }
  const digits = match[2] ?? '0';
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return BigInt.asUintN(64, match[1] === '-' ? -value : value);
}
