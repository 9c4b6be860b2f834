import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import type { Token } from '../source/token.ts';
import { parseDiagnostic } from './parse-failure.ts';

/** A `@define` as written: its body is a list of tokens, macro calls and conditionals included. */
export interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly body: readonly Token[];
  /** The name after `@define`. */
  readonly token: Token;
}

/** Macros by name, without the `@`. */
export type MacroTable = ReadonlyMap<string, MacroDefinition>;

/**
 * One table of all library macro files. A name defined in two files is reported and keeps its first
 * definition.
 */
export function mergeMacroTables(tables: readonly MacroTable[], sink: DiagnosticSink): MacroTable {
  const merged = new Map<string, MacroDefinition>();
  for (const table of tables) {
    for (const [name, definition] of table) {
      const first = merged.get(name);
      if (first === undefined) merged.set(name, definition);
      else
        sink.report(
          parseDiagnostic('duplicate-library-macro', [name], {
            token: definition.token,
            cause: parseDiagnostic('macro-first-defined', [name], { token: first.token }),
          }),
        );
    }
  }
  return merged;
}
