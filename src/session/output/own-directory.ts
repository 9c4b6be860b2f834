import { readlinkSync } from 'node:fs';
import { normalize } from 'node:path';

/**
 * Whether output to these open descriptors or to this file (absolute) would be written into `directory`, whose files
 * this process serves: it would wait for itself. Looks at names only, for the same reason.
 */
export function leadsInto(directory: string, fds: readonly number[], file: string | undefined): boolean {
  const names = fds.map(nameOf);
  if (file !== undefined) names.push(normalize(file));
  return names.some((name) => name.startsWith(`${directory}/`));
}

function nameOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
