import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import { visitExpression, visitStatement } from '../ast/walk.ts';
import type { Bindings, CheckedProgram, DerivedProbe, FunctionSymbol } from '../semantic/program.ts';
import { childStatements, statementExpressions } from '../ast/walk.ts';

/** Room that recursion gets on top of the static call chain. */
const RECURSION_ALLOWANCE = 10;

/** Number of actions a run of some code takes at most; Infinity when loops or recursion leave it open. */
export type StaticSize = number;

/** What follows from who calls whom. */
export interface CallGraph {
  /** Default of MAXNESTING: the deepest chain of calls and one, and ten more when functions recurse. */
  readonly maxNesting: number;
  /** Some function calls itself, directly or through others. */
  readonly recursive: boolean;
  sizeOfFunction(symbol: FunctionSymbol): StaticSize;
  sizeOfStatement(statement: Statement): StaticSize;
  sizeOfExpression(expression: Expression): StaticSize;
  /** Whether running the statement may write to the script output. */
  prints(statement: Statement): boolean;
}

/** Bodies of a probe: its own and those merged into it. */
export function bodiesOf(probe: DerivedProbe): readonly DerivedProbe[] {
  return [probe, ...(probe.merged ?? [])];
}

/** Analyses the calls of a program. */
export function analyseCalls(program: CheckedProgram): CallGraph {
  const sizes = new SizeFinder(program.bindings);
  const chains = new ChainFinder(program.bindings);
  const visited = new Set<Statement>();
  for (const probe of program.probes) {
    for (const { body, condition } of bodiesOf(probe)) {
      if (!visited.has(body)) chains.visitStatement(body);
      visited.add(body);
      if (condition) chains.visitExpression(condition);
    }
  }
  const printing = new PrintFinder(program.bindings);
  const prints = new WeakMap<Statement, boolean>();
  return {
    maxNesting: chains.deepest + 1 + (chains.recursive ? RECURSION_ALLOWANCE : 0),
    recursive: chains.recursive,
    sizeOfFunction: (symbol) => sizes.ofFunction(symbol),
    sizeOfStatement: (statement) => sizes.ofStatement(statement),
    sizeOfExpression: (expression) => sizes.ofExpression(expression),
    prints: (statement) => {
      const known = prints.get(statement) ?? printing.visit(statement);
      prints.set(statement, known);
      return known;
    },
  };
}

/** Walks every chain of calls from the probes, as deep as it goes without meeting a function again. */
class ChainFinder {
  deepest = 0;
  recursive = false;
  readonly #bindings: Bindings;
  readonly #chain: FunctionSymbol[] = [];
  /** Depth below a function that was walked before, to keep the walk linear. */
  readonly #depths = new Map<FunctionSymbol, number>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  visitStatement(statement: Statement): void {
    visitStatement(statement, { expression: (expression) => this.#enter(expression) });
  }

  visitExpression(expression: Expression): void {
    visitExpression(expression, { expression: (inner) => this.#enter(inner) });
  }

  #enter(expression: Expression): undefined {
    if (expression.kind !== 'call') return;
    for (const symbol of this.#bindings.functions(expression.callee)) this.#call(symbol);
  }

  #call(symbol: FunctionSymbol): void {
    const depth = this.#chain.length + 1;
    const below = this.#depths.get(symbol);
    this.deepest = Math.max(this.deepest, depth + (below ?? 0));
    if (this.#chain.includes(symbol)) {
      this.recursive = true;
      return;
    }
    if (below !== undefined || symbol.body.kind !== 'script') return;
    const before = this.deepest;
    this.deepest = depth;
    this.#chain.push(symbol);
    this.visitStatement(symbol.body.block);
    this.#chain.pop();
    this.#depths.set(symbol, this.deepest - depth);
    this.deepest = Math.max(before, this.deepest);
  }
}

class SizeFinder {
  readonly #bindings: Bindings;
  readonly #functions = new Map<FunctionSymbol, StaticSize>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  ofFunction(symbol: FunctionSymbol): StaticSize {
    if (symbol.body.kind !== 'script') return 0;
    const known = this.#functions.get(symbol);
    if (known !== undefined) return known;
    // Met again below itself, the function recurses and has no static size.
    this.#functions.set(symbol, Infinity);
    const size = this.ofStatement(symbol.body.block);
    this.#functions.set(symbol, size);
    return size;
  }

  ofStatement(statement: Statement): StaticSize {
    const expressions = sum(statementExpressions(statement), (expression) => this.ofExpression(expression));
    switch (statement.kind) {
      case 'block':
        return sum(statement.statements, (child) => this.ofStatement(child));
      case 'if': {
        const alternate = statement.alternate === undefined ? 0 : this.ofStatement(statement.alternate);
        return 1 + expressions + Math.max(this.ofStatement(statement.consequent), alternate);
      }
      case 'for':
      case 'foreach':
        return Infinity;
      case 'try':
        return 1 + sum(childStatements(statement), (child) => this.ofStatement(child));
      case 'null':
        return 0;
      default:
        return 1 + expressions;
    }
  }

  ofExpression(expression: Expression): StaticSize {
    let size = 0;
    visitExpression(expression, {
      expression: (inner) => {
        if (inner.kind === 'call')
          size += sum(this.#bindings.functions(inner.callee), (symbol) => this.ofFunction(symbol));
        return undefined;
      },
    });
    return size;
  }
}

/** Library functions of the run time that write to the output. */
const PRINTING_INTRINSICS = /^(log|print|ansi|speculate|commit|stat_print|printf|backtrace)/;

class PrintFinder {
  readonly #bindings: Bindings;
  readonly #functions = new Map<FunctionSymbol, boolean>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  visit(statement: Statement): boolean {
    let prints = false;
    visitStatement(statement, {
      expression: (expression) => {
        if (expression.kind === 'print' && !expression.toString) prints = true;
        if (expression.kind === 'call')
          prints ||= this.#bindings.functions(expression.callee).some((symbol) => this.#ofFunction(symbol));
        return undefined;
      },
    });
    return prints;
  }

  #ofFunction(symbol: FunctionSymbol): boolean {
    if (symbol.body.kind === 'intrinsic') return PRINTING_INTRINSICS.test(symbol.body.name);
    if (symbol.body.kind === 'unavailable') return false;
    const known = this.#functions.get(symbol);
    if (known !== undefined) return known;
    this.#functions.set(symbol, false);
    const prints = this.visit(symbol.body.block);
    this.#functions.set(symbol, prints);
    return prints;
  }
}

function sum<Item>(items: readonly Item[], size: (item: Item) => number): number {
  return items.reduce((total, item) => total + size(item), 0);
}
