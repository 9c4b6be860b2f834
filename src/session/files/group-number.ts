import { readFileSync } from 'node:fs';
import { MountError } from '../../fuse/mount-error.ts';

/** Largest gid; one more means "no group" to chown(2). */
const GID_MAX = 0xfffffffe;

/**
 * Number of a group given by name, as /etc/group tells it, or by number.
 * @throws {MountError} CANNOT_CREATE when there is none of that name
 */
export function groupNumber(group: string): number {
  const found = /^\d+$/.test(group) ? group : gidOf(group);
  const gid = Number(found);
  if (found !== undefined && gid <= GID_MAX) return gid;
  throw new MountError('CANNOT_CREATE', `There is no group "${group}", which --procfs-group names.`);
}

function gidOf(group: string): string | undefined {
  for (const line of groupLines()) {
    const [name, , gid] = line.split(':');
    if (name === group && gid !== undefined && /^\d+$/.test(gid)) return gid;
  }
  return undefined;
}

function groupLines(): readonly string[] {
  try {
    return readFileSync('/etc/group', 'latin1').split('\n');
  } catch {
    return [];
  }
}
