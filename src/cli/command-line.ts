import { publishes, type Publishing, type StapOptions } from '../session/stap-options.ts';
import { getopt } from './getopt.ts';
import { optionAction } from './option-action.ts';
import { emptyDraft, type OptionDraft } from './option-draft.ts';
import { stapOptions } from './option-table.ts';
import { UsageError, type UsageErrorFollow } from './usage-error.ts';

/** A line for stderr that stops nothing. A warning gets its prefix from the printer and goes away with -w. */
export interface CommandLineNote {
  readonly kind: 'warning' | 'plain';
  readonly text: string;
}

/** What a command line asks for. */
export type CommandLine =
  | { readonly kind: 'run'; readonly options: StapOptions; readonly notes: readonly CommandLineNote[] }
  | { readonly kind: 'help' | 'version' | 'clean-cache' }
  | {
      readonly kind: 'error';
      readonly message: string;
      readonly follow: UsageErrorFollow;
      readonly notes: readonly CommandLineNote[];
    };

/**
 * Reads a command line of stap: `words` without the program name, byte strings. Errors are found in the order of
 * the words, then those of combinations; texts are those of stap(1). `permute` false: POSIXLY_CORRECT is set.
 */
export function parseCommandLine(words: readonly string[], permute = true): CommandLine {
  const notes: CommandLineNote[] = [];
  try {
    return readWords(words, permute, notes);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'error', message: error.message, follow: error.follow, notes };
  }
}

function readWords(words: readonly string[], permute: boolean, notes: CommandLineNote[]): CommandLine {
  const table = new Map(stapOptions().map((entry) => [entry.id as string, entry]));
  const draft = emptyDraft();
  for (const event of getopt('stap', words, [...table.values()], permute)) {
    if (event.kind === 'error') throw new UsageError(event.message, 'hint');
    if (event.kind === 'operands') {
      placeOperands(draft, event.words);
      continue;
    }
    const entry = table.get(event.id);
    if (entry === undefined) continue;
    if (entry.id === 'help' || entry.id === 'version' || entry.id === 'clean-cache')
      return { kind: entry.id };

    const spelling = entry.usage.split(' ')[0] ?? '';
    if (entry.support.kind === 'refused') throw new UsageError(`ERROR: ${spelling}: ${entry.support.reason}`);
    optionAction(entry.id)(draft, event.argument ?? '', (text) => notes.push({ kind: 'plain', text }));
    if (entry.support.kind === 'accepted')
      notes.push({ kind: 'warning', text: `${spelling}: ${entry.support.reason}` });
  }
  checkCombinations(draft);
  return { kind: 'run', options: draft, notes };
}

/** The first operand is the script unless -e gave one or a listing needs none; the others are its arguments. */
function placeOperands(draft: OptionDraft, operands: readonly string[]): void {
  const [first, ...rest] = operands;
  if (draft.scriptGiven || draft.listing !== undefined || first === undefined) {
    draft.scriptArguments = operands;
    return;
  }
  draft.script = draft.example ? { kind: 'example', name: first } : { kind: 'file', path: first };
  draft.scriptArguments = rest;
}

function checkCombinations(draft: OptionDraft): void {
  if (draft.listing !== undefined) {
    if (draft.scriptGiven)
      throw new UsageError('Cannot specify a script with -l/-L/--dump-* switches.', 'hint');
    if (draft.passGiven) throw new UsageError('Cannot specify -p with -l/-L/--dump-* switches.', 'hint');
    if (draft.monitorIntervalMs !== undefined)
      throw new UsageError('Cannot specify --monitor with -l/-L/--dump-* switches.', 'hint');
    if (publishes(draft.publishing))
      throw new UsageError(
        'Cannot specify --metrics, --dashboard or --otlp with -l/-L/--dump-* switches.',
        'hint',
      );
  } else if (draft.script === undefined && !servesAll(draft)) {
    throw new UsageError(
      "A script must be specified.\nTry '-i' for building a script interactively.",
      'hint',
    );
  }
  if (draft.command !== undefined && draft.targetPid !== undefined)
    throw new UsageError("You can't specify -c and -x together.", 'hint');
  if (draft.guru && draft.privilege !== undefined && draft.privilege !== 'stapdev')
    throw new UsageError(`You can't specify -g and --privilege=${draft.privilege} together.`, 'hint');
  checkPublishing(draft.publishing);
  settleFormats(draft);
}

/** Who reads objects reads nothing else. The screen of --monitor is for people; in the background there is none. */
function settleFormats(draft: OptionDraft): void {
  if (draft.outputFormat === 'text') return;
  if (!draft.diagnosticsGiven) draft.diagnosticsFormat = draft.outputFormat;
  if (draft.monitorIntervalMs !== undefined && !draft.flightRecorder)
    throw new UsageError(
      '--monitor shows the output on its screen, --output=json is for programs; together they need -F.',
      'hint',
    );
}

function checkPublishing({ metrics, dashboard, tokenFile, readOnly }: Publishing): void {
  if (readOnly && dashboard === undefined)
    throw new UsageError('--read-only is about the page of --dashboard, which is not given.', 'hint');
  if (
    metrics !== undefined &&
    metrics.port !== 0 &&
    metrics.port === dashboard?.port &&
    metrics.host === dashboard.host
  )
    throw new UsageError(
      '--metrics and --dashboard need a port each; the dashboard has /metrics too, for those who know its token.',
      'hint',
    );
  if (tokenFile !== undefined && dashboard === undefined && metrics === undefined)
    throw new UsageError('--token-file is about --dashboard and --metrics, and neither is given.', 'hint');
}

/** Without a script, all modules that run are served; options about a run make no sense then. */
function servesAll(draft: OptionDraft): boolean {
  const { flightRecorder, command, targetPid, moduleName, outputFile, monitorIntervalMs } = draft;
  const aboutRuns = [command, targetPid, moduleName, outputFile, monitorIntervalMs];
  return publishes(draft.publishing) && !flightRecorder && aboutRuns.every((given) => given === undefined);
}
