import type { Int64 } from '../../int64/int64.ts';
import { SYSCALL_NUMBERS, type SyscallRun } from '../../module/syscall-numbers.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Name of a system call, "" for an unknown number. */
function nameIn(runs: readonly SyscallRun[]) {
  return (_context: HandlerContext, number: Int64): string => {
    const run = runs.findLast(({ first }) => number >= first);
    return run?.names[Number(number) - run.first] ?? '';
  };
}

/** Number of a system call, -1 for an unknown name. */
function numberIn(runs: readonly SyscallRun[]) {
  return (_context: HandlerContext, name: string): Int64 => {
    const run = runs.find((candidate) => candidate.names.includes(name));
    return run === undefined ? -1 : run.first + run.names.indexOf(name);
  };
}

/** System calls by number and by name, per architecture; stapfuncs(3stap), SYSCALL_NAME. */
export const syscallNameFunctions = {
  syscall_name_x86_64: nameIn(SYSCALL_NUMBERS.x86_64),
  syscall_num_x86_64: numberIn(SYSCALL_NUMBERS.x86_64),
  syscall_name_generic: nameIn(SYSCALL_NUMBERS.generic),
  syscall_num_generic: numberIn(SYSCALL_NUMBERS.generic),
};
