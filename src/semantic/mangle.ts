import type { SourceFile } from '../source/source-file.ts';

/** `__global_x`, or `__private_<file>_x` where every byte of the file name that no identifier may hold is `_`. */
export function mangleName(name: string, isPrivate: boolean, source: SourceFile): string {
  if (!isPrivate) return `__global_${name}`;
  return `__private_${source.name.replace(/[^A-Za-z0-9_]/g, '_')}_${name}`;
}
