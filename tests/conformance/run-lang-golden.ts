import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { plainEnvironment, repositoryRoot, runCommand, stapPath } from '../harness/command.ts';
import { inParallel } from '../harness/in-parallel.ts';
import { lineDiff } from '../harness/line-diff.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { finishRunner } from '../harness/test-report.ts';
import { adjustments, type Adjustment } from './lang-golden-expectations.ts';

type Stream = 'stdout' | 'stderr';
const folder = join(repositoryRoot, 'tests/fixtures/lang-golden');

/** The golden text with the documented changes; a change that no longer applies is an error of the list. */
function expectedText(golden: string, stream: Stream, adjustment: Adjustment): string {
  let text = golden;
  for (const change of adjustment.changes ?? []) {
    if (change.stream !== stream) continue;
    if (!text.includes(change.from))
      throw new Error(`the change '${change.reason}' does not apply to ${stream}`);
    text = text.replace(change.from, () => change.to);
  }
  return text;
}

function masked(text: string, stream: Stream, adjustment: Adjustment): string {
  let result = text;
  for (const mask of adjustment.masks ?? [])
    if (mask.stream === stream) result = result.replace(mask.pattern, mask.replacement);
  return result;
}

/** What staprun reports and stap adds to it: the goldens come from staprun alone. */
function withoutPassLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('Pass 5: ') && !/^WARNING: .* exited with status: \d+$/.test(line))
    .join('\n');
}

async function failureOf(name: string): Promise<string> {
  const read = (extension: string): string => readFileSync(join(folder, `${name}.${extension}`), 'latin1');
  const adjustment = adjustments[name] ?? {};
  const flags = [
    ...(/^# flags: (.*)$/m.exec(read('stp'))?.[1]?.split(' ') ?? []),
    ...(adjustment.flags ?? []),
  ];
  const scratch = makeScratchFolder('golden');
  try {
    const result = await runCommand(stapPath, [...flags, `${name}.stp`], {
      cwd: folder,
      env: plainEnvironment({ HOME: scratch, STAP_PROCFS_ROOT: join(scratch, 'procfs') }),
    });
    const stdout = lineDiff(
      masked(expectedText(read('out'), 'stdout', adjustment), 'stdout', adjustment),
      masked(result.stdout, 'stdout', adjustment),
    );
    const stderr =
      adjustment.stderrNotCompared === undefined
        ? lineDiff(
            masked(expectedText(read('err'), 'stderr', adjustment), 'stderr', adjustment),
            masked(withoutPassLines(withoutPass2Warnings(result.stderr)), 'stderr', adjustment),
          )
        : '';
    const status = Number(read('rc').trim());
    const complaints = [
      result.timedOut ? '  did not end in time' : '',
      result.status === status ? '' : `  status ${String(result.status)}, expected ${status}`,
      stdout === '' ? '' : `stdout:\n${stdout}`,
      stderr === '' ? '' : `stderr:\n${stderr}`,
    ].filter((text) => text !== '');
    return complaints.length === 0 ? '' : [`FAILED lang-golden ${name}`, ...complaints].join('\n');
  } catch (error) {
    return `FAILED lang-golden ${name}\n  ${String(error)}`;
  } finally {
    await removeScratchFolder(scratch);
  }
}

/** The goldens hold the output of the run only; warnings of pass 2 (three lines each, with a source line) are not in them. */
function withoutPass2Warnings(text: string): string {
  return text
    .replace(/WARNING: [^\n]*\n source: [^\n]*\n[^\n]*\^\n/g, '')
    .replace(/Number of similar warning messages suppressed: \d+\.\nRerun with -v to see them\.\n/g, '');
}

const words = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.stp'))
  .map((name) => name.replace(/\.stp$/, ''))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
for (const name of Object.keys(adjustments))
  if (words.length === 0 && !names.includes(name)) throw new Error(`no fixture ${name}`);
const failures = (await inParallel(names, 3, failureOf)).filter((failure) => failure !== '');
for (const failure of failures) process.stdout.write(Buffer.from(`${failure}\n\n`, 'latin1'));
finishRunner({ passed: names.length - failures.length, failed: failures.length, skipped: [] });
