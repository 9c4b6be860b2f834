import type { ProbePoint } from '../ast/declaration.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import { pointError } from './point-error.ts';
import { hasComponent, stringArgument, type ProbeFamily } from './probe-family.ts';
import { expandSyscallContext, type SyscallSurroundings } from './syscall-context.ts';
import type { SyscallList } from './syscalls/syscall-list.ts';

/**
 * `kernel.syscall("openat")` and `.return`, by the kernel's names: what the aliases `syscall.NAME` stand for
 * (tapset::syscall(3stap)). `list` is asked when a script has such a point; `isGlobal` tells the
 * variables that are global.
 */
export function syscallFamily(
  list: () => SyscallList,
  isGlobal: SyscallSurroundings['isGlobal'],
): ProbeFamily {
  return {
    name: 'syscall',
    patterns: ['kernel.syscall(string)', 'kernel.syscall(string).return'],
    unprivileged: false,
    unlisted: true,
    build: (point) => syscallEvent(point, list()),
    expandContext: (body, event, names) =>
      expandSyscallContext(body, event, { list: list(), isGlobal }, names),
    entry: (point, event) =>
      event.family === 'syscall' && event.access === 'exit'
        ? {
            point: { ...point, components: point.components.filter(({ name }) => name !== 'return') },
            event: { ...event, access: 'enter' },
            remains: (operand) => !FORGETFUL.has(event.name) && ARGUMENT.test(operand),
          }
        : undefined,
  };
}

function syscallEvent(point: ProbePoint, { numbers }: SyscallList): ProbeEvent {
  const name = stringArgument(point, 'syscall') ?? '';
  const number = numbers.get(name);
  if (number === undefined) throw pointError('no-such-syscall', 'no match');
  return { family: 'syscall', name, number, access: hasComponent(point, 'return') ? 'exit' : 'enter' };
}

/** System calls at whose return the kernel has others of its registers than at the entry. */
const FORGETFUL: ReadonlySet<string> = new Set(['execve', 'execveat', 'sigreturn', 'rt_sigreturn']);

/** What tells an argument, which is in the kernel's hands until the call returns. */
const ARGUMENT = /^(?:\$(?!return$)\w+|(?:u?(?:int|long|longlong)|[su]32|[su]64|pointer)_arg\(\d+\))$/;
