import type { SyscallArgument, SyscallFacts } from './read-syscalls.ts';

/**
 * A system call whose variables have other names where the script has a global variable of that name: an array `n` of
 * the script is not the first argument of select(2).
 */
export function renameClashes(facts: SyscallFacts, isTaken: (name: string) => boolean): SyscallFacts {
  const names = facts.arguments.flatMap(({ name, text }) => [name, text?.variable ?? name]);
  if (!names.some(isTaken)) return facts;
  const free = (name: string): string => (isTaken(name) ? `__${name}_argument` : name);
  return {
    ...facts,
    arguments: facts.arguments.map((argument) => renameArgument(argument, free)),
    ...(facts.argstr !== undefined && {
      argstr: facts.argstr.replace(/\b[a-z]\w*\b/g, (word) => (names.includes(word) ? free(word) : word)),
    }),
  };
}

function renameArgument(argument: SyscallArgument, free: (name: string) => string): SyscallArgument {
  const { name, text } = argument;
  if (text === undefined) return { ...argument, name: free(name) };
  const { second, variable } = text;
  return {
    ...argument,
    name: free(name),
    text: {
      ...text,
      ...(second !== undefined && { second: free(second) }),
      ...(variable !== undefined && { variable: free(variable) }),
    },
  };
}
