import type { Callee, Variable } from '../ast/expression.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { Bindings, FunctionSymbol, VariableSymbol } from './program.ts';

/** The side table of pass 2: which symbol each leaf stands for. Filled by name resolution, read by everything after. */
export class SymbolTable implements Bindings {
  readonly #variables = new Map<Variable, VariableSymbol>();
  readonly #functions = new Map<Callee, readonly FunctionSymbol[]>();

  bindVariable(leaf: Variable, symbol: VariableSymbol): void {
    this.#variables.set(leaf, symbol);
  }

  bindFunctions(leaf: Callee, candidates: readonly FunctionSymbol[]): void {
    this.#functions.set(leaf, candidates);
  }

  variable(leaf: Variable): VariableSymbol {
    const symbol = this.#variables.get(leaf);
    if (symbol === undefined) throw new BugError(`variable '${leaf.name}' was not resolved`);
    return symbol;
  }

  functions(leaf: Callee): readonly FunctionSymbol[] {
    const candidates = this.#functions.get(leaf);
    if (candidates === undefined) throw new BugError(`function '${leaf.name}' was not resolved`);
    return candidates;
  }
}
