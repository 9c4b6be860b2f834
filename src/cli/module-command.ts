import { moduleRoot } from '../session/files/module-root.ts';
import { workingDirectory } from '../session/ports/working-directory.ts';
import {
  standardStreams,
  OutputClosedError,
  type StandardStreams,
} from '../session/ports/standard-streams.ts';
import { knownRoots } from '../registry/module-list.ts';
import { argumentBytes } from './argument-bytes.ts';
import { cleanRoot } from './clean-root.ts';
import { getopt } from './getopt.ts';
import { documentedOption, type DocumentedOption } from './option-spelling.ts';
import type { ProgramFacts } from './stap.ts';

/** What makes one of the commands about running modules. */
export interface ModuleCommand {
  readonly name: string;
  /** What follows the name in the first line of the help. */
  readonly usage: string;
  /** Lines of the help about what it does. */
  readonly help: readonly string[];
  readonly options: readonly DocumentedOption[];
  /** Fewest and most operands. */
  readonly operands: readonly [least: number, most: number];
  /** Options after the first operand are operands. */
  readonly stopsAtOperand?: boolean;
  /** Resolves to the exit status. */
  readonly run: (request: CommandRequest) => Promise<number>;
}

/** A checked command line. Strings are byte strings. */
export interface CommandRequest {
  readonly program: ProgramFacts;
  readonly streams: StandardStreams;
  readonly operands: readonly string[];
  /** Own options given, with the argument or ''. */
  readonly given: ReadonlyMap<string, string>;
  readonly json: boolean;
  /** --procfs-root as given. */
  readonly chosenRoot: string | undefined;
  /** Directories where modules are looked for. */
  readonly roots: readonly string[];
  /** Prints `NAME: ERROR: text`. */
  readonly error: (text: string) => void;
}

/** Column at which the help texts of options start. */
const HELP_COLUMN = 23;

/** All options of a command: its own, then those that each of the commands about modules has. */
export function commandOptions(command: ModuleCommand): readonly DocumentedOption[] {
  return [
    ...command.options,
    documentedOption('json', '--json', 'print JSON'),
    documentedOption('procfs-root', '--procfs-root DIR', 'look for modules in DIR only'),
    documentedOption('help', '-h --help', 'show this help text'),
    documentedOption('version', '-V --version', 'show the version'),
  ];
}

/** Runs a command about modules with the words after its name. Resolves to the exit status. */
export async function runModuleCommand(
  command: ModuleCommand,
  words: readonly string[],
  program: ProgramFacts,
): Promise<number> {
  const streams = standardStreams();
  try {
    const parsed = parseWords(command, argumentBytes(words));
    if (typeof parsed === 'string') {
      streams.error(`${parsed}\nTry '${command.name} --help' for more information.\n`);
      return 1;
    }
    const { given, operands } = parsed;
    if (given.has('help')) return printed(streams, helpText(command));
    if (given.has('version')) return printed(streams, `${command.name} (stap-ts) ${program.version}\n`);
    const chosenRoot = given.get('procfs-root');
    const own = moduleRoot(chosenRoot, process.env, process.getuid?.() ?? 0, workingDirectory());
    // Who names a root means modules there, not others of the same name elsewhere.
    const isNamed = chosenRoot !== undefined || (process.env['STAP_PROCFS_ROOT'] ?? '') !== '';
    const roots = isNamed ? knownRoots(own).slice(0, 1) : knownRoots(own);
    for (const root of roots) await cleanRoot(root);
    return await command.run({
      program,
      streams,
      operands,
      given,
      json: given.has('json'),
      chosenRoot,
      roots,
      error: (text) => streams.error(`${command.name}: ERROR: ${text}\n`),
    });
  } catch (error) {
    if (error instanceof OutputClosedError) return 1;
    throw error;
  }
}

function parseWords(
  command: ModuleCommand,
  words: readonly string[],
): { readonly given: ReadonlyMap<string, string>; readonly operands: readonly string[] } | string {
  const given = new Map<string, string>();
  for (const event of getopt(command.name, words, commandOptions(command), command.stopsAtOperand !== true)) {
    switch (event.kind) {
      case 'error':
        return event.message;
      case 'option':
        given.set(event.id, event.argument ?? '');
        break;
      case 'operands': {
        const [least, most] = command.operands;
        const { length } = event.words;
        if (given.has('help') || given.has('version')) return { given, operands: [] };
        if (length < least) return `${command.name}: an argument is missing`;
        if (length > most) return `${command.name}: too many arguments`;
        return { given, operands: event.words };
      }
    }
  }
  return { given, operands: [] };
}

function helpText(command: ModuleCommand): string {
  const options = commandOptions(command).map(
    ({ usage, help }) => `  ${usage.replace(' --', ', --')}`.padEnd(HELP_COLUMN) + help.join(' '),
  );
  const lines = [`Usage: ${command.name} ${command.usage}`, ...command.help, '', ...options];
  return lines.map((line) => `${line}\n`).join('');
}

function printed(streams: StandardStreams, text: string): number {
  streams.out(text);
  return 0;
}
