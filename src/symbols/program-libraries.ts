import { accessSync, constants, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { pathBytes } from './program-bytes.ts';

/** Directories of the dynamic linker without any configuration, and those of Debian's multiarch. */
const USUAL_DIRECTORIES = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
];

/** Directories of libraries in the order they are tried: those of ld.so.conf, then the usual ones. */
export function libraryDirectories(configuration = '/etc/ld.so.conf'): readonly string[] {
  return [...new Set([...configuredDirectories(configuration, new Set()), ...USUAL_DIRECTORIES])];
}

/**
 * Where the dynamic linker finds the library: the directories of the program that needs it (DT_RUNPATH, `$ORIGIN` is
 * the program's own directory), then the others. A name with a slash is a path. Undefined when there is no such file.
 */
export function libraryPath(
  name: string,
  programPath: string,
  runPath: readonly string[],
  directories: readonly string[],
): string | undefined {
  if (name.includes('/')) return isAbsolute(name) && isReadable(name) ? name : undefined;
  const origin = dirname(programPath);
  const own = runPath
    .map((part) => part.replaceAll(/\$(?:ORIGIN\b|\{ORIGIN\})/g, () => origin))
    .filter((part) => isAbsolute(part));
  return [...own, ...directories].map((directory) => join(directory, name)).find(isReadable);
}

function isReadable(path: string): boolean {
  try {
    accessSync(pathBytes(path), constants.R_OK);
    return statSync(pathBytes(path)).isFile();
  } catch {
    return false;
  }
}

/** See ldconfig(8): a directory or `include PATTERN` a line, `#` begins a comment. */
function configuredDirectories(path: string, read: Set<string>): string[] {
  // Files that include each other are read once.
  if (read.has(path)) return [];
  read.add(path);
  return linesOf(path).flatMap((line) => {
    const pattern = /^include\s+(.+)$/.exec(line)?.[1];
    if (pattern === undefined) return isAbsolute(line) ? [line] : [];
    return includedFiles(isAbsolute(pattern) ? pattern : join(dirname(path), pattern)).flatMap((file) =>
      configuredDirectories(file, read),
    );
  });
}

function linesOf(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(pathBytes(path), 'latin1');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/** Files of the pattern's directory that match its last part, where `*` stands for any characters, in their order. */
function includedFiles(pattern: string): string[] {
  const directory = dirname(pattern);
  const [head = '', ...rest] = pattern.slice(directory.length).replace(/^\//, '').split('*');
  if (rest.length === 0) return [pattern];
  const escaped = [head, ...rest].map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${escaped.join('.*')}$`);
  try {
    return readdirSync(pathBytes(directory), 'latin1')
      .filter((name) => expression.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
