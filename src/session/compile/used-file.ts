import { statSync } from 'node:fs';
import type { UsedFile } from '../../stapmod/stapmod.ts';

/** A library file as it is now; undefined when it is gone. */
export function usedFile(path: string): UsedFile | undefined {
  const status = statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false });
  return status === undefined ? undefined : { path, size: status.size, modifiedMs: status.mtimeMs };
}
