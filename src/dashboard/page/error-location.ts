/** Where in a script something is wrong. Line and column count from 1. */
export interface ErrorLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number | undefined;
}

/** Something to be marked at a line of the source. */
export interface SourceFinding extends ErrorLocation {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** How often it was told. */
  readonly count: number;
}

/** Findings that are listed; beyond them the oldest go. */
export const MAX_FINDINGS = 100;

/** As `near identifier 'x' at demo.stp:3:14`: names have no blanks unless they are absolute. */
const LOCATION = /\bat (\/[^:\n]+|[^\s:]+):(\d+):(\d+)/;

/** The place that a message of a running script names; undefined where it names none. */
export function locationIn(message: string): ErrorLocation | undefined {
  const [, file, line, column] = LOCATION.exec(message) ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

/** Adds what lines of the error stream say about the script to what is known; the same again is counted. */
export function addFindings(
  known: readonly SourceFinding[],
  lines: readonly string[],
): readonly SourceFinding[] {
  const findings = [...known];
  for (const text of lines) {
    const location = locationIn(text);
    const [, word, message = ''] = /^\s*(ERROR|WARNING): (.*)$/.exec(text) ?? [];
    if (location === undefined || word === undefined) continue;
    const severity = word === 'ERROR' ? 'error' : 'warning';
    const index = findings.findIndex(
      (one) => one.message === message && one.line === location.line && one.severity === severity,
    );
    const count = (findings[index]?.count ?? 0) + 1;
    if (index >= 0) findings.splice(index, 1);
    findings.push({ ...location, severity, message, count });
  }
  return findings.length === known.length && findings.every((one, index) => one === known[index])
    ? known
    : findings.slice(-MAX_FINDINGS);
}

/** Whether a finding's file is the source of that name: a run may tell a path, and the source only its end. */
export function isInSource(finding: { readonly file: string }, sourceName: string): boolean {
  return (
    finding.file === sourceName ||
    finding.file.endsWith(`/${sourceName}`) ||
    sourceName.endsWith(`/${finding.file}`)
  );
}
