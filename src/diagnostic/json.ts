import type { Token } from '../source/token.ts';
import type { Diagnostic } from './diagnostic.ts';

/** A place in a script; 1-based, columns count bytes, `endColumn` is exclusive and on the same line. */
export interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** What else belongs to a finding: a second place, the macro call the text came out of, the message above it. */
export interface JsonRelated extends Partial<JsonPlace> {
  readonly code?: string;
  readonly message: string;
}

/** One diagnostic in machine-readable output. The places are absent when it is about no place in particular. */
export interface JsonDiagnostic extends Partial<JsonPlace> {
  readonly severity: 'error' | 'warning';
  /** Stable; docs/diagnostics.md lists all of them. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly related?: readonly JsonRelated[];
}

/** These only say what was being done; the finding itself is chained below them. */
const HEADINGS: ReadonlySet<string> = new Set(['while-resolving', 'while-registering-alias']);

/** The plain-data form of a diagnostic, ready for JSON.stringify. */
export function toJsonDiagnostic(diagnostic: Diagnostic): JsonDiagnostic {
  const chain = chainOf(diagnostic);
  const main = chain.find(({ code }) => !HEADINGS.has(code)) ?? diagnostic;
  const place = main.token ?? chain.find(({ token }) => token !== undefined)?.token;
  const related = [
    ...(main.token2 ? [{ ...placeOf(main.token2), message: 'see also' }] : []),
    ...(main.details ?? []).map((message) => ({ message })),
    ...chain.filter((one) => one !== main).map(relatedMessage),
    ...expansionsOf(place),
  ];
  return {
    ...(place && placeOf(place, main.tokenRole === 'eof')),
    severity: main.kind === 'warning' ? 'warning' : 'error',
    code: main.code,
    message: oneLine(main.message),
    ...(main.hint !== undefined && { hint: main.hint }),
    ...(related.length > 0 && { related }),
  };
}

/** One line of JSON with its newline. */
export function renderJson(diagnostic: Diagnostic): string {
  // Script text is bytes; escapes keep the line ASCII whatever the script's encoding is.
  const text = JSON.stringify(toJsonDiagnostic(diagnostic)).replace(
    /[\x7f-\xff]/g,
    (byte) => `\\u00${byte.charCodeAt(0).toString(16)}`,
  );
  return `${text}\n`;
}

function chainOf(diagnostic: Diagnostic): readonly Diagnostic[] {
  const chain: Diagnostic[] = [];
  for (let one: Diagnostic | undefined = diagnostic; one !== undefined; one = one.cause) chain.push(one);
  return chain;
}

function relatedMessage({ code, message, token }: Diagnostic): JsonRelated {
  return { ...(token && placeOf(token)), code, message: oneLine(message) };
}

function expansionsOf(token: Token | undefined): readonly JsonRelated[] {
  const result: JsonRelated[] = [];
  for (let call = token?.expandedFrom; call !== undefined; call = call.expandedFrom)
    result.push({ ...placeOf(call), message: `in expansion of macro ${call.text}` });
  return result;
}

/** Messages end where their token used to follow, some of them with a blank, some after a line break. */
function oneLine(message: string): string {
  return message.trim().replace(/\s*\n\s*/g, ' ');
}

function placeOf(token: Token, atEnd = false): JsonPlace {
  const quotes = token.kind === 'string' ? 2 : 0;
  const firstLine = token.text.split('\n', 1)[0] ?? '';
  const length = atEnd ? 0 : firstLine.length + quotes;
  return {
    file: token.file.name,
    line: token.line,
    column: token.column,
    endColumn: token.column + length,
  };
}
