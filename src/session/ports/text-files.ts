import { readFileSync, readlinkSync } from 'node:fs';
import type { TextFiles } from '../../runtime/handler-context.ts';

/** Small files of /proc as byte strings; what cannot be read is undefined. */
export const textFiles: TextFiles = {
  read: (path) => attempt(() => readFileSync(path, 'latin1')),
  readLink: (path) => attempt(() => readlinkSync(path, 'latin1')),
};

function attempt(action: () => string): string | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
