import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Token } from '../source/token.ts';
import { parseMessage, type ParseMessageCode } from './messages.ts';

type Place = Pick<Diagnostic, 'token' | 'tokenRole' | 'cause' | 'kind'>;

/** A parse error as data; `place.kind` makes it a warning or an input error instead. */
export function parseDiagnostic(
  code: ParseMessageCode,
  slots: readonly (string | number)[] = [],
  place: Partial<Place> = {},
): Diagnostic {
  return { kind: 'parse-error', code, message: parseMessage(code, slots), tokenRole: 'at', ...place };
}

/** The error that abandons a declaration because of the token itself ("at: TOKEN"). */
export function failureAt(
  token: Token,
  code: ParseMessageCode,
  slots: readonly (string | number)[] = [],
  cause?: Diagnostic,
): DiagnosticError {
  return new DiagnosticError(parseDiagnostic(code, slots, { token, ...(cause && { cause }) }));
}

/** The error that abandons a declaration because the file ends too soon ("saw: FILE EOF"). */
export function failureAtEnd(
  file: SourceFile,
  code: ParseMessageCode,
  slots: readonly (string | number)[] = [],
): DiagnosticError {
  const { text } = file;
  const line = text.split('\n').length;
  const column = text.length - text.lastIndexOf('\n');
  const token: Token = { kind: 'junk', text: '', file, line, column, spaceBefore: false };
  return new DiagnosticError(parseDiagnostic(code, slots, { token, tokenRole: 'eof' }));
}
