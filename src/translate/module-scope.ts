import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import { describePlace, describeToken } from '../diagnostic/render.ts';
import type { GeneratedRuntime } from '../runtime/generated-code.ts';
import type { Bindings, CheckedProgram, FunctionSymbol, VariableSymbol } from '../semantic/program.ts';
import type { Token } from '../source/token.ts';
import type { BodyWriter } from './body-writer.ts';
import { analyseCalls } from './call-graph.ts';
import type { CallGraph } from './call-graph.ts';
import { NameTable } from './name-table.ts';
import type { TranslateOptions } from './translate-options.ts';

/** Name of the array of statement texts in the code. */
export const STATEMENTS = 'statements';

/** How the kinds of expressions and statements are written; they contain each other, so each gets at all here. */
export interface Syntax {
  readonly value: (writer: BodyWriter, expression: Expression) => string;
  readonly condition: (writer: BodyWriter, expression: Expression) => string;
  readonly effect: (writer: BodyWriter, expression: Expression) => string;
  readonly statement: (writer: BodyWriter, statement: Statement) => void;
}

/**
 * What the bodies of one module share while their code is written: names, constants made once when the code
 * is loaded, and the table of statements that errors can point at.
 */
export class ModuleScope {
  readonly program: CheckedProgram;
  readonly options: TranslateOptions;
  readonly syntax: Syntax;
  readonly calls: CallGraph;
  /** Function calls are counted: some function recurses, or MAXNESTING was given. */
  readonly countsNesting: boolean;
  readonly maxNesting: number;
  usesRegex = false;
  readonly #names = new NameTable();
  readonly #helpers = new Set<string>();
  readonly #constants = new Map<string, string>();
  readonly #statements = new Map<string, number>([['', 0]]);
  readonly #globalIndexes: ReadonlyMap<VariableSymbol, number>;

  constructor(program: CheckedProgram, options: TranslateOptions, syntax: Syntax) {
    this.syntax = syntax;
    this.program = program;
    this.options = options;
    this.calls = analyseCalls(program);
    this.maxNesting = options.limits.MAXNESTING ?? this.calls.maxNesting;
    this.countsNesting = this.calls.recursive || options.limits.MAXNESTING !== undefined;
    this.#globalIndexes = new Map(program.globals.map((symbol, index) => [symbol, index]));
  }

  get bindings(): Bindings {
    return this.program.bindings;
  }

  /** The name of something of the run time; only what is used is fetched from it. */
  helper(name: keyof GeneratedRuntime): string {
    this.#helpers.add(name);
    return name;
  }

  globalName(symbol: VariableSymbol): string {
    return this.#names.of(symbol, 'g_', symbol.name);
  }

  /** Whether a global is a cell of the kernel, an object with a value. */
  isCell(symbol: VariableSymbol): boolean {
    return symbol.scope === 'global' && this.options.kernel?.cells.has(this.globalIndex(symbol)) === true;
  }

  functionName(symbol: FunctionSymbol): string {
    return this.#names.of(symbol, 'f_', symbol.name);
  }

  /** A name nothing else in the module has. */
  freshName(wanted: string): string {
    return this.#names.fresh(wanted);
  }

  /** Position among the module's globals. */
  globalIndex(symbol: VariableSymbol): number {
    const index = this.#globalIndexes.get(symbol);
    if (index === undefined) throw new BugError(`global variable ${symbol.name} is not in the program`);
    return index;
  }

  /** Name of a constant with that value, one for each distinct value. */
  constant(name: string, value: string): string {
    const key = `${name} ${value}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const fresh = this.#names.fresh(name);
    this.#constants.set(key, fresh);
    return fresh;
  }

  /** Number that stands for a statement at that token in `at`; `callee`: token of a run-time function it calls. */
  statement(token: Token, callee?: Token): number {
    const place = statementText(token);
    const text = callee === undefined ? place : `${statementText(callee)} (called from ${place})`;
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const number = this.#statements.size;
    this.#statements.set(text, number);
    return number;
  }

  /** The declarations that go before the code of functions and handlers. */
  prologue(): readonly string[] {
    const helpers = [...this.#helpers].sort();
    return [
      ...(helpers.length > 0 ? [`const { ${helpers.join(', ')} } = rt;`] : []),
      ...[...this.#constants].map(([key, name]) => `const ${name} = ${key.slice(key.indexOf(' ') + 1)};`),
      `const ${STATEMENTS} = [`,
      ...[...this.#statements.keys()].map((text) => `  ${JSON.stringify(text)},`),
      '];',
    ];
  }
}

/** A statement as error reports name it: `operator '/' at FILE:L:C`. */
function statementText(token: Token): string {
  return `${describeToken(token)} at ${describePlace(token)}`;
}
