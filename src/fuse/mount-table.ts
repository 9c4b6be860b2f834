import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { processIdentity, processRuns } from './process-identity.ts';

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
  return `stap:${processIdentity(pid)}`;
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

/**
 * Where the mount that has `source` and was made on `path` is now: somebody may have renamed a directory above it. `path`
 * when there is none any more.
 */
export function whereMountIs(path: string, source: string): string {
  const ours = servedMounts().filter(
    ({ ownerPid, ownerStartTicks, path: at }) =>
      `stap:${ownerPid}:${ownerStartTicks}` === source && basename(at) === basename(path),
  );
  return (ours.find((mount) => mount.path === path) ?? ours[0])?.path ?? path;
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
