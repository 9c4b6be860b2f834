import type { Diagnostic, DiagnosticKind } from '../diagnostic/diagnostic.ts';
import { DiagnosticError } from '../diagnostic/diagnostic.ts';
import type { Token } from '../source/token.ts';

/** A finding of pass 2 at a token. */
export function semanticError(code: string, message: string, token?: Token, cause?: Diagnostic): Diagnostic {
  return located('semantic-error', code, message, token, cause);
}

/** A finding that SystemTap reports in pass 3. */
export function translationError(code: string, message: string, token: Token): Diagnostic {
  return located('translation-error', code, message, token);
}

/** A warning at a token. */
export function warning(code: string, message: string, token?: Token): Diagnostic {
  return located('warning', code, message, token);
}

/** Abandons the body at hand with a finding of pass 2. */
export function failure(code: string, message: string, token?: Token, cause?: Diagnostic): DiagnosticError {
  return new DiagnosticError(semanticError(code, message, token, cause));
}

function located(
  kind: DiagnosticKind,
  code: string,
  message: string,
  token?: Token,
  cause?: Diagnostic,
): Diagnostic {
  return { kind, code, message, ...(token && { token }), ...(cause && { cause }) };
}
