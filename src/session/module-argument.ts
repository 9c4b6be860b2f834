import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { parseNegatedNumber, parseNumber } from '../int64/numeral.ts';
import type { CompiledModule } from '../module/compiled-module.ts';
import { readStapmod, STAPMOD_SUFFIX, StapmodError, type Stapmod } from '../stapmod/stapmod.ts';
import { readTrustedModule, UntrustedModuleError, type ModuleUser } from '../stapmod/trusted-file.ts';
import type { Assignment } from './stap-options.ts';
import { systemErrorText } from '../fuse/system-error-text.ts';

/** A module as staprun(8) finds it, or the lines that say why not, without `ERROR: `. */
export type FoundModule =
  | { readonly kind: 'found'; readonly path: string; readonly stapmod: Stapmod }
  | { readonly kind: 'failed'; readonly lines: readonly string[] };

/** Ending of SystemTap's module files. */
const KERNEL_SUFFIX = '.ko';

/** What SystemTap says when the kernel refuses a module, where it differs from strerror(3). */
const INSERT_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'Unknown symbol in module',
  ENOEXEC: 'Invalid module format',
  EINVAL: 'Invalid parameters',
  EPERM: 'Operation not permitted',
};

/** Directory in which a module's name is looked up. */
export function moduleDirectory(): string {
  const release = readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim();
  return `/lib/modules/${release}/systemtap`;
}

/** The line for a module that could not be started: an errno name and its message as SystemTap words it. */
export function insertErrorText(path: string, code: string): string {
  return `Couldn't insert module '${path}': ${INSERT_ERRORS[code] ?? code}`;
}

/**
 * Reads the file that a MODULE argument means: a path when it has a slash or an ending of module files, otherwise a name
 * in `moduleDirectory()`. NAME.ko stands for NAME.stapmod where only that exists.
 */
export function findModuleFile(argument: string, user: ModuleUser): FoundModule {
  const path = pathOf(argument);
  try {
    realpathSync.native(Buffer.from(path, 'latin1'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const canonical = `Unable to canonicalize path "${path}": ${systemErrorText(error)}`;
    return failed(canonical, missing ? insertErrorText(path, 'ENOENT') : insertError(path, error));
  }
  try {
    return { kind: 'found', path, stapmod: readStapmod(readTrustedModule(path, user), path) };
  } catch (error) {
    if (error instanceof StapmodError) return failed(insertErrorText(path, 'ENOEXEC'), error.message);
    if (error instanceof UntrustedModuleError) return failed(insertErrorText(path, 'EPERM'), error.message);
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return failed(insertError(path, error));
  }
}

/** The first NAME=VALUE word that no scalar global of the module takes, with the reason; undefined when all fit. */
export function parameterProblem(
  module: CompiledModule,
  parameters: readonly Assignment[],
): string | undefined {
  for (const { name, value } of parameters) {
    const global = module.globals.find((candidate) => candidate.name === name && !candidate.isPrivate);
    if (global === undefined || global.keyTypes.length > 0 || global.type === 'stats')
      return `${name}: the module has no such scalar global variable`;
    if (global.type === 'long' && !isLong(value)) return `${name}: '${value}' is not a number`;
  }
  return undefined;
}

function isLong(text: string): boolean {
  const trimmed = text.trim();
  const value = trimmed.startsWith('-') ? parseNegatedNumber(trimmed.slice(1)) : parseNumber(trimmed);
  return value !== undefined;
}

function pathOf(argument: string): string {
  if (!argument.includes('/') && !argument.endsWith(KERNEL_SUFFIX) && !argument.endsWith(STAPMOD_SUFFIX))
    return `${moduleDirectory()}/${argument}${STAPMOD_SUFFIX}`;
  if (!argument.endsWith(KERNEL_SUFFIX) || exists(argument)) return argument;
  const own = argument.slice(0, -KERNEL_SUFFIX.length) + STAPMOD_SUFFIX;
  return exists(own) ? own : argument;
}

function exists(path: string): boolean {
  return existsSync(Buffer.from(path, 'latin1'));
}

function insertError(path: string, error: unknown): string {
  return `Couldn't insert module '${path}': ${systemErrorText(error)}`;
}

function failed(...lines: readonly string[]): FoundModule {
  return { kind: 'failed', lines };
}
