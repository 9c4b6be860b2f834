import type { Finished } from '../harness/command.ts';

/** What is compared of one compilation: facts both programs must agree on, free of layout. */
export interface Comparable {
  readonly accepted: boolean;
  /** First error: message, then place (`operator ';' at <input>:1:19`), one line each. */
  readonly firstError: readonly string[];
  /** Warnings without their source lines, in order. */
  readonly warnings: readonly string[];
  /** Lines of -p2: globals, the script's functions and locals with their types, probe points. */
  readonly types: readonly string[];
  /** Output of a listing, empty for a compilation. */
  readonly listing: string;
}

export type Aspect = keyof Comparable;

/** Functions of the script itself; library functions are named and written differently. */
function scriptFunctions(program: string): Set<string> {
  return new Set([...program.matchAll(/\bfunction\s+([A-Za-z_]\w*)/g)].map((match) => match[1] ?? ''));
}

/** Reduces the output of one run of `stap -p2` (or of a listing) to what is compared. */
export function comparableOf(result: Finished, program: string | undefined): Comparable {
  const lines = result.stderr.split('\n');
  return {
    accepted: result.status === 0,
    firstError: result.status === 0 ? [] : firstErrorOf(lines),
    warnings: warningsOf(lines),
    types: program === undefined ? [] : typesOf(result.stdout, scriptFunctions(program)),
    listing: program === undefined ? result.stdout : '',
  };
}

/**
 * Suggestions depend on what the library holds, and the library differs. Places in scripts keep their file name:
 * SystemTap drops it when the message before named the same file.
 */
function normalized(line: string): string {
  return line
    .replace(/ \(similar: [^)]*\)/, '')
    .replace(/ at :(\d+:\d+)/, ' at <input>:$1')
    .trim();
}

function firstErrorOf(lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => /^(parse|semantic) error:|^Input file/.test(line));
  if (start < 0) return [];
  const first = lines[start] ?? '';
  if (first.startsWith('semantic error: while resolving probe point')) {
    const cause = lines.slice(start + 1).find((line) => line.startsWith('semantic error:')) ?? '';
    return [normalized(first), normalized(cause)];
  }
  if (!first.startsWith('parse error:')) return [normalized(first)];
  const place = lines.slice(start + 1).find((line) => /^\s+(saw|at):/.test(line)) ?? '';
  return [normalized(first), normalized(place)];
}

function warningsOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.startsWith('WARNING:'))
    .filter((line) => !line.includes('Kernel function symbol table missing'))
    .filter((line) => !line.includes('kernel release/architecture mismatch'))
    .map(normalized)
    .sort();
}

function typesOf(text: string, functions: ReadonlySet<string>): string[] {
  const result: string[] = [];
  let section = '';
  let owner = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) section = line;
    else if (section === '# globals' && line !== '') result.push(`global ${line}`);
    else if (section === '# functions' || section === '# probes') {
      if (/^\s*# locals/.test(line)) continue;
      if (!line.startsWith(' ')) {
        owner = ownerOf(line, section, functions);
        if (owner !== '') result.push(owner);
      } else if (owner !== '' && !line.trim().startsWith('__stable_')) {
        result.push(`${owner}: ${line.trim()}`);
      }
    }
  }
  return result.sort();
}

/** Heading of locals: the function's signature, or the probe point without its derivation. */
function ownerOf(line: string, section: string, functions: ReadonlySet<string>): string {
  if (section === '# probes') return line === '' ? '' : `probe ${line.replace(/ \/\*.*$/, '')}`;
  const name = /^[^:( ]+/.exec(line)?.[0] ?? '';
  return functions.has(name) ? `function ${line}` : '';
}
