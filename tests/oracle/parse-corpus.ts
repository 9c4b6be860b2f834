/*
 * Differential test of pass 1 against an installed SystemTap: every example script and every library script
 * that comes with it must be accepted or refused alike, and the -p1 texts must agree. Prints what differs.
 *
 *   npx esbuild tests/oracle/parse-corpus.ts --bundle --platform=node --format=esm --outfile=/tmp/corpus.mjs
 *   node /tmp/corpus.mjs [--all] [--show]
 *
 * Answers of the installed stap are kept in the temporary directory. Exit status 1 when an accepted file is
 * refused here or too few texts agree; 0 without an installed stap.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { printScript } from '../../src/ast/print-script.ts';
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts';
import { DiagnosticLog } from '../../src/diagnostic/log.ts';
import { mergeMacroTables, type MacroTable } from '../../src/parse/macro-table.ts';
import { parseMacroFile, parseScript } from '../../src/parse/parse-script.ts';
import { parseOptions, type ParseOptions } from '../../src/parse/parse-options.ts';
import type { SourceFile } from '../../src/source/source-file.ts';
import { BROKEN_SCRIPTS } from './broken-scripts.ts';

const LIBRARY = '/usr/share/systemtap/tapset';
const EXAMPLES = '/usr/share/systemtap/examples';
const RELEASE = process.env['STAP_ORACLE_RELEASE'] ?? '6.1.0-56-amd64';
const CACHE = join(tmpdir(), 'stap-parse-corpus');
const WANTED_AGREEMENT = 0.95;
/** One of so many examples and broken scripts is compared unless --all is given: each costs a start of stap. */
const SUBSET = 4;
const isAll = process.argv.includes('--all');
const isChosen = (_: unknown, index: number): boolean => isAll || index % SUBSET === 0;
const MACROS = existsSync(LIBRARY) ? macrosOnly() : LIBRARY;
const isShowing = process.argv.includes('--show');

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the installed library without its scripts: stap reads all of them at each start, pass 1 needs none. */
function macrosOnly(): string {
  const folder = join(CACHE, 'macros');
  for (const path of filesUnder(LIBRARY, '.stpm')) {
    const copy = join(folder, relative(LIBRARY, path));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(path, copy);
  }
  return folder;
}

/** What the installed stap says to these arguments; asked once. */
function ask(args: readonly string[], salt = '', library = MACROS): Answer {
  const key = createHash('sha256')
    .update([RELEASE, salt, ...args].join('\0'))
    .digest('hex')
    .slice(0, 24);
  const file = join(CACHE, `${key}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Answer;
  const run = spawnSync('stap', ['-r', RELEASE, ...args], {
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    env: { ...process.env, SYSTEMTAP_NOSIGN: '1', SYSTEMTAP_TAPSET: library },
  });
  const answer = { status: run.status ?? -1, stdout: run.stdout, stderr: run.stderr };
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(file, JSON.stringify(answer));
  return answer;
}

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

function read(path: string, origin: SourceFile['origin']): SourceFile {
  return { name: path, text: readFileSync(path, 'latin1'), origin };
}

const kernelConfig = readKernelConfig();

function readKernelConfig(): ReadonlyMap<string, string> {
  const path = [`/lib/modules/${RELEASE}/build/.config`, `/boot/config-${RELEASE}`].find(existsSync);
  const lines = path === undefined ? [] : readFileSync(path, 'latin1').split('\n');
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const match = /^(CONFIG_\w+)=(.*)$/.exec(line);
      return match === null ? [] : [[match[1] ?? '', (match[2] ?? '').replace(/^"|"$/g, '')]];
    }),
  );
}

const baseOptions: Partial<ParseOptions> = {
  compatible: '4.8',
  facts: {
    kernelRelease: RELEASE,
    architecture: 'x86_64',
    runtime: 'kernel',
    systemtapVersion: '4.8',
    privilege: 'stapdev',
    kernelConfig: (name) => kernelConfig.get(name) ?? '',
  },
};

function libraryMacros(): MacroTable {
  const sink = { report: (diagnostic: Diagnostic): void => console.log('macro file:', diagnostic.message) };
  const options = parseOptions({ ...baseOptions, privileged: true });
  const folders = [
    LIBRARY,
    join(LIBRARY, 'linux'),
    join(LIBRARY, 'linux', 'x86_64'),
    join(LIBRARY, 'x86_64'),
  ];
  const files = filesUnder(LIBRARY, '.stpm')
    .filter((path) => folders.includes(dirname(path)))
    .map((path) => read(path, 'library'));
  return mergeMacroTables(
    files.map((file) => parseMacroFile(file, options, sink)),
    sink,
  );
}

/** Undoes what the installed stap does to its dump: formats and delimiters are escaped once too often. */
function undoEscapes(dump: string): string {
  return dump.replace(/(?:printf|printd|printdln)\("(?:[^"\\]|\\[^])*"/g, (call) =>
    call.replace(/\\\\/g, '\\'),
  );
}

/** The dump without the blanks around embedded code, and `@const` as the embedded code it stands for. */
function normalise(dump: string): string {
  return dump
    .replace(/%\{\s*/g, '%{ ')
    .replace(/\s*%\}\n?/g, ' %}')
    .replace(
      /@const\("((?:[^"\\]|\\[^])*)"\)/g,
      (_whole, code: string) =>
        `%{ /* pure */ /* unprivileged */ /* stable */ ${code.replace(/\\(.)/g, '$1')} %}`,
    )
    .trim();
}

interface Tally {
  compared: number;
  agreed: number;
  refusedHere: number;
  refusedThere: number;
}

function report(title: string, { compared, agreed, refusedHere, refusedThere }: Tally): boolean {
  const share = compared === 0 ? 1 : agreed / compared;
  console.log(
    `${title}: ${agreed} of ${compared} texts agree (${(share * 100).toFixed(1)} %), ` +
      `refused only here ${refusedHere}, refused only there ${refusedThere}`,
  );
  return refusedHere === 0 && share >= WANTED_AGREEMENT;
}

function showDifference(name: string, ours: string, theirs: string): void {
  const [left, right] = [ours.split('\n'), theirs.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  console.log(`${name}:\n  here:  ${left[at] ?? '(end)'}\n  there: ${right[at] ?? '(end)'}`);
}

function compareExamples(macros: MacroTable): boolean {
  const tally = { compared: 0, agreed: 0, refusedHere: 0, refusedThere: 0 };
  const options = parseOptions({ ...baseOptions, guru: true, libraryMacros: macros });
  for (const path of filesUnder(realpathSync(EXAMPLES), '.stp').filter(isChosen)) {
    const answer = ask(['-g', '-p1', path], readFileSync(path, 'latin1'));
    let errors = '';
    const log = new DiagnosticLog({ write: (text) => (errors += text) });
    const file = parseScript(read(path, 'script'), options, log);
    if (file === undefined || answer.status !== 0) {
      if (file === undefined && answer.status === 0) tally.refusedHere++;
      else if (file !== undefined) tally.refusedThere++;
      else compareErrors(path, errors, answer.stderr, tally);
      if ((file === undefined) !== (answer.status !== 0)) console.log(path, errors, answer.stderr);
      continue;
    }
    tally.compared++;
    const ours = normalise(`# parse tree dump\n${printScript(file)}`);
    const theirs = normalise(undoEscapes(answer.stdout));
    if (ours === theirs) tally.agreed++;
    else if (isShowing) showDifference(path, ours, theirs);
  }
  return report('examples', tally);
}

/** stap prints its whole library with -p1 -v: one run answers for hundreds of files. */
function compareLibrary(macros: MacroTable): boolean {
  const tally = { compared: 0, agreed: 0, refusedHere: 0, refusedThere: 0 };
  const options = parseOptions({ ...baseOptions, privileged: true, libraryMacros: macros });
  const answer = ask(['-p1', '-v', '-e', 'probe begin{}'], '', LIBRARY);
  for (const section of answer.stdout.split(/^(?=# file \/)/m)) {
    const path = /^# file (\/.*\.stp)$/m.exec(section)?.[1];
    if (path === undefined) continue;
    let errors = '';
    const log = new DiagnosticLog({ write: (text) => (errors += text) });
    const file = parseScript(read(path, 'library'), options, log);
    if (file === undefined) {
      tally.refusedHere++;
      console.log(path, errors);
      continue;
    }
    tally.compared++;
    const [ours, theirs] = [normalise(printScript(file)), normalise(undoEscapes(section))];
    if (ours === theirs) tally.agreed++;
    else if (isShowing) showDifference(path, ours, theirs);
  }
  return report('library', tally);
}

function parseMessages(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^(WARNING: Kernel function symbol|Tip:)/.test(line))
    .join('\n');
}

function compareErrors(name: string, ours: string, theirs: string, tally: Tally): void {
  tally.compared++;
  // The installed one closes with lines that the session adds.
  const expected = parseMessages(theirs).replace(/(\d+ parse errors?\.\n)?Pass 1: parse failed\.[^]*$/, '');
  if (ours === expected) tally.agreed++;
  else if (isShowing) console.log(`${name}\n--- here:\n${ours}\n--- there:\n${expected}`);
}

function compareBroken(macros: MacroTable): boolean {
  const tally = { compared: 0, agreed: 0, refusedHere: 0, refusedThere: 0 };
  for (const script of BROKEN_SCRIPTS.filter(isChosen)) {
    const answer = ask(['-p1', '-e', script]);
    let errors = '';
    const log = new DiagnosticLog({ write: (text) => (errors += text) });
    const source: SourceFile = {
      name: '<input>',
      text: Buffer.from(script).toString('latin1'),
      origin: 'script',
    };
    const file = parseScript(source, parseOptions({ ...baseOptions, libraryMacros: macros }), log);
    if (file === undefined && answer.status === 0) tally.refusedHere++;
    else if (file !== undefined && answer.status !== 0) tally.refusedThere++;
    if ((file === undefined) !== (answer.status !== 0)) console.log(script, errors, answer.stderr);
    else compareErrors(script, errors, answer.stderr, tally);
  }
  return report('broken scripts', tally);
}

if (!existsSync(EXAMPLES) || spawnSync('stap', ['-V']).status !== 0) {
  console.log('no installed stap to compare with');
} else {
  const macros = libraryMacros();
  const results = [compareExamples(macros), compareLibrary(macros), compareBroken(macros)];
  process.exitCode = results.every((good) => good) ? 0 : 1;
}
