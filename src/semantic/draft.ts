import type { EmbeddedCode } from '../ast/declaration.ts';
import type { Expression } from '../ast/expression.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { DerivedProbe, FunctionSymbol, VariableSymbol } from './program.ts';
import type { SymbolTable } from './symbol-table.ts';
import type { BodyUsages } from './usage.ts';

/** The program while pass 2 works on it: the lists shrink as things turn out unused, bodies are replaced. */
export interface Draft {
  /** In order of first reference, which is also the order of automatic display. */
  globals: VariableSymbol[];
  /** In order of first reference. */
  functions: FunctionSymbol[];
  probes: DerivedProbe[];
  readonly embeds: EmbeddedCode[];
  readonly symbols: SymbolTable;
  readonly usages: BodyUsages;
  /** Context variables the probe families refused, of all probes. */
  readonly refusedTargets: Map<Expression, Diagnostic>;
}

/** Calls `visit` for each function with script code, in order. */
export function forEachScriptFunction(
  draft: Draft,
  visit: (symbol: FunctionSymbol, body: Extract<FunctionSymbol['body'], { kind: 'script' }>) => void,
): void {
  for (const symbol of draft.functions) {
    if (symbol.body.kind === 'script') visit(symbol, symbol.body);
  }
}
