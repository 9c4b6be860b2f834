import type { Token } from '../source/token.ts';

/** Which of SystemTap's layouts the message uses. `input`: plain line ("Input file '%s' is empty."). */
export type DiagnosticKind =
  'parse-error' | 'semantic-error' | 'translation-error' | 'warning' | 'input-error';

/**
 * One finding about the user's script: facts and a stable code, no layout.
 * `render.ts` makes SystemTap's text of it, `json.ts` one JSON object.
 */
export interface Diagnostic {
  readonly kind: DiagnosticKind;
  /** Stable identifier of the message template ("unresolved-function"); repeats are suppressed per code. */
  readonly code: string;
  /** Text exactly as SystemTap words it, without prefix and without location. */
  readonly message: string;
  readonly token?: Token;
  /** Second token, printed as a further line with its own source lines. */
  readonly token2?: Token;
  /** How the token is introduced in a parse error: `saw:` or `at:`; 'eof' prints `saw: FILE EOF`. */
  readonly tokenRole?: 'saw' | 'at' | 'eof';
  /** Extra lines, indented by the renderer. */
  readonly details?: readonly string[];
  /** Message chained below this one ("while resolving probe point" -> the specific cause). */
  readonly cause?: Diagnostic;
  /** One sentence on what to do about it, for machine-readable output. */
  readonly hint?: string;
}

/** Where stages put what they find. Collecting, counting and suppressing is the session's work. */
export interface DiagnosticSink {
  report(diagnostic: Diagnostic): void;
}

/** Thrown inside a stage to abandon the declaration at hand; the stage catches it and reports it. */
export class DiagnosticError extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}
