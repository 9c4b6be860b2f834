import { SYSCALL_NUMBERS } from '../../module/syscall-numbers.ts';
import { COMMUNICATION_SYSCALLS } from './communication.ts';
import { FILE_SYSCALLS } from './files.ts';
import { MEMORY_SYSCALLS } from './memory.ts';
import { PROCESS_SYSCALLS } from './processes.ts';
import { readSyscalls, type SyscallFacts } from './read-syscalls.ts';

/** Processors whose system calls are known. */
export type SyscallArchitecture = 'x86_64' | 'arm64';

/** The system calls of a processor. */
export interface SyscallList {
  /** By the name in `syscall.NAME`; `kernelNames` are those that this processor has. */
  readonly byName: ReadonlyMap<string, SyscallFacts>;
  /** Number by the kernel's name. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** Reads the lists; those that the processor does not have are left out. */
export function syscallList(architecture: SyscallArchitecture): SyscallList {
  const numbers = new Map<string, number>();
  for (const { first, names } of SYSCALL_NUMBERS[architecture === 'x86_64' ? 'x86_64' : 'generic'])
    for (const [index, name] of names.entries()) numbers.set(name, first + index);
  const byName = new Map<string, SyscallFacts>();
  const lists = [FILE_SYSCALLS, MEMORY_SYSCALLS, PROCESS_SYSCALLS, COMMUNICATION_SYSCALLS];
  for (const facts of lists.flatMap(readSyscalls)) {
    const kernelNames = facts.kernelNames.filter((name) => numbers.has(name));
    if (kernelNames.length > 0) byName.set(facts.name, { ...facts, kernelNames });
  }
  return { byName, numbers };
}
