import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Token } from '../source/token.ts';

/** A semantic error about a probe point, ready to throw. */
export function pointError(code: string, message: string, token?: Token): DiagnosticError {
  return new DiagnosticError(pointDiagnostic(code, message, token));
}

/** The diagnostic of `pointError`, optionally with the cause printed below it. */
export function pointDiagnostic(
  code: string,
  message: string,
  token?: Token,
  cause?: Diagnostic,
): Diagnostic {
  return {
    kind: 'semantic-error',
    code,
    message,
    ...(token !== undefined && { token }),
    ...(cause !== undefined && { cause }),
  };
}
