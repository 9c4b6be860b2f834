import { BugError } from '../../diagnostic/bug-error.ts';

/** One argument of a system call, and the variables that handlers have of it. */
export interface SyscallArgument {
  /** The variable with its value. */
  readonly name: string;
  readonly kind: ArgumentKind;
  /** Position in the call, from 0. */
  readonly index: number;
  /** What the value is as text. */
  readonly text?: {
    /** Library function that makes it. */
    readonly function: string;
    /** Its second argument: a number, or another variable. */
    readonly second?: string;
    /** The variable that holds it; none: it is only part of `argstr`. */
    readonly variable?: string;
  };
}

/**
 * How an argument is read and shown: `d` int, `u` unsigned int, `l` long, `U` unsigned long, `x`, `X` (int, long) in
 * hexadecimal, `o` octal, `p` address, `P` number that is an address, `s` text at an address, `T` address and text.
 */
export type ArgumentKind = 'd' | 'u' | 'l' | 'U' | 'x' | 'X' | 'o' | 'p' | 'P' | 's' | 'T';

/** A system call as handlers know it. */
export interface SyscallFacts {
  /** In `syscall.NAME`. */
  readonly name: string;
  /** Names of the kernel's system calls behind it. */
  readonly kernelNames: readonly string[];
  readonly arguments: readonly SyscallArgument[];
  /** What `argstr` is, as an expression of the language; undefined: all arguments with commas between them. */
  readonly argstr?: string;
}

const ARGUMENT = /^(\w+):([a-zA-Z])(?:@(!?)(\w+)(?:\((\w+)\))?)?(?:>(\w+))?$/;

/**
 * Reads a list of system calls, one a line: the name, `=` and the names that the kernel has for it where they differ,
 * and the arguments in their order as `variable:kind@function(second)>text`; `_` is an argument that nobody asks for, `@!`
 * a function whose text has no variable. Behind ` = ` an expression for `argstr` may follow.
 */
export function readSyscalls(list: string): readonly SyscallFacts[] {
  return list.trim().split('\n').map(readSyscall);
}

function readSyscall(line: string): SyscallFacts {
  const [call = '', argstr] = line.split(/ = (.*)/s);
  const [names = '', ...words] = call.split(' ');
  const [name = '', kernelNames = name] = names.split('=');
  const args = words.flatMap((word, index) => (word === '_' ? [] : [readArgument(word, index)]));
  return {
    name,
    kernelNames: kernelNames.split(','),
    arguments: args,
    ...(argstr !== undefined && { argstr }),
  };
}

function readArgument(word: string, index: number): SyscallArgument {
  const match = ARGUMENT.exec(word);
  const [, name, kind, isNameless, makeText, second, variable] = match ?? [];
  if (name === undefined || kind === undefined) throw new BugError(`no argument of a system call: ${word}`);
  const argument = { name, kind: kind as ArgumentKind, index };
  if (kind === 's') return argument;
  if (kind === 'T') return { ...argument, text: { function: 'user_string_quoted', ...named(variable) } };
  if (makeText === undefined) return argument;
  const own = isNameless === '!' ? {} : { variable: variable ?? `${name}_str` };
  return { ...argument, text: { function: makeText, ...(second !== undefined && { second }), ...own } };
}

function named(variable: string | undefined): { readonly variable?: string } {
  return variable === undefined ? {} : { variable };
}
