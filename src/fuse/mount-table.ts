import { readFileSync } from 'node:fs';

/** Type of our mounts in /proc/mounts. */
export const mountType = 'fuse.stap';

/** One of our mounts, as /proc/self/mountinfo shows it. */
export interface ServedMount {
  readonly path: string;
  /** Process that serves it, undefined when the source does not tell. */
  readonly ownerPid: number | undefined;
  /** Start time of that process in clock ticks since boot, field 22 of /proc/PID/stat: tells it from a later one with the same number. */
  readonly ownerStartTicks: string | undefined;
}

/** Mount source naming the process that serves: `stap:PID:STARTTICKS`. */
export function mountSource(pid: number): string {
  return `stap:${pid}:${processStartTicks(pid) ?? '0'}`;
}

/** Field 22 of /proc/PID/stat; undefined when there is no such process. */
export function processStartTicks(pid: number): string | undefined {
  return processFields(pid)?.[19];
}

/**
 * True when that very process still runs. One that has ended but whose parent has not asked for its status yet serves
 * nothing any more.
 */
export function processRuns(pid: number, startTicks: string): boolean {
  const fields = processFields(pid);
  return fields?.[19] === startTicks && fields[0] !== 'Z' && fields[0] !== 'X';
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

/** Mounts of type fuse.stap in the text of /proc/self/mountinfo (proc(5)), in mount order. */
export function parseMountTable(mountinfo: string): ServedMount[] {
  const mounts: ServedMount[] = [];
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    if (left === undefined || right === undefined) continue;
    const [type, source] = right.split(' ');
    const path = left.split(' ')[4];
    if (type !== mountType || path === undefined) continue;
    const owner = /^stap:(\d+):(\d+)$/.exec(unescapeMountField(source ?? ''));
    mounts.push({
      path: unescapeMountField(path),
      ownerPid: owner?.[1] === undefined ? undefined : Number(owner[1]),
      ownerStartTicks: owner?.[2],
    });
  }
  return mounts;
}

/** Our mounts in this mount namespace. Reads only /proc, never a mount itself. */
export function servedMounts(): ServedMount[] {
  return parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** True when the process that mounted it still runs. */
export function ownerLives(mount: ServedMount): boolean {
  return (
    mount.ownerPid !== undefined &&
    mount.ownerStartTicks !== undefined &&
    processRuns(mount.ownerPid, mount.ownerStartTicks)
  );
}

function unescapeMountField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
