import type { ScriptFile } from '../ast/declaration.ts';
import { DiagnosticError, type DiagnosticSink } from '../diagnostic/diagnostic.ts';
import type { SourceFile } from '../source/source-file.ts';
import { parseDeclaration, startsDeclaration, type DeclarationLists } from './declaration.ts';
import { parseExpression } from './expression.ts';
import type { MacroTable } from './macro-table.ts';
import type { ParseMessageCode } from './messages.ts';
import { failureAt, parseDiagnostic } from './parse-failure.ts';
import type { ParseOptions } from './parse-options.ts';
import { Parser } from './parser.ts';

/**
 * Pass 1 for one script: its declarations, or undefined when there were errors. Every error is reported to the
 * sink; after one, parsing goes on with the next top-level item. A file without any declaration is reported
 * as empty (kind `input-error`), unless it is a library file.
 */
export function parseScript(
  source: SourceFile,
  options: ParseOptions,
  sink: DiagnosticSink,
): ScriptFile | undefined {
  const isLibrary = source.origin === 'library';
  if (!isLibrary && !/[^ \t\n\v\f\r]/.test(source.text)) {
    sink.report(parseDiagnostic('input-empty', [source.name], { kind: 'input-error' }));
    return undefined;
  }
  const parser = new Parser(source, options, sink, parseExpression);
  const lists: DeclarationLists = { embeds: [], globals: [], aliases: [], probes: [], functions: [] };
  const succeeded = parseAll(parser, sink, () => parseDeclaration(parser, lists));
  if (parser.taken === 0 && !isLibrary) {
    sink.report(parseDiagnostic('input-empty-preprocessed', [source.name], { kind: 'input-error' }));
    return undefined;
  }
  return succeeded ? { source, ...lists } : undefined;
}

/**
 * The macros of a library macro file, by name. Anything but definitions is an error; definitions before it
 * are kept.
 */
export function parseMacroFile(source: SourceFile, options: ParseOptions, sink: DiagnosticSink): MacroTable {
  const parser = new Parser(source, options, sink, parseExpression);
  parseAll(parser, sink, () => {
    throw failureAt(parser.next(), 'macro-file-other-token', [source.name]);
  });
  return parser.macros;
}

/** Errors about what is only not allowed here: the syntax is in order, so parsing goes on with the next token. */
const FORBIDDEN: ReadonlySet<string> = new Set<ParseMessageCode>([
  'guru-operator',
  'embedded-code-unprivileged',
  'embedded-expression-unprivileged',
]);

/** Parses items to the end of the file; false when any was in error. */
function parseAll(parser: Parser, sink: DiagnosticSink, parseItem: () => void): boolean {
  let succeeded = true;
  let isSkipping = false;
  for (;;) {
    try {
      if (isSkipping) skipToDeclaration(parser);
      while (parser.peek() !== undefined) parseItem();
      return succeeded;
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      sink.report(error.diagnostic);
      succeeded = false;
      isSkipping = !FORBIDDEN.has(error.diagnostic.code);
      parser.restart();
    }
  }
}

function skipToDeclaration(parser: Parser): void {
  for (;;) {
    const token = parser.peekPassing();
    if (token === undefined || startsDeclaration(token)) return;
    parser.discard();
  }
}
