import type { Token } from '../source/token.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Place of a token in machine-readable output; 1-based, columns count bytes, `endColumn` is exclusive. */
export interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly token: string;
  /** Macro invocations the text came out of, innermost first. */
  readonly expandedFrom?: readonly JsonPlace[];
}

/** One diagnostic in machine-readable output. */
export interface JsonDiagnostic {
  readonly severity: 'error' | 'warning';
  readonly kind: Diagnostic['kind'];
  readonly code: string;
  readonly message: string;
  readonly place?: JsonPlace;
  readonly secondPlace?: JsonPlace;
  readonly details?: readonly string[];
  readonly hint?: string;
  readonly cause?: JsonDiagnostic;
}

/** The plain-data form of a diagnostic, ready for JSON.stringify. */
export function toJsonDiagnostic(diagnostic: Diagnostic): JsonDiagnostic {
  const { kind, code, message, token, token2, tokenRole, details, hint, cause } = diagnostic;
  const place = token && tokenRole !== 'eof' ? jsonPlace(token) : undefined;
  return {
    severity: kind === 'warning' ? 'warning' : 'error',
    kind,
    code,
    message,
    ...(place && { place }),
    ...(token2 && { secondPlace: jsonPlace(token2) }),
    ...(details && { details }),
    ...(hint !== undefined && { hint }),
    ...(cause && { cause: toJsonDiagnostic(cause) }),
  };
}

/** One line of JSON with its newline. */
export function renderJson(diagnostic: Diagnostic): string {
  return `${JSON.stringify(toJsonDiagnostic(diagnostic))}\n`;
}

function jsonPlace(token: Token): JsonPlace {
  const calls: JsonPlace[] = [];
  for (let call = token.expandedFrom; call !== undefined; call = call.expandedFrom)
    calls.push(ownPlace(call));
  return calls.length === 0 ? ownPlace(token) : { ...ownPlace(token), expandedFrom: calls };
}

function ownPlace(token: Token): JsonPlace {
  const quotes = token.kind === 'string' ? 2 : 0;
  return {
    file: token.file.name,
    line: token.line,
    column: token.column,
    endColumn: token.column + token.text.length + quotes,
    token: token.text,
  };
}
