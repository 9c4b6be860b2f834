import { serveUntilSignal } from '../companion/run-companion.ts';
import { knownRoots } from '../registry/module-list.ts';
import { moduleRoot } from '../session/files/module-root.ts';
import { workingDirectory } from '../session/ports/working-directory.ts';
import type { StandardStreams } from '../session/ports/standard-streams.ts';
import type { StapOptions } from '../session/stap-options.ts';
import { compileAgain } from './compile-again.ts';
import type { ProgramFacts } from './stap.ts';

/** `stap --dashboard`, `--metrics` or `--otlp` without a script: all modules that run, until a signal. */
export async function serveAll(
  { publishing, procfsRoot }: StapOptions,
  program: ProgramFacts,
  streams: StandardStreams,
): Promise<number> {
  const own = moduleRoot(procfsRoot, process.env, process.getuid?.() ?? 0, workingDirectory());
  const isNamed = procfsRoot !== undefined || (process.env['STAP_PROCFS_ROOT'] ?? '') !== '';
  const roots = isNamed ? knownRoots(own).slice(0, 1) : knownRoots(own);
  const request = { ...publishing, module: undefined, roots, directory: program.directory };
  return serveUntilSignal(request, program.version, (script) => compileAgain(program, script), {
    note: (text) => streams.error(`${Buffer.from(text).toString('latin1')}\n`),
    error: (text) => streams.error(`ERROR: ${Buffer.from(text).toString('latin1')}\n`),
    warning: (text) => streams.error(`WARNING: ${Buffer.from(text).toString('latin1')}\n`),
  });
}
