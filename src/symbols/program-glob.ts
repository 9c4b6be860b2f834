import { readdirSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { namePattern } from '../probes/name-pattern.ts';
import { pathBytes } from './program-bytes.ts';

/** Directories below one that are looked into for `**`; a tree without end must not stop us. */
const DEEPEST = 32;

/**
 * Paths that match a pattern, in the order of their bytes: `*`, `?` and `[a-z]` stand within one directory, a part
 * that is `**` for any directories below. Names with a dot in front are matched by a pattern with one only, as shells do.
 * Directories that cannot be read have no files.
 */
export function globPaths(pattern: string): readonly string[] {
  const parts = pattern.split('/').filter((part) => part !== '');
  return [...new Set(expand(isAbsolute(pattern) ? '/' : '', parts))];
}

function expand(directory: string, parts: readonly string[], depth = 0): readonly string[] {
  const [part, ...rest] = parts;
  if (part === undefined) return [directory.slice(0, -1)];
  if (part === '**') {
    const here = expand(directory, rest, depth);
    if (depth === DEEPEST) return here;
    const below = entries(directory).filter((entry) => entry.isDirectory && !entry.name.startsWith('.'));
    return [...here, ...below.flatMap(({ name }) => expand(`${directory}${name}/`, parts, depth + 1))];
  }
  const { isWildcard, matches } = namePattern(part);
  if (!isWildcard) return expand(`${directory}${part}/`, rest, depth);
  return entries(directory)
    .filter(({ name }) => matches(name) && (part.startsWith('.') || !name.startsWith('.')))
    .flatMap(({ name }) => expand(`${directory}${name}/`, rest, depth));
}

function entries(directory: string): readonly { readonly name: string; readonly isDirectory: boolean }[] {
  try {
    return readdirSync(pathBytes(directory === '' ? '.' : directory), {
      encoding: 'latin1',
      withFileTypes: true,
    })
      .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
