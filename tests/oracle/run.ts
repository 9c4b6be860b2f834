import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecords, type ConformanceRecord } from '../conformance/record.ts';
import { plainEnvironment, repositoryRoot, runCommand } from '../harness/command.ts';
import { inParallel } from '../harness/in-parallel.ts';
import { lineDiff } from '../harness/line-diff.ts';
import { finishRunner, type TestReport } from '../harness/test-report.ts';
import { allowedDifferences } from './allowed-differences.ts';
import { comparableOf, type Aspect, type Comparable } from './comparable.ts';
import { checkDifferencesTable } from './differences-table.ts';
import { SystemTap } from './system-tap.ts';

const DIFFERENCES = join(repositoryRoot, 'docs/differences-from-systemtap.md');
const SMALL_LIBRARY = join(repositoryRoot, 'tests/oracle/small-library');
const SMALL_LIBRARY_FUNCTIONS = new Set(['exit', 'error', 'strlen', 'substr']);
/** Names before a parenthesis that are components of probe points. */
const POINTS = new Set([
  ...[
    'begin',
    'end',
    'error',
    'procfs',
    'umask',
    'maxsize',
    'randomize',
    's',
    'sec',
    'ms',
    'msec',
    'us',
    'usec',
  ],
  ...['ns', 'nsec', 'hz', 'jiffies'],
]);
/** One of so many scripts of the corpus is compared when not all are asked for. */
const SUBSET = 4;

const ASPECTS: readonly Aspect[] = ['accepted', 'firstError', 'warnings', 'types', 'listing'];

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
const caseName = (record: ConformanceRecord): string =>
  `${record.file.replace(/^.*\//, '').replace(/\.txt$/, '')}: ${record.name}`;
const commandOf = (record: ConformanceRecord): string =>
  record.command ?? `stap -p2 ${record.options} -e ${quote(record.program ?? '')} ${record.scriptArguments}`;

const asText = (value: Comparable[Aspect]): string =>
  Array.isArray(value) ? value.map((line) => `${String(line)}\n`).join('') : `${String(value)}\n`;

/** Does the script use anything of the library that the small one lacks? Then SystemTap must read all of its own. */
function needsWholeLibrary({ program }: ConformanceRecord): boolean {
  if (program === undefined) return true;
  if (/\b(oneshot|init|input|prometheus)\b|@(choose_defined|prometheus)|probe [^{]*\*/.test(program))
    return true;
  const own = new Set([...program.matchAll(/function\s+(\w+)/g)].map(([, name]) => name));
  const known = /^(print|s?printf?|s?println|s?printd|s?printdln|print_char|if|while|for|foreach|catch|in)$/;
  return [...program.matchAll(/(?<![@$.\w])([a-z_]\w*)\s*\(/g)].some(
    ([, name = '']) =>
      !own.has(name) && !SMALL_LIBRARY_FUNCTIONS.has(name) && !known.test(name) && !POINTS.has(name),
  );
}

/** Aspects in which the two differ, with a diff each: `-` SystemTap, `+` ours. */
function differences(theirs: Comparable, ours: Comparable): Map<Aspect, string> {
  const result = new Map<Aspect, string>();
  for (const aspect of ASPECTS) {
    // When one refuses the script, what else is said follows from that.
    if (theirs.accepted !== ours.accepted && aspect !== 'accepted' && aspect !== 'firstError') continue;
    if (!theirs.accepted && (aspect === 'types' || aspect === 'warnings')) continue;
    const diff = lineDiff(asText(theirs[aspect]), asText(ours[aspect]));
    if (diff !== '') result.set(aspect, diff);
  }
  return result;
}

async function compareAll(
  systemTap: SystemTap,
  records: readonly ConformanceRecord[],
  names: ReadonlySet<string>,
): Promise<TestReport> {
  const allowed = new Map(allowedDifferences.map((entry) => [entry.name, entry]));
  const unknown = [...allowed.keys()].filter((name) => !names.has(name));
  const failures = await inParallel(records, 2, async (record) => {
    const command = commandOf(record);
    const [theirs, ours] = await Promise.all([
      systemTap.run(command, needsWholeLibrary(record) ? undefined : SMALL_LIBRARY),
      runCommand('/bin/sh', ['-c', command], { env: plainEnvironment() }),
    ]);
    const found = differences(comparableOf(theirs, record.program), comparableOf(ours, record.program));
    const accepted = allowed.get(caseName(record));
    const bad = [...found].filter(([aspect]) => accepted?.aspects.includes(aspect) !== true);
    const gone = accepted?.aspects.filter((aspect) => !found.has(aspect)) ?? [];
    if (bad.length === 0 && gone.length === 0) return '';
    return [
      `FAILED oracle ${caseName(record)}`,
      `  ${record.program ?? command}`,
      ...bad.map(([aspect, diff]) => `${aspect}:\n${diff}`),
      ...gone.map((aspect) => `  listed as different, but is not: ${aspect}`),
    ].join('\n');
  });
  const real = failures.filter((failure) => failure !== '');
  for (const failure of real) process.stdout.write(Buffer.from(`${failure}\n\n`, 'latin1'));
  const listProblems = words.length === 0 ? unknown : [];
  const isDocumented = checkDifferencesTable(DIFFERENCES, process.argv.includes('--table'));
  if (!isDocumented)
    console.log(`FAILED ${DIFFERENCES} does not show the allowed differences (run with --table)`);
  for (const name of listProblems) console.log(`FAILED allowed difference of an unknown case: ${name}`);
  return {
    passed: records.length - real.length,
    failed: real.length + listProblems.length + (isDocumented ? 0 : 1),
    skipped: [],
  };
}

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const folder = join(repositoryRoot, 'tests/oracle/corpus');
const records = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .sort()
  .flatMap((name) => parseRecords(name, readFileSync(join(folder, name), 'latin1')))
  .filter((record) => words.length === 0 || words.some((word) => caseName(record).includes(word)));
const isSubset = words.length === 0 && !process.argv.includes('--all');
const chosen = isSubset ? records.filter((_, index) => index % SUBSET === 0) : records;
const systemTap = await SystemTap.find();
finishRunner(
  systemTap === undefined
    ? {
        passed: 0,
        failed: 0,
        skipped: [
          { name: 'comparison with SystemTap', reason: 'no SystemTap or no kernel headers installed' },
        ],
      }
    : await compareAll(systemTap, chosen, new Set(records.map(caseName))),
);
