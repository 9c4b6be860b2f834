import type { ProbePoint } from '../ast/declaration.ts';
import type { DiagnosticError } from '../diagnostic/diagnostic.ts';
import type { ProbeEnvironment, ProgramSymbols } from './kernel-facts.ts';
import { namePattern } from './name-pattern.ts';
import { pointError } from './point-error.ts';
import { hasComponent, numberArgument, stringArgument } from './probe-family.ts';
import { similarNames } from './similar-names.ts';

/** What families of instructions of programs need of their environment. */
export type ProgramEnvironment = Pick<ProbeEnvironment, 'programs' | 'target'>;

/** A file whose instructions a point is about. */
export interface ProbedFile {
  readonly file: ProgramSymbols;
  /** The point with the canonical paths of the program and the library; process numbers stay. */
  readonly point: ProbePoint;
  /** `process(PID)` */
  readonly pid?: number;
}

/** Starts of points about instructions of programs and libraries. */
export const PROGRAM_STARTS = ['process', 'process(number)', 'process(string)'] as const;
export const LIBRARY_STARTS = ['process.library(string)', 'process(string).library(string)'] as const;

/**
 * The programs of a point, or their libraries that `.library` stands for; several when there are wildcards.
 * @throws DiagnosticError when a program or library cannot be found or read, or no process was named
 */
export function probedFiles(point: ProbePoint, environment: ProgramEnvironment): readonly ProbedFile[] {
  return probedPrograms(point, environment).flatMap((program) => {
    if (!hasComponent(point, 'library')) return [program];
    const pattern = stringArgument(point, 'library') ?? '';
    return librariesOf(program.file, pattern, environment).map((file) => ({
      ...program,
      file,
      point: withStringArgument(program.point, 'library', file.path),
    }));
  });
}

/**
 * The programs of a point, whatever else it names.
 * @throws DiagnosticError when there is none
 */
export function probedPrograms(
  point: ProbePoint,
  { programs, target }: ProgramEnvironment,
): readonly ProbedFile[] {
  const named = (file: ProgramSymbols): ProbedFile => ({
    file,
    point: withStringArgument(point, 'process', file.path),
  });
  const pid = numberArgument(point, 'process');
  if (pid !== undefined) {
    const number = processNumber(pid);
    return [{ file: known(programs.programOf(number)), point, pid: number }];
  }
  const path = stringArgument(point, 'process');
  if (path === undefined && target.pid !== undefined) return [named(known(programs.programOf(target.pid)))];
  const name = path ?? commandName(target.command);
  if (name === undefined)
    throw pointError(
      'unspecified-process',
      'unspecified process probe is invalid without a -c COMMAND or -x PID [man stapprobes]',
    );
  if (path === undefined || !path.includes('/') || !namePattern(path).isWildcard)
    return [named(known(programs.program(name)))];
  const found = programs.matching(path);
  if (found.length === 0) throw pointError('no-such-program', `no program matches '${path}'`);
  return found.map(named);
}

/** The point with that string as argument of the component, as if the script had it. */
export function withStringArgument(point: ProbePoint, name: string, value: string): ProbePoint {
  const raw = value.replace(/[\\"]/g, '\\$&');
  const components = point.components.map((component) =>
    component.name === name
      ? { ...component, argument: { kind: 'string', value, raw, token: component.token } as const }
      : component,
  );
  return { ...point, components };
}

/** `no match (similar marks: a, b)` */
export function noMatch(
  what: 'mark' | 'function' | 'module',
  pattern: string,
  names: Iterable<string>,
): DiagnosticError {
  const similar = similarNames(pattern, names);
  const hint = similar === '' ? '' : ` (similar ${what}${similar.includes(',') ? 's' : ''}: ${similar})`;
  return pointError(`no-such-${what}`, `no match${hint}`);
}

/**
 * A process number that can be one.
 * @throws DiagnosticError for others
 */
export function processNumber(pid: number | bigint): number {
  if (typeof pid === 'number' && pid > 0 && pid <= 0x7fff_ffff) return pid;
  throw pointError('no-such-process', `cannot probe pid ${pid}: No such process`);
}

/** Program of a shell command: its first word, which may be in quotes. */
function commandName(command: string | undefined): string | undefined {
  const [, single, double, plain] = /^\s*(?:'([^']*)'|"([^"]*)"|(\S+))/.exec(command ?? '') ?? [];
  return single ?? double ?? plain;
}

function known(found: ProgramSymbols | { readonly problem: string }): ProgramSymbols {
  if ('problem' in found) throw pointError('no-such-program', found.problem);
  return found;
}

/** By path or name; with a wildcard, all that the program is linked with. */
function librariesOf(
  program: ProgramSymbols,
  pattern: string,
  { programs }: ProgramEnvironment,
): readonly ProgramSymbols[] {
  const paths = program.libraries();
  const { isWildcard, matches } = namePattern(pattern);
  if (!isWildcard) {
    const found = programs.library(pattern, program);
    if (!('problem' in found)) return [found];
  } else {
    const wanted = paths.filter((path) => matches(path) || matches(path.slice(path.lastIndexOf('/') + 1)));
    if (wanted.length > 0) return wanted.map((path) => known(programs.library(path, program)));
  }
  const similar = similarNames(pattern, paths);
  const noun = similar.includes(',') ? 'libraries' : 'library';
  throw pointError('no-such-library', similar === '' ? 'no match' : `no match (similar ${noun}: ${similar})`);
}
