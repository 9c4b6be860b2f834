import { unavailableReason, type UnavailableReason } from './unavailable.ts';

/** What one library file says of itself. Private things and those whose names begin with `_` are left out. */
export interface FileDocumentation {
  /** Path below the library's directory. */
  readonly path: string;
  /** What the comment at the top of the file says; empty without one. */
  readonly introduction: string;
  readonly entries: readonly DocumentationEntry[];
}

/** A thing of the library with the comment right above it. */
export interface DocumentationEntry {
  readonly kind: 'function' | 'macro' | 'alias' | 'global';
  readonly name: string;
  /** `substr:string (str:string, start:long, length:long)`, `@prints (s)`, or the name. */
  readonly signature: string;
  /** Undefined for a function without a value; always undefined for what is no function. */
  readonly returnType?: string | undefined;
  readonly parameters: readonly DocumentedParameter[];
  /** Sentences on one line, `backquotes` around what belongs to the script. */
  readonly text: string;
  /** The sentence of the text that tells which errors there are. */
  readonly errors?: string | undefined;
  readonly unavailable?: UnavailableReason | undefined;
}

/** Name and type of a parameter; macros have no types. */
export interface DocumentedParameter {
  readonly name: string;
  readonly type?: string | undefined;
}

const DECLARATION =
  /^(?:(function)[ \t]+(\w+)[ \t]*(?::[ \t]*(\w+))?[ \t]*\(([^)]*)\)|(@define)[ \t]+(\w+)(?:\(([^)]*)\))?|(probe)[ \t]+([\w.]+)[ \t]*\+?=|(global)[ \t]+(\w+))/gm;

/** Reads the documentation of a library file; `text` is its byte string. */
export function documentFile(path: string, text: string): FileDocumentation {
  const entries: DocumentationEntry[] = [];
  for (const match of text.matchAll(DECLARATION)) {
    const entry = readEntry(match, commentAbove(text, match.index), text.slice(match.index));
    if (!entry.name.startsWith('_')) entries.push(entry);
  }
  return { path, introduction: introductionOf(text), entries };
}

function readEntry(match: RegExpMatchArray, text: string, rest: string): DocumentationEntry {
  const [, isFunction, functionName, returnType, parameterText, isMacro, macroName, macroParameters] = match;
  const errors = text.split(/(?<=\.)\s+/).find((sentence) => /^Error\b/.test(sentence));
  if (isFunction !== undefined && functionName !== undefined) {
    const parameters = readParameters(parameterText);
    const shown = parameters.map(({ name, type }) => (type === undefined ? name : `${name}:${type}`));
    const suffix = returnType === undefined ? '' : `:${returnType}`;
    return {
      kind: 'function',
      name: functionName,
      signature: `${functionName}${suffix} (${shown.join(', ')})`,
      returnType,
      parameters,
      text,
      errors,
      unavailable: unavailableReason(/^[^\n]*%\{([^]*?)%\}/.exec(rest)?.[1] ?? ''),
    };
  }
  if (isMacro !== undefined && macroName !== undefined) {
    const parameters = readParameters(macroParameters);
    const shown = parameters.length === 0 ? '' : ` (${parameters.map(({ name }) => name).join(', ')})`;
    return { kind: 'macro', name: macroName, signature: `@${macroName}${shown}`, parameters, text, errors };
  }
  const name = match[9] ?? match[11] ?? '';
  return { kind: match[9] === undefined ? 'global' : 'alias', name, signature: name, parameters: [], text };
}

function readParameters(text: string | undefined): readonly DocumentedParameter[] {
  const words = (text ?? '').split(',').map((word) => word.trim());
  return words
    .filter((word) => word !== '')
    .map((word) => {
      const [name = '', type] = word.split(':').map((part) => part.trim());
      return { name, type };
    });
}

/** The comment that ends right above a declaration, without its marks, on one line. */
function commentAbove(text: string, position: number): string {
  const before = text.slice(0, position);
  if (!before.endsWith('*/\n')) return '';
  const comment = before.slice(before.lastIndexOf('/**') + 3, -3);
  return joinLines(comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '')));
}

function introductionOf(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return joinLines(lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, '')));
}

function joinLines(lines: readonly string[]): string {
  return lines.join(' ').replace(/\s+/g, ' ').trim();
}
