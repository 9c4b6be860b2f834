import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import type { SourceFile } from '../../source/source-file.ts';
import type { Listing, StapOptions } from '../stap-options.ts';
import { withDefaultSignals } from '../ports/stop-signals.ts';

const STDIN = 0;

/**
 * The texts the user gave, in parsing order: the main script (or what -l and -L make of their argument), then each
 * -E. What cannot be read is reported and left out.
 */
export function readScripts(
  options: StapOptions,
  installation: string,
  sink: DiagnosticSink,
): readonly SourceFile[] {
  const sources: SourceFile[] = [];
  const main =
    options.listing === undefined
      ? readMainScript(options, installation, sink)
      : listingScript(options.listing);
  if (main !== undefined) sources.push(main);
  options.additionalScripts.forEach((text, index) => {
    sources.push({ name: `<input${index + 1}>`, text, origin: 'script' });
  });
  return sources;
}

function readMainScript(
  options: StapOptions,
  installation: string,
  sink: DiagnosticSink,
): SourceFile | undefined {
  const { script } = options;
  switch (script?.kind) {
    case undefined:
      return undefined;
    case 'text':
      return inputSource(script.text);
    case 'file':
      return script.path === '-' ? inputSource(readText(STDIN)) : readScriptFile(script.path, sink);
    case 'example':
      return readExample(script.name, `${installation}/examples`, sink);
  }
}

/** --example: a script somewhere below the examples directory, found by its base name. */
function readExample(name: string, directory: string, sink: DiagnosticSink): SourceFile | undefined {
  const found = filesBelow(directory).filter((path) => path.slice(path.lastIndexOf('/') + 1) === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return readScriptFile(`${directory}/${only}`, sink);
  const message =
    found.length === 0
      ? `Example '${name}' was not found under '${directory}'`
      : ['Multiple examples found: ', ...found.map((path) => `  ${directory}/${path}`)].join('\n');
  sink.report({ kind: 'input-error', code: 'example-missing', message });
  return undefined;
}

function filesBelow(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'latin1' });
  } catch {
    return [];
  }
}

/** -l and -L compile an empty probe on their argument. */
function listingScript(listing: Listing): SourceFile {
  return inputSource(listing.kind === 'probes' ? `probe ${listing.pattern} {}` : 'probe begin {}');
}

function inputSource(text: string): SourceFile {
  return { name: '<input>', text, origin: 'script' };
}

/** A terminal or a pipe may keep us waiting for ever; a signal that came before is only kept while reading files. */
function readText(source: number | Buffer): string {
  const status = typeof source === 'number' ? fstatSync(source) : statSync(source);
  const read = (): string => readFileSync(source, 'latin1');
  return status.isFile() ? read() : withDefaultSignals(read);
}

function readScriptFile(path: string, sink: DiagnosticSink): SourceFile | undefined {
  try {
    return { name: path, text: readText(Buffer.from(path, 'latin1')), origin: 'script' };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    sink.report({
      kind: 'input-error',
      code: missing ? 'input-missing' : 'input-unreadable',
      message: `Input file '${path}' ${missing ? 'is missing.' : "can't be opened for reading."}`,
    });
    return undefined;
  }
}
