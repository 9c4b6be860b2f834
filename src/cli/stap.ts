import { BACKGROUND_VARIABLE } from '../session/detach/background-descriptors.ts';
import { runSession } from '../session/session.ts';
import {
  OutputClosedError,
  standardStreams,
  type StandardStreams,
} from '../session/ports/standard-streams.ts';
import { argumentBytes } from './argument-bytes.ts';
import { parseCommandLine, type CommandLine, type CommandLineNote } from './command-line.ts';
import { helpText } from './help-text.ts';
import { rcFilePath, readRcFile, type RcFile } from './rc-file.ts';
import { USAGE_HINT, versionText } from './version-text.ts';

type RcWords = Extract<RcFile, { kind: 'words' }>;

/** What the build knows about this program. */
export interface ProgramFacts {
  readonly version: string;
  /** Directory of the installation, with tapset/ and dist/. */
  readonly directory: string;
  /** Name of the bundle. */
  readonly build: string;
}

/** The command stap: `words` without the program name, as Node gives them. Resolves to the exit status. */
export async function stap(words: readonly string[], program: ProgramFacts): Promise<number> {
  const streams = standardStreams();
  try {
    if (process.env[BACKGROUND_VARIABLE] !== undefined) {
      const { runInBackground } = await import('../session/detach/background-run.ts');
      return await runInBackground();
    }
    return await runCommand(words, program, streams);
  } catch (error) {
    if (error instanceof OutputClosedError) return 1;
    if (error instanceof RangeError && error.message.includes('call stack')) {
      streams.error(
        'ERROR: the script is nested too deeply: functions, or expressions after aliases and macros\n',
      );
      return 1;
    }
    throw error;
  }
}

async function runCommand(
  words: readonly string[],
  program: ProgramFacts,
  streams: StandardStreams,
): Promise<number> {
  const rcFile = readRcFile(process.env);
  if (rcFile.kind === 'unusable') {
    streams.error(`Error processing extra options in ${rcFile.path}`);
    return 1;
  }
  const commandLine = parseCommandLine(
    [...rcFile.words, ...argumentBytes(words)],
    process.env['POSIXLY_CORRECT'] === undefined,
  );
  switch (commandLine.kind) {
    case 'help':
      streams.out(helpText(program.version, rcFilePath(process.env)));
      return 0;
    case 'version':
      streams.out(versionText(program.version));
      return 0;
    case 'clean-cache':
      await cleanScriptCache();
      return 0;
    case 'error':
      reportUsageError(commandLine, program, streams);
      return 1;
    case 'run':
      if (commandLine.options.verbosity[0] >= 2) tellOrigins(rcFile, program, streams);
      printNotes(commandLine.notes, commandLine.options.suppressWarnings, streams);
      // Only what is to be served was given.
      if (commandLine.options.script === undefined && commandLine.options.listing === undefined) {
        const { serveAll } = await import('./serve-all.ts');
        return serveAll(commandLine.options, program, streams);
      }
      return runSession(commandLine.options, {
        ...program,
        environment: process.env,
        streams,
      });
  }
}

async function cleanScriptCache(): Promise<void> {
  const [{ cleanCache }, { cachePlace }] = await Promise.all([
    import('../session/cache/cache-cleaning.ts'),
    import('../session/cache/cache-directory.ts'),
  ]);
  const place = cachePlace(process.env);
  if (place !== undefined) cleanCache(place, true, () => undefined);
}

/** The first lines at verbosity 2: which program this is, and which options came from the rc file. */
function tellOrigins(rcFile: RcWords, program: ProgramFacts, streams: StandardStreams): void {
  streams.error(versionText(program.version));
  if (rcFile.words.length > 0) streams.error(`Extra options in ${rcFile.path}: ${rcFile.words.length}\n\n`);
}

function reportUsageError(
  error: Extract<CommandLine, { kind: 'error' }>,
  program: ProgramFacts,
  streams: StandardStreams,
): void {
  printNotes(error.notes, false, streams);
  streams.error(`${error.message}\n`);
  switch (error.follow) {
    case 'hint':
      streams.error(USAGE_HINT);
      break;
    case 'version':
      streams.error(versionText(program.version));
      break;
    case 'nothing':
      break;
  }
}

function printNotes(
  notes: readonly CommandLineNote[],
  hideWarnings: boolean,
  streams: StandardStreams,
): void {
  for (const note of notes) {
    if (note.kind === 'plain') streams.error(`${note.text}\n`);
    else if (!hideWarnings) streams.error(`WARNING: ${note.text}\n`);
  }
}
