import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import type { FunctionSymbol, VariableSymbol } from '../semantic/program.ts';
import type { Token } from '../source/token.ts';
import type { ModuleScope } from './module-scope.ts';
import { NameTable } from './name-table.ts';

/** Actions that may gather before they are taken off the budget in the middle of straight code. */
const PENDING_ACTIONS_MAX = 10;

/** What ends the body at hand: `next` and `return` differ between probes, merged probes and functions. */
export type BodyKind =
  { readonly kind: 'probe' } | { readonly kind: 'function'; readonly symbol: FunctionSymbol };

/**
 * The JavaScript of one body (handler, function, condition) being written: its lines, temporaries, local names and
 * the actions not yet taken off the budget.
 */
export class BodyWriter {
  readonly scope: ModuleScope;
  readonly body: BodyKind;
  /** Names of values kept for one run of the body, assigned at first use. */
  readonly onceNames = new Map<string, string>();
  /** Some statement of the body is recorded in `at`. */
  recordsStatement = false;
  readonly #countsActions: boolean;
  readonly #names = new NameTable();
  readonly #lines: string[] = [];
  readonly #temporaries: string[] = [];
  #indent = '';
  #pendingActions = 0;

  /** `countsActions`: false for code whose number of actions was checked before it runs. */
  constructor(scope: ModuleScope, body: BodyKind, countsActions: boolean) {
    this.scope = scope;
    this.body = body;
    this.#countsActions = countsActions;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  get temporaries(): readonly string[] {
    return this.#temporaries;
  }

  /** JavaScript of an expression's value. */
  value(expression: Expression): string {
    return this.scope.syntax.value(this, expression);
  }

  /** JavaScript that is truthy exactly when the expression is not 0. */
  condition(expression: Expression): string {
    return this.scope.syntax.condition(this, expression);
  }

  /** JavaScript of an expression whose value nobody wants. */
  effect(expression: Expression): string {
    return this.scope.syntax.effect(this, expression);
  }

  /** Writes a statement. */
  statement(statement: Statement): void {
    this.scope.syntax.statement(this, statement);
  }

  /** Writes a statement that is the body of something and takes what it cost off the budget. */
  subordinate(statement: Statement): void {
    this.statement(statement);
    this.charge(0, statement.token, true);
  }

  /** Adds one line. */
  line(text: string): void {
    this.#lines.push(this.#indent + text);
  }

  /** Adds `head {`, what `write` adds, and `}`. */
  braces(head: string, write: () => void): void {
    this.line(`${head} {`);
    this.indented(write);
    this.line('}');
  }

  /** What `write` adds is indented by one step more. */
  indented(write: () => void): void {
    const before = this.#indent;
    this.#indent += '  ';
    write();
    this.#indent = before;
  }

  /** JavaScript of a variable, local or global, as it can be read and assigned to. */
  variable(symbol: VariableSymbol): string {
    if (symbol.scope !== 'global') return this.#names.of(symbol, 'v_', symbol.name);
    const name = this.scope.globalName(symbol);
    return this.scope.isCell(symbol) ? `${name}.value` : name;
  }

  /** A fresh variable of the body. */
  temporary(): string {
    const name = this.#names.fresh('t');
    this.#temporaries.push(name);
    return name;
  }

  /** A fresh name that the code written declares itself. */
  fresh(wanted: string): string {
    return this.#names.fresh(wanted);
  }

  /**
   * An argument that records which statement is about to run. It goes last, so that it is evaluated after
   * the other arguments, which may record theirs.
   */
  at(token: Token, callee?: Token): string {
    this.recordsStatement = true;
    return `at = ${this.scope.statement(token, callee)}`;
  }

  /** Counts actions; with `flush` those gathered so far are taken off the budget here. */
  charge(count: number, token: Token, flush: boolean): void {
    if (!this.#countsActions) return;
    this.#pendingActions += count;
    if (this.#pendingActions === 0 || (!flush && this.#pendingActions < PENDING_ACTIONS_MAX)) return;
    const overrun = this.scope.helper('overrun');
    this.line(`if ((budget -= ${this.#pendingActions}) <= 0) ${overrun}(${this.at(token)});`);
    this.#pendingActions = 0;
  }

  /** Counts the actions of a called function that does not count its own. */
  chargeCall(size: number): void {
    if (this.#countsActions && Number.isFinite(size)) this.#pendingActions += size;
  }
}
