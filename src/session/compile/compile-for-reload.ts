import { writeStapmod } from '../../stapmod/stapmod.ts';
import { Compilation } from './compilation.ts';
import { passFailureLine } from './pass-failure.ts';
import type { SessionContext } from '../session-context.ts';
import type { StapOptions } from '../stap-options.ts';

/**
 * Passes 1 to 3 for a script that takes over a running module: the bytes of a compiled module's file as a byte string.
 * Undefined when a pass failed; why has been printed as a run of the script would print it.
 */
export async function compileForReload(
  options: StapOptions,
  context: SessionContext,
): Promise<string | undefined> {
  const compilation = new Compilation(options, context, undefined);
  await compilation.load();
  const module = await compile(compilation, options, context);
  compilation.log.printSuppressed();
  if (module === undefined) return undefined;
  const file = writeStapmod(compilation.moduleFacts(module), compilation.inputs(), module, context.version);
  return file.toString('latin1');
}

async function compile(
  compilation: Compilation,
  { diagnosticsFormat }: StapOptions,
  { streams }: SessionContext,
): ReturnType<Compilation['translate']> {
  const parsed = compilation.parse();
  const program = parsed && compilation.analyze(parsed);
  const module = program && (await compilation.translate(program));
  // Objects about a script say themselves that it is wrong.
  if (module === undefined && diagnosticsFormat === 'text') {
    const failed = parsed === undefined ? 1 : program === undefined ? 2 : 3;
    streams.error(passFailureLine(failed));
  }
  return module;
}
