import type { ScriptFile } from '../../src/ast/declaration.ts';
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts';
import { createDiagnosticRenderer } from '../../src/diagnostic/render.ts';
import { parseOptions } from '../../src/parse/parse-options.ts';
import { parseScript } from '../../src/parse/parse-script.ts';
import { limitsFromDefines } from '../../src/runtime/limits.ts';
import { analyze } from '../../src/semantic/analyze.ts';
import { ProbeDeriver } from '../../src/semantic/derive/probe-deriver.ts';
import { createLibrary } from '../../src/tapset/create-library.ts';
import type { Library } from '../../src/tapset/library.ts';
import { buildTapsetIndex } from '../../src/tapset/tapset-index.ts';
import { translate } from '../../src/translate/translate.ts';
import { loadModule, scriptLibrary } from '../harness/run-script.ts';
import type { ReferenceRun } from './reference-interpreter.ts';

/** Parses a script; throws an Error with the messages when it is wrong. */
export function parseProgram(text: string): ScriptFile {
  const findings: Diagnostic[] = [];
  const source = { name: '<input>', text, origin: 'script' } as const;
  const file = parseScript(source, parseOptions(), { report: (finding) => void findings.push(finding) });
  if (file === undefined) throw new Error(findings.map(createDiagnosticRenderer()).join(''));
  return file;
}

/** The library, of which a file is parsed when it is first needed and then kept. */
export function openLibrary(): Library {
  const files = scriptLibrary().filter(({ path }) => path.endsWith('.stp'));
  const parse = (path: string): ScriptFile | undefined => {
    const text = files.find((file) => file.path === path)?.text ?? '';
    const options = parseOptions({ privileged: true, guru: true });
    return parseScript({ name: path, text, origin: 'library' }, options, { report: () => undefined });
  };
  return createLibrary(
    buildTapsetIndex(files, { script: ({ path }) => parse(path), macroNames: () => undefined }),
    parse,
  );
}

/** How a program is compiled. */
export interface PipelineOptions {
  /** `-u` */
  readonly unoptimized: boolean;
  /** `-D` */
  readonly defines: readonly string[];
}

/**
 * Compiles a parsed script and runs it from its begin to its end probes; errors come with their places. Throws an Error with the messages when it
 * does not compile.
 */
export async function runPipeline(
  file: ScriptFile,
  library: Library,
  { unoptimized, defines }: PipelineOptions,
): Promise<ReferenceRun> {
  const findings: Diagnostic[] = [];
  const sink = { report: (finding: Diagnostic) => void findings.push(finding) };
  const deriver = new ProbeDeriver({ scripts: [file], library, sink });
  const program = analyze({ userFiles: [file], library, deriver, options: { unoptimized } }, sink);
  const module =
    program &&
    translate(program, { limits: limitsFromDefines(defines), suppressTimeLimits: false, unoptimized }, sink);
  if (module === undefined) throw new Error(findings.map(createDiagnosticRenderer()).join(''));
  const { engine, world } = await loadModule(module);
  if (engine.start()) {
    engine.activate();
    await engine.stop();
  }
  const errors = world.messages.filter(({ kind }) => kind === 'error').map(({ text }) => text);
  return { output: world.output.text, errors };
}
