import type { ArgumentRule, OptionSpelling } from './getopt.ts';

/**
 * An option with what users are told of it. `usage` is its names and, last, its argument, in brackets when it may be
 * missing: `-F --field FIELD`, `--color --colour [WHEN]`. `help` are the lines of the help text.
 */
export interface DocumentedOption extends OptionSpelling {
  readonly usage: string;
  readonly help: readonly string[];
}

/** An option of `usage` and `help`, as a row of a table. */
export function documentedOption(id: string, usage: string, ...help: readonly string[]): DocumentedOption {
  return { id, usage, help, ...spellingOf(usage) };
}

/** What a usage says to the scanner. */
export function spellingOf(usage: string): Omit<OptionSpelling, 'id'> {
  const words = usage.split(' ');
  const names = words.filter((word) => word.startsWith('-'));
  const argumentName = argumentOf(usage);
  const argument: ArgumentRule =
    argumentName === undefined ? 'none' : /^\[.*\]$/.test(argumentName) ? 'optional' : 'required';
  const short = names.find((name) => !name.startsWith('--'))?.slice(1);
  const long = names.filter((name) => name.startsWith('--')).map((name) => name.slice(2));
  return { ...(short === undefined ? {} : { short }), long, argument };
}

/** The argument as the usage has it, `[WHEN]` with its brackets; undefined when there is none. */
export function argumentOf(usage: string): string | undefined {
  const last = usage.slice(usage.lastIndexOf(' ') + 1);
  return last.startsWith('-') ? undefined : last;
}

/** The usage as users read it: an argument that may be missing is joined, as in `--monitor[=SECONDS]` and `-u[PATH]`. */
export function shownUsage(usage: string): string {
  return usage.replace(' [', usage.includes('--') ? '[=' : '[');
}
