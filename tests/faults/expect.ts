import { isDeepStrictEqual } from 'node:util';
import type { StapEnd } from '../e2e/running-stap.ts';

const shown = (value: unknown): string => JSON.stringify(value);

/** Throws unless both are the same. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Error(`${what}: ${shown(actual)} instead of ${shown(expected)}`);
}

/** Throws unless the text matches. */
export function expectMatch(what: string, actual: string, pattern: RegExp): void {
  if (!pattern.test(actual)) throw new Error(`${what}: ${shown(actual)} does not match ${String(pattern)}`);
}

/** Throws unless stap ended with status 0 and said nothing but who was inside. */
export function expectCleanEnd(end: StapEnd): void {
  expectEqual('status of stap', [end.status, end.signal], [0, undefined]);
  const rest = end.stderr.replace(/^WARNING: module directory was in use by: .*\n/m, '');
  expectEqual('messages of stap', rest, '');
}
