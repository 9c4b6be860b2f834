import type { ProbePoint } from '../ast/declaration.ts';
import type { ProbeEvent, ProcessProbeEvent } from '../module/probe-event.ts';
import { pointError } from './point-error.ts';
import { numberArgument, stringArgument, type ProbeFamily } from './probe-family.ts';
import { expandProcessContext, listProcessVariables } from './process-context.ts';
import { PROGRAM_STARTS, probedPrograms, processNumber, type ProgramEnvironment } from './user-files.ts';

const MOMENTS = ['begin', 'end', 'thread.begin', 'thread.end', 'syscall', 'syscall.return'] as const;

/**
 * Begin and end of processes and threads and their system calls (stapprobes(3stap), PROCESS PROBES).
 *
 * Whose they are is for the programs in the kernel to find out, by what the event says:
 * - `pid`: processes (tgid) of that number.
 * - `path`: processes whose executable is that file, by its inode, so that links and mounts make no difference.
 * - neither: with -c or -x that process and what it started, else all.
 *
 * `begin` is the first moment of a process as what it is now: after execve, and after fork in the child; `thread.begin`
 * the first moment of a thread that is not the first of its process. Processes that run already when the probe is
 * attached begin then. `end` and `thread.end` are fired by the thread that ends, the first one's for the process.
 * `syscall` has the words `syscall:number` and `syscall:0` to `syscall:5`; `syscall.return` the number and `syscall:result`.
 */
export function processFamily(environment: ProgramEnvironment): ProbeFamily {
  return {
    name: 'process',
    patterns: PROGRAM_STARTS.flatMap((start) => MOMENTS.map((moment) => `${start}.${moment}`)),
    unprivileged: true,
    matches: (point) => matching(point, environment),
    build: processEvent,
    expandContext: (body, event, names) => expandProcessContext(body, momentOf(event), names),
    listVariables: (event) => listProcessVariables(momentOf(event)),
  };
}

/** The point with the canonical path of its program; one for each program that matches a pattern. */
function matching(point: ProbePoint, environment: ProgramEnvironment): readonly ProbePoint[] {
  if (stringArgument(point, 'process') !== undefined)
    return probedPrograms(point, environment).map((program) => program.point);
  const pid = numberArgument(point, 'process');
  if (pid === undefined) return [point];
  const number = processNumber(pid);
  const program = environment.programs.programOf(number);
  if ('problem' in program && program.problem.endsWith('No such process'))
    throw pointError('no-such-process', program.problem);
  return [point];
}

function processEvent(point: ProbePoint): ProcessProbeEvent {
  const what = MOMENTS.find((moment) => moment === momentText(point));
  const path = stringArgument(point, 'process');
  const pid = numberArgument(point, 'process');
  return {
    family: 'process',
    what: what ?? 'begin',
    ...(pid !== undefined && { pid: Number(pid) }),
    ...(path !== undefined && { path }),
  };
}

function momentText({ components }: ProbePoint): string {
  return components
    .slice(1)
    .map(({ name }) => name)
    .join('.');
}

function momentOf(event: ProbeEvent): ProcessProbeEvent['what'] {
  return event.family === 'process' ? event.what : 'begin';
}
