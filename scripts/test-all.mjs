// Runs all checks and tests and adds up their counts: `node scripts/test-all.mjs [NAME…]`.
//
// A suite tells its counts in a report file: vitest by its JSON reporter, our own runners by writing
// {"passed": n, "failed": n, "skipped": [{"name", "reason"}]} to $STAP_TEST_REPORT. A check counts as one test.
// Two suites run at a time, the next one when one ends; output is printed when a suite ends, in one piece. A suite that
// takes too long is ended with everything it started, after a list of what was still running.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeProcesses, descendantsOf } from './process-tree.mjs';
import { kernelHeadersRelease, skipConditions } from './skip-conditions.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const runTs = (file, ...rest) => [
  process.execPath,
  join(root, 'scripts/run-ts.mjs'),
  join(root, file),
  ...rest,
];

const check = (name, command, timeoutS = 120) => ({ name, kind: 'check', command, timeoutS });
/** A check that compares with the installed SystemTap; a skip where there is none. */
const oracleCheck = (name, command) => ({
  name,
  kind: 'check',
  needsSystemTap: true,
  command,
  timeoutS: 400,
});
const runner = (name, command, timeoutS = 240) => ({ name, kind: 'runner', command, timeoutS });
const vitest = (name, config, rest = [], timeoutS = 600) => ({
  name,
  kind: 'vitest',
  command: [bin('vitest'), 'run', '--config', config, '--reporter=default', '--reporter=json', ...rest],
  timeoutS,
});

const WIDTH = 2;

/**
 * In order of start. The load comes first, beside a check that has no timeouts: a thousand processes at once would
 * disturb what others measure in seconds. Short ones come last, so that both places are busy to the end.
 */
const SUITES = [
  check('eslint', [bin('eslint'), '.'], 240),
  vitest('load', 'vitest.e2e.config.ts', ['tests/e2e/concurrency.test.ts']),
  vitest('e2e', 'vitest.e2e.config.ts', ['--exclude', 'tests/e2e/concurrency.test.ts']),
  vitest('unit', 'vitest.config.ts'),
  vitest('browser', 'vitest.browser.config.ts'),
  runner('faults', runTs('tests/faults/run.ts', '--short'), 120),
  runner('oracle', runTs('tests/oracle/run.ts'), 400),
  oracleCheck('oracle-check', runTs('tests/oracle/check-corpus.ts')),
  runner('conformance', runTs('tests/conformance/run.ts')),
  oracleCheck('oracle-parse', runTs('tests/oracle/parse-corpus.ts')),
  check('tsc', [bin('tsc'), '-p', 'tsconfig.json']),
  check('tsc-page', [bin('tsc'), '-p', 'src/dashboard/page/ui']),
  check('prettier', [bin('prettier'), '--check', '.']),
  runner('lang-golden', runTs('tests/conformance/run-lang-golden.ts')),
  check('boundaries', [process.execPath, 'scripts/check-boundaries.mjs']),
  check('knip', [bin('knip')]),
];

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function run(suite, reportFile) {
  const command = [...suite.command];
  if (suite.kind === 'vitest') command.push(`--outputFile.json=${reportFile}`);
  const startedMs = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        STAP_TEST_REPORT: reportFile,
        STAP_ORACLE_RELEASE: kernelHeadersRelease() ?? '',
        NO_COLOR: '1',
        // Built by now; whoever edits sources meanwhile must not make tests wait for builds.
        STAP_KEEP_BUILD: '1',
      },
    });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const timer = setTimeout(() => {
      const running = [child.pid, ...descendantsOf(child.pid)];
      output.push(
        Buffer.from(`\nstopped after ${suite.timeoutS} s; still running:\n${describeProcesses(running)}`),
      );
      for (const pid of running) kill(pid);
    }, suite.timeoutS * 1000);
    child.on('error', (error) => output.push(Buffer.from(String(error))));
    // A process that a suite left behind may hold the other end of its output for ever.
    child.on('exit', () => setTimeout(() => child.stdout.destroy() && child.stderr.destroy(), 5000).unref());
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output: Buffer.concat(output).toString('latin1'), tookMs: Date.now() - startedMs });
    });
  });
}

/** {passed, failed, skips} of a finished suite; a suite that ended badly without a failed test counts one failure. */
function countsOf(suite, result, reportFile) {
  const ok = result.status === 0;
  if (suite.kind === 'check') return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skips: [] };
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skips: [] };
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const counts =
    suite.kind === 'runner'
      ? { passed: report.passed, failed: report.failed, skips: report.skipped }
      : {
          passed: report.numPassedTests,
          failed: report.numFailedTests + report.testResults.filter(isBrokenFile).length,
          skips: report.testResults
            .flatMap((file) => file.assertionResults)
            .filter(
              (test) => test.status === 'pending' || test.status === 'skipped' || test.status === 'todo',
            )
            .map((test) => ({ name: test.fullName })),
        };
  if (!ok && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** A test file that could not even be loaded has no failed tests of its own. */
function isBrokenFile(file) {
  return file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed');
}

/** Takes suites off the queue until it is empty. */
async function runQueue(queue, scratch, results) {
  for (let suite = queue.shift(); suite !== undefined; suite = queue.shift()) {
    if (suite.needsSystemTap && skipConditions['no SystemTap installed']()) {
      const skips = [{ name: 'comparison with SystemTap' }];
      results.push({ suite, counts: { passed: 0, failed: 0, skips } });
      continue;
    }
    const reportFile = join(scratch, `${suite.name}.json`);
    const result = await run(suite, reportFile);
    const counts = countsOf(suite, result, reportFile);
    const seconds = (result.tookMs / 1000).toFixed(1);
    process.stdout.write(
      `== ${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skips.length} skipped (${seconds} s)\n`,
    );
    if (counts.failed > 0) process.stdout.write(Buffer.from(result.output, 'latin1'));
    results.push({ suite, counts });
  }
}

/**
 * Compares the skips that happened with those this machine explains; returns one line per disagreement. A name that
 * ends in ` *` stands for all tests whose names begin so.
 */
function skipProblems(skips) {
  const expected = JSON.parse(readFileSync(join(root, 'tests/expected-skips.json'), 'utf8'));
  const due = expected.filter((entry) => skipConditions[entry.when]());
  for (const entry of due) console.log(`skipped: ${entry.suite}: ${entry.name} (${entry.reason})`);
  const explains = (entry, skip) =>
    entry.suite === skip.suite &&
    (entry.name.endsWith(' *') ? skip.name.startsWith(entry.name.slice(0, -1)) : entry.name === skip.name);
  const isUnexpected = (skip) => !due.some((entry) => explains(entry, skip));
  const isMissing = (entry) => !skips.some((skip) => explains(entry, skip));
  return [
    ...skips.filter(isUnexpected).map((skip) => `unexpected skip: ${skip.suite}: ${skip.name}`),
    ...due.filter(isMissing).map((entry) => `expected to be skipped: ${entry.suite}: ${entry.name}`),
  ];
}

const wanted = process.argv.slice(2);
const known = SUITES.map((suite) => suite.name);
for (const name of wanted) {
  if (known.includes(name)) continue;
  console.error(`unknown suite '${name}'; known: ${known.join(' ')}`);
  process.exit(2);
}
const queue = SUITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const scratch = mkdtempSync(join(tmpdir(), 'stap-test-'));
const results = [];
await Promise.all(Array.from({ length: WIDTH }, () => runQueue(queue, scratch, results)));
rmSync(scratch, { recursive: true, force: true });

let passed = 0;
let failed = 0;
const skips = [];
for (const { suite, counts } of results) {
  passed += counts.passed;
  failed += counts.failed;
  for (const skip of counts.skips) skips.push({ suite: suite.name, name: skip.name });
}
if (wanted.length === 0) {
  const problems = skipProblems(skips);
  for (const problem of problems) console.log(problem);
  failed += problems.length;
}
console.log(`${passed} passed, ${failed} failed, ${skips.length} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
