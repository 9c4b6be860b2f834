import type { Diagnostic } from '../../diagnostic/diagnostic.ts';

/**
 * What --semantic-keep-going prints after pass 2: one tab-separated line for each semantic error and each of its
 * causes, between a count and an end line.
 */
export function keepGoingReport(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ kind }) => kind === 'semantic-error');
  const lines = [`SEMANTIC_ERRORS: ${errors.length}`];
  for (const error of errors)
    for (let one: Diagnostic | undefined = error; one !== undefined; one = one.cause)
      lines.push(errorLine(one));
  return [...lines, 'SEMANTIC_ERRORS_END', ''].join('\n');
}

function errorLine({ message, token, token2 }: Diagnostic): string {
  const at = token2 ?? token;
  const fields = [
    'SEMANTIC_ERROR',
    at?.file.name ?? '-',
    at?.line ?? 0,
    at?.column ?? 0,
    at?.text ?? '-',
    message,
  ];
  return fields.map((field) => String(field).replace(/[\t\n]/g, ' ')).join('\t');
}
