import { writeFileSync } from 'node:fs';

/** A test that did not run, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** Counts of one runner. */
export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skip[];
}

/**
 * Ends a runner: prints `N passed, N failed, N skipped`, writes the counts to the file named by STAP_TEST_REPORT
 * (scripts/test-all.mjs adds them up) and sets the exit status.
 */
export function finishRunner(report: TestReport): void {
  for (const { name, reason } of report.skipped) console.log(`skipped ${name}: ${reason}`);
  console.log(`${report.passed} passed, ${report.failed} failed, ${report.skipped.length} skipped`);
  const file = process.env['STAP_TEST_REPORT'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(report));
  process.exitCode = report.failed === 0 ? 0 : 1;
}
