const FAILURES = {
  1: 'parse failed',
  2: 'analysis failed',
  3: 'translation failed',
  4: 'compilation failed',
  5: 'run failed',
} as const;

/** The last line about a pass that failed, with its newline. */
export function passFailureLine(pass: keyof typeof FAILURES): string {
  return `Pass ${pass}: ${FAILURES[pass]}.  [man error::pass${pass}]\n`;
}
