import type { Assignment, ColorChoice, OutputRotation } from '../session/stap-options.ts';
import { getopt } from './getopt.ts';
import { documentedOption, type DocumentedOption } from './option-spelling.ts';

/** What staprun does with MODULE. */
export type StaprunAction =
  /** Run it; `detach`: in a process of its own, with the output in memory. `daemon`: with the output in a file. */
  'run' | 'detach' | 'daemon' | 'attach' | 'delete';

/** A checked command line of staprun. Strings are byte strings. */
export interface StaprunOptions {
  readonly action: StaprunAction;
  readonly module: string;
  /** NAME=VALUE words behind MODULE. */
  readonly moduleOptions: readonly Assignment[];
  readonly rename: boolean;
  readonly verbosity: number;
  readonly suppressWarnings: boolean;
  readonly bufferSizeMb: number | undefined;
  readonly command: string | undefined;
  readonly targetPid: number | undefined;
  readonly outputFile: string | undefined;
  readonly outputRotation: OutputRotation | undefined;
  readonly color: ColorChoice;
  readonly monitorSeconds: number | undefined;
  /** Options given that have no effect here, with the reason. */
  readonly ineffective: readonly string[];
}

/** What a command line of staprun asks for. `usage`: whether the usage text follows on standard output. */
export type StaprunCommandLine =
  | { readonly kind: 'run'; readonly options: StaprunOptions }
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'error'; readonly message: string; readonly usage: boolean };

type Draft = { -readonly [Key in keyof StaprunOptions]: StaprunOptions[Key] } & {
  attach: boolean;
  load: boolean;
  daemon: boolean;
  remove: boolean;
};

/** The command line is wrong; `message` is complete but for the newline. */
class StaprunUsageError extends Error {
  readonly usage: boolean;
  constructor(message: string, usage = true) {
    super(message);
    this.usage = usage;
  }
}

type Apply = (draft: Draft, argument: string) => void;

/** Longest name, MODULE_NAME_LEN of Linux. */
const MAX_MODULE_NAME = 56;
const MAX_MODULE_OPTIONS = 63;

/**
 * Every option of staprun(8), in the order of its usage text: usage, what it does to the draft, help. One without help
 * is told of with another.
 */
const ROWS: readonly (readonly [usage: string, apply: Apply, ...help: string[]])[] = [
  ['-v', (draft) => (draft.verbosity += 1), 'Say more about what is done; may be repeated.'],
  ['-w', (draft) => (draft.suppressWarnings = true), 'Leave out the warnings of the script.'],
  ['-V', () => undefined, 'Print the version and exit.'],
  ['-h', () => undefined, 'Print this text and exit.'],
  [
    '-u [PATH]',
    (draft) => ignore(draft, '-u: there is no uprobes module to load'),
    'Accepted, without effect: there is no uprobes module.',
  ],
  [
    '-c CMD',
    (draft, argument) => (draft.command = argument),
    'Run CMD when the probes are active and end when it ends;',
    'target() is the number of its process.',
  ],
  ['-x PID', setTarget, 'Make target() PID; -t PID is the same.'],
  ['-t PID', setTarget],
  [
    '-N PID',
    setNamespaces,
    'Accepted, without effect: number of a process in the',
    'namespaces that process numbers belong to.',
  ],
  [
    '-o FILE',
    (draft, argument) => (draft.outputFile = argument),
    'Write the output to FILE, which may hold strftime(3) formats.',
  ],
  ['-b MB', setBufferSize, 'Keep up to so many megabytes of output while nobody', 'takes it, 1 to 4095.'],
  ['-L', (draft) => (draft.load = true), 'Start the module, then leave it running on its own.'],
  ['-A', (draft) => (draft.attach = true), 'Connect to a module that runs on its own.'],
  ['-C WHEN', setColor, 'Colour messages: always, never, or auto (the default).'],
  [
    '-d',
    (draft) => (draft.remove = true),
    "End a module that runs on its own; MODULE is its name, or '*'",
    'for all of them.',
  ],
  [
    '-R',
    (draft) => (draft.rename = true),
    'Run the module under a name made with the process number, so',
    'that it can run more than once.',
  ],
  ['-r N:URI', setRemote, 'Accepted, without effect: number and address of a remote run.'],
  ['-D', (draft) => (draft.daemon = true), 'With -o: run in the background and print the process number.'],
  ['-S SIZE[,N]', setRotation, 'With -o: go on in the next file after SIZE megabytes, and keep', 'N files.'],
  ['-T MS', checkReaderTimeout, 'Accepted, at least 1: output never waits for a time to pass.'],
  ['-M SECONDS', setMonitor, "Show the module's state on the screen, so often."],
  // A module that reads its standard input gets it without being asked.
  ['-i', () => undefined, 'Accepted: a script that reads standard input gets it anyway.'],
  ['-F FD', refuseRelayDirectory, 'Refused: used between programs of SystemTap only.'],
];

const idOf = (usage: string): string => usage.charAt(1);

/** Every option of staprun(8), in the order of its usage text. */
export function staprunOptions(): readonly DocumentedOption[] {
  return ROWS.map(([usage, , ...help]) => documentedOption(idOf(usage), usage, ...help));
}

/** Reads a command line of staprun: `words` without the program name, byte strings. Texts are those of staprun(8). */
export function parseStaprunCommandLine(words: readonly string[], permute = true): StaprunCommandLine {
  const draft = emptyDraft();
  try {
    for (const event of getopt('staprun', words, staprunOptions(), permute)) {
      if (event.kind === 'error') throw new StaprunUsageError(event.message);
      if (event.kind === 'operands') return finish(draft, event.words);
      if (event.id === 'h') return { kind: 'help' };
      if (event.id === 'V') return { kind: 'version' };
      const [, apply] = ROWS.find(([usage]) => idOf(usage) === event.id) ?? [];
      apply?.(draft, event.argument ?? '');
    }
    return finish(draft, []);
  } catch (error) {
    if (!(error instanceof StaprunUsageError)) throw error;
    return { kind: 'error', message: error.message, usage: error.usage };
  }
}

/** Name of the module of a MODULE argument: what is behind the last slash and before the last dot. */
export function moduleNameOf(argument: string): string {
  const base = argument.slice(argument.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return dot < 0 ? base : base.slice(0, dot);
}

function emptyDraft(): Draft {
  return {
    action: 'run',
    module: '',
    moduleOptions: [],
    rename: false,
    verbosity: 0,
    suppressWarnings: false,
    bufferSizeMb: undefined,
    command: undefined,
    targetPid: undefined,
    outputFile: undefined,
    outputRotation: undefined,
    color: 'auto',
    monitorSeconds: undefined,
    ineffective: [],
    attach: false,
    load: false,
    daemon: false,
    remove: false,
  };
}

function finish(draft: Draft, operands: readonly string[]): StaprunCommandLine {
  checkCombinations(draft);
  const [module, ...options] = operands;
  if (module !== undefined && moduleNameOf(module).length > MAX_MODULE_NAME)
    throw fail(`Module name ('${moduleNameOf(module)}') is too long.`, false);
  if (options.length > 0 && draft.attach) throw fail('Cannot have module options with attach (-A).');
  if (module === undefined) throw fail('Need a module name or path to load.');
  if (options.length > MAX_MODULE_OPTIONS)
    throw fail(`Too many module options, only ${MAX_MODULE_OPTIONS} are allowed.`, false);
  const action = draft.remove
    ? 'delete'
    : draft.attach
      ? 'attach'
      : draft.load
        ? 'detach'
        : draft.daemon
          ? 'daemon'
          : 'run';
  return { kind: 'run', options: { ...draft, action, module, moduleOptions: options.map(assignment) } };
}

function checkCombinations(draft: Draft): void {
  const { attach, load, daemon, remove, command, targetPid, outputFile } = draft;
  if (attach && load) throw together('A', 'L');
  if (attach && draft.bufferSizeMb !== undefined)
    throw together(
      'A',
      'b',
      "  The '-b'\nbuffer size option only has an effect when the module is inserted.",
    );
  if (attach && command !== undefined)
    throw together(
      'A',
      'c',
      "  The '-c cmd'\noption used to start a command only has an effect when the module\nis inserted.",
    );
  if (attach && targetPid !== undefined)
    throw together('A', 'x', "  The '-x pid'\noption only has an effect when the module is inserted.");
  if (command !== undefined && targetPid !== undefined) throw together('c', 'x');
  if (daemon && load) throw together('D', 'L');
  if (daemon && remove) throw together('D', 'd');
  if (daemon && command !== undefined) throw together('D', 'c');
  if (daemon && outputFile === undefined) throw fail("You have to specify output FILE with '-D' option.");
  if (draft.outputRotation !== undefined && outputFile === undefined)
    throw fail("You have to specify output FILE with '-S' option.");
}

function together(one: string, other: string, reason = ''): StaprunUsageError {
  return fail(`You can't specify the '-${one}' and '-${other}' options together.${reason}`);
}

function fail(text: string, usage = true): StaprunUsageError {
  return new StaprunUsageError(`ERROR: ${text}`, usage);
}

function ignore(draft: Draft, reason: string): void {
  draft.ineffective = [...draft.ineffective, reason];
}

/** atoi(3) */
function integer(text: string): number {
  return Number(/^\s*[-+]?\d+/.exec(text)?.[0] ?? 0);
}

function setTarget(draft: Draft, argument: string): void {
  // 0 is what the option's absence stands for.
  draft.targetPid = integer(argument) === 0 ? undefined : integer(argument);
}

function setNamespaces(draft: Draft, argument: string): void {
  const pid = integer(argument);
  if (pid <= 0) throw fail(`Invalid target namespaces pid ${pid} (should be > 0).`);
  ignore(draft, '-N: process numbers are those staprun itself sees');
}

function setBufferSize(draft: Draft, argument: string): void {
  const size = integer(argument);
  if (size < 1 || size > 4095) throw fail(`Invalid buffer size '${size}' (should be 1-4095).`);
  draft.bufferSizeMb = size;
}

function setColor(draft: Draft, argument: string): void {
  if (argument !== 'always' && argument !== 'auto' && argument !== 'never')
    throw fail(`Invalid option '${argument}' for -C.`);
  draft.color = argument;
}

function setRemote(draft: Draft, argument: string): void {
  if (!/^\s*[-+]?\d+:./s.test(argument)) throw fail(`Cannot process remote id option '${argument}'.`);
  ignore(draft, '-r: remote_id() and remote_uri() tell nothing here');
}

function setRotation(draft: Draft, argument: string): void {
  const [, size, files] = /^\s*(\d+)(?:,(\d+))?$/.exec(argument) ?? [];
  if (size === undefined) throw fail(`Invalid file size option '${argument}'.`);
  // 0 means no limit, as without the option.
  if (Number(size) === 0) return;
  draft.outputRotation = { sizeMb: Number(size), files: files === undefined ? undefined : Number(files) };
}

/** Output goes out as soon as it is there, so there is nothing to wait for. */
function checkReaderTimeout(_draft: Draft, argument: string): void {
  const timeoutMs = integer(argument);
  if (timeoutMs < 1) throw fail(`Invalid reader timeout value '${timeoutMs}' (should be >= 1).`);
}

function setMonitor(draft: Draft, argument: string): void {
  const seconds = integer(argument);
  if (seconds < 1) throw fail('Invalid monitor interval');
  draft.monitorSeconds = seconds;
}

function refuseRelayDirectory(): void {
  throw fail('Relay basedir -F option is invalid for staprun', false);
}

function assignment(word: string): Assignment {
  const equals = word.indexOf('=');
  return equals < 0
    ? { name: word, value: '' }
    : { name: word.slice(0, equals), value: word.slice(equals + 1) };
}
