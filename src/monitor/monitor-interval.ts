/** What timers of the event loop can wait for at most. */
const LONGEST_MS = 0x7fff_ffff;

/**
 * Milliseconds between two refreshes, from the seconds that `--monitor=N` or `staprun -M N` gives; one second for the
 * empty text. undefined: not a whole number of at least 1.
 */
export function monitorIntervalMs(seconds: string): number | undefined {
  const value = seconds === '' ? 1 : /^\s*\+?\d+$/.test(seconds) ? Number(seconds) : 0;
  return value >= 1 ? Math.min(value * 1000, LONGEST_MS) : undefined;
}
