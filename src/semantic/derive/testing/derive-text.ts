import type { AliasDeclaration, ScriptFile } from '../../../ast/declaration.ts';
import { printProbePoint } from '../../../ast/print-script.ts';
import type { Diagnostic } from '../../../diagnostic/diagnostic.ts';
import { createDiagnosticRenderer } from '../../../diagnostic/render.ts';
import { parseOptions } from '../../../parse/parse-options.ts';
import { parseScript } from '../../../parse/parse-script.ts';
import { createLibrary } from '../../../tapset/create-library.ts';
import { buildTapsetIndex, type TapsetFile } from '../../../tapset/tapset-index.ts';
import type { DerivedProbe } from '../../program.ts';
import { ProbeDeriver } from '../probe-deriver.ts';

/** What derivation made of the probes of a script. */
export interface Derived {
  readonly probes: readonly DerivedProbe[];
  /** Each probe as -p2 shows it: `begin <- a = begin, end <- a`. */
  readonly lines: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** The messages without the source lines between them. */
  readonly messages: readonly string[];
  readonly trace: readonly string[];
  readonly usedFiles: readonly string[];
}

/** Parses a script and derives its probes, with the given library files. */
export function deriveText(
  text: string,
  options: { readonly library?: readonly TapsetFile[]; readonly privileged?: boolean } = {},
): Derived {
  const diagnostics: Diagnostic[] = [];
  const sink = { report: (diagnostic: Diagnostic) => void diagnostics.push(diagnostic) };
  const parse = (file: TapsetFile, origin: 'script' | 'library'): ScriptFile => {
    const script = parseScript(
      { name: file.path, text: file.text, origin },
      parseOptions({ privileged: origin === 'library' }),
      sink,
    );
    if (script === undefined) throw new Error(`${file.path} does not parse`);
    return script;
  };
  const libraryFiles = options.library ?? [];
  const index = buildTapsetIndex(libraryFiles, {
    script: (file) => parse(file, 'library'),
    macroNames: () => undefined,
  });
  const library = createLibrary(index, (path) => {
    const file = libraryFiles.find((candidate) => candidate.path === path);
    return file && parse(file, 'library');
  });
  const script = parse({ path: '<input>', text }, 'script');
  const trace: string[] = [];
  const deriver = new ProbeDeriver({
    scripts: [script],
    library,
    sink,
    privileged: options.privileged ?? true,
    trace: (_verbosity, line) => void trace.push(line),
  });
  const probes = script.probes.flatMap((probe) => deriver.derive(probe));
  const render = createDiagnosticRenderer();
  const rendered = diagnostics.map(render).join('');
  return {
    probes,
    lines: probes.map(derivationLine),
    diagnostics,
    messages: rendered.split('\n').filter((line) => /^\S/.test(line)),
    trace,
    usedFiles: deriver.usedFiles.map((file) => file.source.name),
  };
}

function derivationLine(probe: DerivedProbe): string {
  const [, ...aliases] = probe.chain;
  return [
    printProbePoint(probe.point),
    ...aliases.map((step) => (step.alias === undefined ? '' : aliasText(step.alias))),
    probe.declaration.points.map(printProbePoint).join(','),
  ].join(' <- ');
}

function aliasText(alias: AliasDeclaration): string {
  return `${printProbePoint(alias.name)} ${alias.operator} ${alias.points.map(printProbePoint).join(', ')}`;
}
