/*
 * Compares pass 2 with an installed SystemTap: verdict, first error, types of globals, functions and locals.
 * Usage: check-corpus [--all] [pattern]; answers of stap are kept below the temporary directory. Exits 1 on differences.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printProgram } from '../../src/semantic/print-program.ts';
import { compileText } from '../../src/semantic/testing/compile-text.ts';
import { CHECK_SCRIPTS, type CheckScript } from './check-scripts.ts';

/** What is compared. */
interface Answer {
  /** First error without place, or undefined when pass 2 succeeds. */
  readonly error: string | undefined;
  /** Warnings in order, one per kind of message, as stap shows them without -v. */
  readonly warnings: readonly string[];
  /** Lines of the dump: globals, then function signatures, then probes with their locals. */
  readonly dump: readonly string[];
}

const CACHE = join(tmpdir(), 'stap-oracle-cache');

function oracleText(script: CheckScript): string {
  const options = [...(script.options ?? [])];
  const key = createHash('sha256')
    .update(JSON.stringify([options, script.script]))
    .digest('hex');
  const file = join(CACHE, key);
  if (existsSync(file)) return readFileSync(file, 'latin1');
  const release = execFileSync('sh', ['-c', 'ls /lib/modules | head -1'], { encoding: 'latin1' }).trim();
  const result = spawnSync('stap', ['-r', release, '-p2', ...options, '-e', script.script], {
    encoding: 'latin1',
    env: { ...process.env, SYSTEMTAP_NOSIGN: '1' },
  });
  const text = `${result.stderr}\n${result.stdout}`;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(file, text, 'latin1');
  return text;
}

function answerOf(text: string): Answer {
  const lines = text.split('\n');
  const plain = (line: string): string => line.replace(/ at [^ ]*:(\d+:\d+)$/, ' at $1');
  const error = lines.find((line) => /^(semantic|parse) error: (?!while resolving)/.test(line));
  const warnings = lines.filter((line) => line.startsWith('WARNING: ') && !line.includes('[man warning'));
  const first = lines.findIndex((line) => /^# (globals|functions|probes)$/.test(line));
  const dump = first < 0 || error !== undefined ? [] : dumpLines(lines.slice(first));
  return { error: error && plain(error), warnings: warnings.map(plain), dump };
}

/** Sections flattened; probes with their locals sorted, hidden helper variables and functions left out. */
function dumpLines(lines: readonly string[]): readonly string[] {
  const result: string[] = [];
  const probes: string[] = [];
  let section = '';
  for (const line of lines) {
    if (line.startsWith('# ')) section = line;
    else if (line.trim() === '' || /^Number of|^Rerun|^Tip:|^WARNING| source: |^\s*\^/.test(line)) continue;
    else if (line.startsWith('  # locals') || line.includes('__stable')) continue;
    else if (section !== '# probes') result.push(`${section} ${line}`);
    else if (line.startsWith('  ')) probes.push(`${probes.pop() ?? ''} ${line.trim()}`);
    else probes.push(line.replace(/ \/\*.*\*\/ ?$/, ''));
  }
  // SystemTap evaluates conditions once in an invisible begin probe, which it lists.
  const conditional = probes.some((line) => line.includes(' if ('));
  const shown = conditional ? probes.filter((line) => line !== 'begin') : probes;
  return [...result, ...shown.sort()];
}

function ourText(script: CheckScript): string {
  const directory = 'tapset';
  const library = readdirSync(directory)
    .filter((name) => /\.stpm?$/.test(name))
    .map((name) => ({
      path: `/${directory}/${name}`,
      text: readFileSync(join(directory, name), 'latin1'),
    }));
  const { program, messages } = compileText(
    script.script,
    { unoptimized: script.options?.includes('-u') === true },
    library,
  );
  return `${messages}\n${program === undefined ? '' : printProgram(program, false)}`;
}

/** stap shows a kind of warning once; a repeated first word group tells the kind. */
function onePerKind(warnings: readonly string[]): readonly string[] {
  const kinds = new Set<string>();
  return warnings.filter((line) => {
    const kind =
      line
        .replace(/'[^']*'/g, '')
        .replace(/[:(].*$/, '')
        .slice(0, 40) + line.slice(9, 25);
    if (kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  });
}

function differences(script: CheckScript): readonly string[] {
  const theirs = answerOf(oracleText(script));
  const ours = answerOf(ourText(script));
  const result: string[] = [];
  const compare = (what: string, their: string, our: string): void => {
    if (their !== our) result.push(`  ${what}: stap: ${their}\n  ${' '.repeat(what.length)}  ours: ${our}`);
  };
  compare('error', theirs.error ?? '-', ours.error ?? '-');
  const list = (lines: readonly string[]): string => lines.join('\n      ');
  compare('warnings', list(onePerKind(theirs.warnings)), list(onePerKind(ours.warnings)));
  if (theirs.error === undefined && ours.error === undefined)
    compare('dump', list(theirs.dump), list(ours.dump));
  return result;
}

/** One of so many scripts is compared unless --all or a pattern is given. */
const SUBSET = 4;
const isAll = process.argv.includes('--all');
const pattern = process.argv.slice(2).find((word) => !word.startsWith('--'));
let failures = 0;
let known = 0;
const chosen = CHECK_SCRIPTS.filter(({ script }, index) =>
  pattern === undefined ? isAll || index % SUBSET === 0 : script.includes(pattern),
);
for (const script of chosen) {
  const found = differences(script);
  if (script.differs !== undefined) {
    if (found.length === 0) {
      failures++;
      console.log(`${script.script}\n  is marked as different, but is not`);
    } else known++;
  } else if (found.length > 0) {
    failures++;
    console.log([script.script, ...found].join('\n'));
  }
}
console.log(`${chosen.length} scripts, ${failures} unexpected differences, ${known} intended ones`);
process.exitCode = failures === 0 ? 0 : 1;
