import { readFile, readdir, readlink } from 'node:fs/promises';

/** A process that keeps a file or directory of a mount open, or stands in it. */
export interface Holder {
  readonly pid: number;
  /** Name of the command, as in /proc/PID/comm. */
  readonly command: string;
}

/**
 * Processes other than this one whose working directory, root or open files lie in `path`, as far as this user may see
 * them. Only reads links under /proc: never touches the directory itself, whose server may be waiting for this answer.
 */
export async function findHolders(path: string): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const name of await listing('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (await isInside(pid, path)) holders.push({ pid, command: await commandOf(pid) });
  }
  return holders;
}

async function isInside(pid: number, path: string): Promise<boolean> {
  for (const link of ['cwd', 'root']) {
    if (await pointsInto(`/proc/${pid}/${link}`, path)) return true;
  }
  for (const fd of await listing(`/proc/${pid}/fd`)) {
    if (await pointsInto(`/proc/${pid}/fd/${fd}`, path)) return true;
  }
  return false;
}

async function pointsInto(link: string, path: string): Promise<boolean> {
  try {
    const target = await readlink(link);
    return target === path || target.startsWith(`${path}/`);
  } catch {
    return false; // the process ended, or belongs to somebody else
  }
}

async function commandOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).trimEnd();
  } catch {
    return '?';
  }
}

async function listing(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}
