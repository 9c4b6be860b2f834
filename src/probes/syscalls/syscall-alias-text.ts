import type { ArgumentKind, SyscallArgument, SyscallFacts } from './read-syscalls.ts';

/** How the values of each kind are shown. */
const CONVERSIONS: Readonly<Record<ArgumentKind, string>> = {
  d: '%d',
  u: '%u',
  l: '%d',
  U: '%u',
  x: '0x%x',
  X: '0x%x',
  o: '%#o',
  p: '%p',
  P: '%p',
  s: '%s',
  T: '%s',
};
/** Formats of return_str() where results are no decimal numbers. */
const RESULT_FORMATS: Readonly<Partial<Record<string, number>>> = { mmap2: 2, mremap: 2, umask: 3 };

/**
 * The alias of a system call as library text: `probe syscall.NAME = kernel.syscall("…") { … }` with the variables that
 * handlers have (tapset::syscall(3stap)). With `wanted` only those that its names need.
 */
export function syscallAliasText(
  root: string,
  facts: SyscallFacts,
  isReturn: boolean,
  wanted?: ReadonlySet<string>,
): string {
  const suffix = isReturn ? '.return' : '';
  const points = facts.kernelNames.map((name) => `kernel.syscall("${name}")${suffix}`).join(', ');
  const name = { name: 'name', expression: `"${facts.name}"`, isText: true };
  const variables = [name, ...(isReturn ? resultVariables(facts) : callVariables(facts))];
  const lines = neededOf(variables, wanted).map(({ name, expression }) => `${name} = ${expression}`);
  return `probe ${root}.${facts.name}${suffix} = ${points} {\n${lines.join('\n')}\n}\n`;
}

/** The value of an argument as the C type has it, as an expression of the language. */
export function argumentValue({ kind, index }: SyscallArgument): string {
  const word = `__event_word("syscall:${index}")`;
  switch (kind) {
    case 'd':
      return `(${word} << 32) >> 32`;
    case 'u':
    case 'x':
    case 'o':
      return `${word} & 0xffffffff`;
    case 'l':
    case 'U':
    case 'X':
    case 'p':
    case 'P':
    case 's':
    case 'T':
      return word;
  }
}

/** A variable of an argument and the expression it is assigned. */
export interface ArgumentVariable {
  readonly name: string;
  readonly expression: string;
  readonly isText: boolean;
}

/** The variables that handlers have of an argument. */
export function argumentVariables(argument: SyscallArgument): readonly ArgumentVariable[] {
  const { name, kind, text } = argument;
  const expression = argumentValue(argument);
  if (kind === 's') return textVariables(name, expression);
  const value = { name, expression, isText: false };
  if (text?.variable === undefined) return [value];
  if (kind === 'T') return [value, ...textVariables(text.variable, name)];
  return [value, { name: text.variable, expression: textCall(argument), isText: true }];
}

function textVariables(name: string, address: string): readonly ArgumentVariable[] {
  return [
    { name, expression: `user_string_quoted(${address})`, isText: true },
    { name: `${name}_unquoted`, expression: `user_string_nofault(${address})`, isText: true },
  ];
}

function textCall({ name, text }: SyscallArgument): string {
  const second = text?.second === undefined ? '' : `, ${text.second}`;
  return `${text?.function ?? ''}(${name}${second})`;
}

function callVariables(facts: SyscallFacts): readonly ArgumentVariable[] {
  const variables = facts.arguments.flatMap(argumentVariables);
  // A text that needs the value of another argument comes after all values.
  const needsOther = facts.arguments.some(({ text }) => text?.second !== undefined);
  const ordered = needsOther
    ? [...variables.filter(({ isText }) => !isText), ...variables.filter(({ isText }) => isText)]
    : variables;
  return [...ordered, { name: 'argstr', expression: argstr(facts), isText: true }];
}

/** The wanted variables, and those that they are made of, which come before them. */
function neededOf(
  variables: readonly ArgumentVariable[],
  wanted: ReadonlySet<string> | undefined,
): readonly ArgumentVariable[] {
  if (wanted === undefined) return variables;
  const needed = new Set(wanted);
  for (const { name, expression } of [...variables].reverse())
    if (needed.has(name)) for (const [word] of expression.matchAll(/\b[a-z_]\w*/g)) needed.add(word);
  return variables.filter(({ name }) => needed.has(name));
}

function argstr({ argstr: given, arguments: args }: SyscallFacts): string {
  if (given !== undefined) return given;
  if (args.length === 0) return '""';
  const format = args.map(({ kind, text }) => (text === undefined ? CONVERSIONS[kind] : '%s')).join(', ');
  return `sprintf("${format}", ${args.map(shownText).join(', ')})`;
}

function shownText(argument: SyscallArgument): string {
  const { name, text } = argument;
  if (text === undefined) return name;
  return text.variable ?? textCall(argument);
}

function resultVariables({ name }: SyscallFacts): readonly ArgumentVariable[] {
  const format = RESULT_FORMATS[name] ?? 1;
  return [
    { name: 'retval', expression: '__event_word("syscall:result")', isText: false },
    { name: 'retstr', expression: `return_str(${format}, retval)`, isText: true },
  ];
}
