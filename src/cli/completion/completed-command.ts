import { argumentOf, type DocumentedOption } from '../option-spelling.ts';
import { commandOptions, type ModuleCommand } from '../module-command.ts';
import { stapOptions } from '../option-table.ts';
import { STAP_CTL } from '../stap-ctl.ts';
import { exporterOptions } from '../stap-exporter-options.ts';
import { STAP_LSMOD } from '../stap-lsmod.ts';
import { STAP_MODINFO } from '../stap-modinfo.ts';
import { STAP_RMMOD } from '../stap-rmmod.ts';
import { staprunOptions } from '../staprun-options.ts';

/** What may stand in a place of a command line. `module`: the name of a running module. */
export type Candidates =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file'; readonly ending?: string }
  | { readonly kind: 'directory' | 'command' | 'process' | 'group' | 'module' };

/** An option as shells complete it. */
export interface CompletedOption extends DocumentedOption {
  /** Name of the argument, for shells that show it; '' when there is none. */
  readonly argumentName: string;
  /** What the argument may be; empty when nothing can be offered. */
  readonly candidates: readonly Candidates[];
}

/** A command as shells complete it. */
export interface CompletedCommand {
  readonly name: string;
  readonly options: readonly CompletedOption[];
  /** By place of the operand; the last one stands for all that follow. Empty: there are none. */
  readonly operands: readonly (readonly Candidates[])[];
  /** Candidates for all operands when one of these options is given. */
  readonly otherwise?: { readonly options: readonly string[]; readonly candidates: readonly Candidates[] };
  /** Options after the first operand are operands. */
  readonly stopsAtOperand: boolean;
}

const words = (...list: readonly string[]): readonly Candidates[] => [{ kind: 'words', words: list }];
const file = (ending?: string): Candidates =>
  ending === undefined ? { kind: 'file' } : { kind: 'file', ending };
const module: Candidates = { kind: 'module' };

/** By the name of the argument, in all commands. */
const BY_ARGUMENT: Readonly<Record<string, readonly Candidates[]>> = {
  DIR: [{ kind: 'directory' }],
  FILE: [file()],
  PID: [{ kind: 'process' }],
  CMD: [{ kind: 'command' }],
  GROUP: [{ kind: 'group' }],
};

/** Options whose argument is one of a few words, by command and name. */
export const FIXED_WORDS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  stap: {
    '-p': ['1', '2', '3', '4', '5'],
    '--procfs': ['auto', 'fuse', 'fifo'],
    '--privilege': ['stapusr', 'stapsys', 'stapdev'],
    '--diagnostics': ['text', 'json'],
    '--output': ['text', 'json'],
    '--color': ['always', 'auto', 'never'],
    '--runtime': ['kernel'],
  },
  staprun: { '-C': ['always', 'auto', 'never'] },
};

/** The commands of this program, in the order in which users meet them. */
export function completedCommands(): readonly CompletedCommand[] {
  const script = [file('.stp')];
  return [
    { ...command('stap', stapOptions()), operands: [script, [file()]] },
    {
      ...command('staprun', staprunOptions()),
      operands: [[file('.stapmod')], []],
      otherwise: { options: ['-A', '-d'], candidates: [module] },
    },
    { ...moduleCommand(STAP_LSMOD), operands: [] },
    { ...moduleCommand(STAP_MODINFO), operands: [[module, file('.stapmod')]] },
    { ...moduleCommand(STAP_RMMOD), operands: [[module]] },
    {
      ...moduleCommand(STAP_CTL),
      operands: [[module], words('get', 'set', 'probes', 'on', 'off', 'reload'), script],
    },
    { ...command('stap-exporter', exporterOptions()), operands: [] },
  ];
}

/** The names of an option with their dashes. */
export function optionNames({ short, long = [] }: CompletedOption): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), ...long.map((name) => `--${name}`)];
}

function moduleCommand(made: ModuleCommand): Omit<CompletedCommand, 'operands'> {
  return { ...command(made.name, commandOptions(made)), stopsAtOperand: made.stopsAtOperand === true };
}

/** Options that no help tells of are not offered, nor the one that is there to be refused. */
function command(name: string, options: readonly DocumentedOption[]): Omit<CompletedCommand, 'operands'> {
  const told = options
    .filter(({ help: [first] }) => first !== undefined && !first.startsWith('Refused'))
    .map((option) => completedOption(name, option));
  return { name, options: told, stopsAtOperand: false };
}

function completedOption(name: string, option: DocumentedOption): CompletedOption {
  const argumentName = (argumentOf(option.usage) ?? '').replace(/^\[(.*)\]$/, '$1');
  const fixed = Object.entries(FIXED_WORDS[name] ?? {}).find(([spelling]) =>
    option.usage.split(' ').includes(spelling),
  );
  const candidates = fixed === undefined ? (BY_ARGUMENT[argumentName] ?? []) : words(...fixed[1]);
  return { ...option, argumentName, candidates };
}
