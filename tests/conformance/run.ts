import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { plainEnvironment, repositoryRoot, runCommand, stapPath } from '../harness/command.ts';
import { inParallel } from '../harness/in-parallel.ts';
import { lineDiff } from '../harness/line-diff.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { finishRunner } from '../harness/test-report.ts';
import { parseRecords, type ConformanceRecord, type Expectation } from './record.ts';

/** Single-quotes a word for the shell. */
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

function commandOf(record: ConformanceRecord): string {
  if (record.command !== undefined) return record.command;
  const program = record.program ?? '';
  // A word of a command must be text; a program with other bytes comes from a file.
  const word = /[\x80-\xff]/.test(program) ? '"$(cat ../program)"' : quote(program);
  return `stap ${record.options} -e ${word} ${record.scriptArguments}`;
}

/** SystemTap's stap reports the status of its helper program staprun; there is no such program here. */
const withoutHelperStatus = (text: string): string =>
  text.replace(/^WARNING: \S*staprun exited with status: \d+\n/gm, '');

/** What is wrong with one stream; '' when it is as expected. */
function complaint(stream: string, expected: Expectation, actual: string): string {
  switch (expected.kind) {
    case 'any':
      return '';
    case 'exact': {
      const difference = lineDiff(expected.text, actual);
      return difference === '' ? '' : `${stream}:\n${difference}`;
    }
    case 'regex':
      return expected.pattern.test(actual)
        ? ''
        : `${stream} does not match ${expected.pattern}:\n${lineDiff('', actual)}`;
    case 'has': {
      const missing = expected.lines.filter((line) => !actual.includes(line));
      return missing.length === 0
        ? ''
        : `${stream} lacks:\n${missing.map((line) => `  - ${line}`).join('\n')}\n${lineDiff('', actual)}`;
    }
  }
}

async function failureOf(record: ConformanceRecord): Promise<string> {
  const scratch = makeScratchFolder('record');
  try {
    const cwd = join(scratch, 'work');
    mkdirSync(cwd);
    writeFileSync(join(scratch, 'program'), record.program ?? '', 'latin1');
    for (const [name, text] of record.files) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), text, 'latin1');
    }
    const command = commandOf(record);
    const result = await runCommand('/bin/sh', ['-c', command], {
      cwd,
      stdin: record.stdin,
      env: plainEnvironment({
        HOME: scratch,
        STAP: stapPath,
        STAP_PROCFS_ROOT: join(scratch, 'procfs'),
      }),
    });
    const complaints = [
      result.timedOut ? 'did not end in time' : '',
      result.status === record.status ? '' : `status ${String(result.status)}, expected ${record.status}`,
      complaint('stdout', record.stdout, result.stdout),
      complaint('stderr', record.stderr, withoutHelperStatus(result.stderr)),
    ].filter((text) => text !== '');
    if (complaints.length === 0) return '';
    return [`FAILED ${record.file}:${record.line}: ${record.name}`, `  ${command}`, ...complaints].join('\n');
  } finally {
    await removeScratchFolder(scratch);
  }
}

const words = process.argv.slice(2);
const folder = join(repositoryRoot, 'tests/conformance/records');
const records = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .sort()
  .flatMap((name) =>
    parseRecords(`tests/conformance/records/${name}`, readFileSync(join(folder, name), 'latin1')),
  )
  .filter(
    ({ file, name }) =>
      words.length === 0 || words.some((word) => file.includes(word) || name.includes(word)),
  );
const failures = (await inParallel(records, 3, failureOf)).filter((failure) => failure !== '');
for (const failure of failures) process.stdout.write(Buffer.from(`${failure}\n\n`, 'latin1'));
finishRunner({ passed: records.length - failures.length, failed: failures.length, skipped: [] });
