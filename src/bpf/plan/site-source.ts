import type { WordName } from '../../module/event-record.ts';
import type { KernelFacts } from '../../probes/kernel-facts.ts';
import type { KernelContext, LongExpression } from '../ir.ts';
import type { EventSource } from './event-source.ts';
import { taskWord } from './task-words.ts';

/** Processors that programs are written for. */
export type Architecture = 'x86_64' | 'arm64';

/** DWARF numbers of the registers that hold the first arguments of a function, and the instruction pointer's. */
const REGISTER_NUMBERS: Readonly<
  Record<Architecture, { readonly arguments: readonly number[]; readonly instructionPointer: number }>
> = {
  x86_64: { arguments: [5, 4, 1, 2, 8, 9], instructionPointer: 16 },
  arm64: { arguments: [0, 1, 2, 3, 4, 5, 6, 7], instructionPointer: 32 },
};

/** How programs at a place of this kind get at the words of their event. `isReturn`: a function has its result. */
export function siteSource(
  context: KernelContext,
  isReturn: boolean,
  kernel: KernelFacts,
  architecture: Architecture,
): EventSource {
  return {
    kind: isReturn ? `${context} return` : context,
    word: (name) => contextWord(name, context, isReturn, architecture) ?? taskWord(name, kernel),
  };
}

function contextWord(
  name: WordName,
  context: KernelContext,
  isReturn: boolean,
  architecture: Architecture,
): LongExpression | undefined {
  const { family, number } = numbered(name);
  switch (context) {
    case 'tracepoint':
      return family === 'argument' ? { kind: 'argument', index: number } : undefined;
    case 'fentry':
    case 'fexit':
      if (name === 'result' && context === 'fexit') return { kind: 'result' };
      if (name === 'instruction-pointer')
        return { kind: 'register', number: REGISTER_NUMBERS[architecture].instructionPointer };
      return family === 'argument' ? { kind: 'argument', index: number } : undefined;
    case 'syscall-enter':
      return name === 'syscall:number' ? { kind: 'syscall-number' } : syscallArgument(family, number);
    case 'syscall-exit':
      if (name === 'syscall:number') return { kind: 'syscall-number' };
      if (name === 'syscall:result' || name === 'result') return { kind: 'syscall-result' };
      return syscallArgument(family, number);
    case 'registers':
      return registerWord(name, isReturn, architecture);
  }
}

function syscallArgument(family: string, number: number): LongExpression | undefined {
  // What a function of the kernel is called with, int_arg(1) and so on, are the system call's own here.
  return (family === 'syscall' || family === 'argument') && number < 6
    ? { kind: 'syscall-argument', index: number }
    : undefined;
}

function registerWord(
  name: WordName,
  isReturn: boolean,
  architecture: Architecture,
): LongExpression | undefined {
  const { family, number } = numbered(name);
  const registers = REGISTER_NUMBERS[architecture];
  if (name === 'instruction-pointer') return { kind: 'register', number: registers.instructionPointer };
  if (name === 'result') return isReturn ? { kind: 'result' } : undefined;
  if (family === 'register') return { kind: 'register', number };
  const register = family === 'argument' ? registers.arguments[number] : undefined;
  return register === undefined ? undefined : { kind: 'register', number: register };
}

/** `argument:2` in its two parts; the number of a name without one is NaN. */
function numbered(name: WordName): { readonly family: string; readonly number: number } {
  const colon = name.indexOf(':');
  return {
    family: name.slice(0, Math.max(colon, 0)),
    number: Number(colon < 0 ? NaN : name.slice(colon + 1)),
  };
}
