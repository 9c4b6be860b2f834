import type { ScriptFile } from '../../ast/declaration.ts';
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { createDiagnosticRenderer, describeToken } from '../../diagnostic/render.ts';
import { parseOptions } from '../../parse/parse-options.ts';
import { mergeMacroTables } from '../../parse/macro-table.ts';
import { parseMacroFile, parseScript } from '../../parse/parse-script.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import { createLibrary } from '../../tapset/create-library.ts';
import { buildTapsetIndex, type TapsetFile } from '../../tapset/tapset-index.ts';
import { analyze, type AnalyzeOptions } from '../analyze.ts';
import { ProbeDeriver } from '../derive/probe-deriver.ts';
import type { CheckedProgram } from '../program.ts';

/** What pass 1 and 2 made of a script. */
export interface Compiled {
  readonly program: CheckedProgram | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Warnings and errors as stap prints them, repeats included. */
  readonly messages: string;
  readonly notes: readonly string[];
}

/** A few library functions, enough for scripts of tests. */
export const SMALL_LIBRARY: readonly TapsetFile[] = [
  {
    path: '/tapset/logging.stp',
    text: `function exit () %{ /* unprivileged */ intrinsic exit %}
function error (msg:string) %{ /* unprivileged */ intrinsic error %}
function log (msg:string) %{ /* unprivileged */ intrinsic log %}`,
  },
  {
    path: '/tapset/string.stp',
    text: `function strlen:long (s:string) %{ /* pure */ /* unprivileged */ intrinsic strlen %}
function strtol:long (str:string, base:long) %{ /* pure */ intrinsic strtol %}`,
  },
  {
    path: '/tapset/context.stp',
    text: `function pid:long () %{ /* pure */ /* stable */ intrinsic pid %}`,
  },
];

/** Compiles one script through pass 2. */
export function compileText(
  text: string,
  options: AnalyzeOptions = {},
  library: readonly TapsetFile[] = SMALL_LIBRARY,
  environment?: ProbeEnvironment,
): Compiled {
  return compileFiles([{ path: '<input>', text }], options, library, environment);
}

/** Compiles several script files together, as -E gives them. */
export function compileFiles(
  scripts: readonly TapsetFile[],
  options: AnalyzeOptions = {},
  library: readonly TapsetFile[] = SMALL_LIBRARY,
  environment?: ProbeEnvironment,
): Compiled {
  const diagnostics: Diagnostic[] = [];
  const sink = { report: (diagnostic: Diagnostic) => void diagnostics.push(diagnostic) };
  const notes: string[] = [];
  const isMacroFile = ({ path }: TapsetFile): boolean => path.endsWith('.stpm');
  const libraryMacros = mergeMacroTables(
    library
      .filter(isMacroFile)
      .map(({ path, text }) =>
        parseMacroFile({ name: path, text, origin: 'library' }, parseOptions({ privileged: true }), sink),
      ),
    sink,
  );
  const parse = ({ path, text }: TapsetFile, origin: 'script' | 'library'): ScriptFile | undefined =>
    parseScript(
      { name: path, text, origin },
      parseOptions({ privileged: origin === 'library', guru: true, libraryMacros }),
      sink,
    );
  const scriptLibrary = library.filter((file) => !isMacroFile(file));
  const parsed = new Map(scriptLibrary.map((file) => [file.path, parse(file, 'library')]));
  const index = buildTapsetIndex(scriptLibrary, {
    script: (file) => parsed.get(file.path),
    macroNames: () => undefined,
  });
  const tapset = createLibrary(index, (path) => parsed.get(path));
  const userFiles = scripts.map((file) => parse(file, 'script')).filter((file) => file !== undefined);
  const program =
    userFiles.length < scripts.length
      ? undefined
      : analyze(
          {
            userFiles,
            library: tapset,
            deriver: new ProbeDeriver({
              scripts: userFiles,
              library: tapset,
              sink,
              ...(environment && { environment }),
            }),
            options,
            note: (line) => void notes.push(line),
          },
          sink,
        );
  const render = createDiagnosticRenderer();
  return { program, diagnostics, messages: diagnostics.map(render).join(''), notes };
}

/** Every finding on a line, `message: identifier 'x' at 1:5`, its causes behind ` <- `. */
export function findingLines(text: string, options: AnalyzeOptions = {}): readonly string[] {
  return compileText(text, options).diagnostics.map(findingLine);
}

function findingLine({ kind, message, token, token2, cause }: Diagnostic): string {
  const prefix = kind === 'warning' ? 'warning ' : '';
  const places = [token, token2]
    .filter((place) => place !== undefined)
    .map((place) => `: ${describeToken(place)} at ${place.line}:${place.column}`);
  return `${prefix}${message}${places.join('')}${cause ? ` <- ${findingLine(cause)}` : ''}`;
}
