import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process that keeps a file or directory of a mount open, or stands in it. */
export interface Holder {
  readonly pid: number;
  /** Name of the command, as in /proc/PID/comm. */
  readonly command: string;
}

/** Holders as messages list them: `PID (COMMAND), …`. */
export function holdersText(holders: readonly Holder[]): string {
  return holders.map(({ pid, command }) => `${pid} (${command})`).join(', ');
}

/**
 * Processes other than this one, and than supervisors, whose working directory, root or open files lie in `path`, as far as this user may see
 * them. Only reads links under /proc: never touches the directory itself, which would wait for its server, this process.
 */
export function findHolders(path: string): Holder[] {
  const holders: Holder[] = [];
  for (const name of listing('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (isInside(pid, path) && !isSupervisor(pid)) holders.push({ pid, command: commandOf(pid) });
  }
  return holders;
}

function isInside(pid: number, path: string): boolean {
  return (
    pointsInto(`/proc/${pid}/cwd`, path) ||
    pointsInto(`/proc/${pid}/root`, path) ||
    listing(`/proc/${pid}/fd`).some((fd) => pointsInto(`/proc/${pid}/fd/${fd}`, path))
  );
}

function pointsInto(link: string, path: string): boolean {
  try {
    const target = readlinkSync(link);
    return target === path || target.startsWith(`${path}/`);
  } catch {
    return false; // the process ended, or belongs to somebody else
  }
}

/** The shell that watches over a directory of FIFOs stands in it. */
function isSupervisor(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('\0stap-supervisor\0');
  } catch {
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return '?';
  }
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
