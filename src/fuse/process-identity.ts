import { readFileSync } from 'node:fs';

/** Of field 9, linux/sched.h. */
const PF_EXITING = 0x4;
/** Of field 31, the signals that wait. */
const SIGKILL_BIT = 1 << 8;

/** Start time of a process, field 22 of /proc/PID/stat; undefined when there is no such process. */
export function processStartTicks(pid: number): string | undefined {
  return processFields(pid)?.[19];
}

/** `PID:STARTTICKS`: names that very process, and no later one with the same number. */
export function processIdentity(pid: number): string {
  return `${pid}:${processStartTicks(pid) ?? '0'}`;
}

/**
 * True when that very process still runs. One that has ended but whose parent has not asked for its status yet serves
 * nothing any more.
 */
export function processRuns(pid: number, startTicks: string): boolean {
  const fields = processFields(pid);
  return fields?.[19] === startTicks && fields[0] !== 'Z' && fields[0] !== 'X';
}

/** True while a process that was killed, or ends by itself, still has its descriptors: it serves nothing any more. */
export function processEnds(pid: number): boolean {
  const fields = processFields(pid);
  if (fields === undefined) return false;
  const [flags, pending] = [Number(fields[6]), Number(fields[28])];
  return (flags & PF_EXITING) !== 0 || (pending & SIGKILL_BIT) !== 0;
}

/** Fields of /proc/PID/stat from the third, the state, on. */
function processFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name may contain blanks and parentheses; fields are counted from the last one.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
