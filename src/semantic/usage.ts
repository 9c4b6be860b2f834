import type { Assignment, Expression, Variable } from '../ast/expression.ts';
import type { Block, Statement } from '../ast/statement.ts';
import { childExpressions, childStatements, statementExpressions } from '../ast/walk.ts';
import type { Draft } from './draft.ts';
import type { Bindings, FunctionSymbol, VariableSymbol } from './program.ts';

/** What a piece of code does to variables and to the world. */
export interface Usage {
  /** Variables whose value is used. */
  readonly read: Set<VariableSymbol>;
  readonly written: Set<VariableSymbol>;
  /** Variables changed in place (`x++`, `x += 1`) where the result is not used. */
  readonly updated: Set<VariableSymbol>;
  readonly callees: Set<FunctionSymbol>;
  /** It prints, writes a context variable or calls a function of the run time that acts on the world. */
  acts: boolean;
  /** Expression statements to leave out. */
  readonly skip?: (expression: Expression) => boolean;
}

/** A usage of nothing. */
export function emptyUsage(): Usage {
  return { read: new Set(), written: new Set(), updated: new Set(), callees: new Set(), acts: false };
}

/**
 * What whole bodies do, without what the functions they call do. Bodies are replaced, never changed, so each is
 * looked at once however many passes ask.
 */
export class BodyUsages {
  readonly #bindings: Bindings;
  readonly #known = new WeakMap<Block, Usage>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  /** What the body does. The answer is shared: not to be added to. */
  of(body: Block): Usage {
    let usage = this.#known.get(body);
    if (usage === undefined) {
      usage = emptyUsage();
      addStatementUsage(body, this.#bindings, usage);
      this.#known.set(body, usage);
    }
    return usage;
  }
}

/** Adds one usage to another. */
export function mergeUsage(from: Usage, into: Usage): void {
  for (const variable of from.read) into.read.add(variable);
  for (const variable of from.written) into.written.add(variable);
  for (const variable of from.updated) into.updated.add(variable);
  for (const callee of from.callees) into.callees.add(callee);
  into.acts ||= from.acts;
}

/** Adds what the statement does, without what the functions it calls do. */
export function addStatementUsage(statement: Statement, bindings: Bindings, usage: Usage): void {
  switch (statement.kind) {
    case 'expression-statement':
      if (usage.skip?.(statement.expression)) return;
      addVoidUsage(statement.expression, bindings, usage);
      return;
    case 'foreach':
      for (const key of statement.keys) usage.written.add(bindings.variable(key));
      if (statement.value) usage.written.add(bindings.variable(statement.value));
      addExpressionUsage(statement.base, bindings, usage);
      for (const key of statement.slice ?? []) {
        if (key.kind !== 'wildcard') addExpressionUsage(key, bindings, usage);
      }
      if (statement.limit) addExpressionUsage(statement.limit, bindings, usage);
      break;
    case 'try':
      if (statement.error) usage.written.add(bindings.variable(statement.error));
      break;
    case 'delete':
      addWrite(statement.operand, bindings, usage);
      addRead(statement.operand, bindings, usage);
      return;
    default:
      for (const child of statementExpressions(statement)) addExpressionUsage(child, bindings, usage);
  }
  for (const child of childStatements(statement)) addStatementUsage(child, bindings, usage);
}

/** Adds what evaluating the expression for its value does, without what the functions it calls do. */
export function addExpressionUsage(expression: Expression, bindings: Bindings, usage: Usage): void {
  switch (expression.kind) {
    case 'variable':
      usage.read.add(bindings.variable(expression));
      return;
    case 'assignment':
      // What is not an lvalue must stay in the program until inference reports it.
      if (variableOf(expression.target) === undefined) usage.acts = true;
      addWrite(expression.target, bindings, usage);
      if (isCompound(expression)) addRead(expression.target, bindings, usage);
      addExpressionUsage(expression.value, bindings, usage);
      return;
    case 'update':
      addWrite(expression.operand, bindings, usage);
      addRead(expression.operand, bindings, usage);
      return;
    case 'call':
      addCall(expression, bindings, usage);
      return;
    case 'print':
      if (!expression.toString) usage.acts = true;
      break;
    case 'embedded':
      usage.acts = true;
      break;
    default:
  }
  for (const child of childExpressions(expression)) addExpressionUsage(child, bindings, usage);
}

/** Like `addExpressionUsage` where the value is thrown away. */
function addVoidUsage(expression: Expression, bindings: Bindings, usage: Usage): void {
  const operand =
    expression.kind === 'update'
      ? expression.operand
      : isCompound(expression)
        ? expression.target
        : undefined;
  const leaf = operand && variableOf(operand);
  if (operand === undefined || leaf === undefined) {
    addExpressionUsage(expression, bindings, usage);
    return;
  }
  usage.updated.add(bindings.variable(leaf));
  addWrite(operand, bindings, usage);
  if (expression.kind === 'assignment') addExpressionUsage(expression.value, bindings, usage);
}

function addCall(call: Extract<Expression, { kind: 'call' }>, bindings: Bindings, usage: Usage): void {
  for (const argument of call.args) addExpressionUsage(argument, bindings, usage);
  for (const symbol of bindings.functions(call.callee)) {
    usage.callees.add(symbol);
    if (symbol.body.kind !== 'script' && !symbol.pure) usage.acts = true;
  }
}

function addWrite(target: Expression, bindings: Bindings, usage: Usage): void {
  const leaf = variableOf(target);
  if (leaf === undefined) {
    if (!isPlace(target)) {
      addExpressionUsage(target, bindings, usage);
      return;
    }
    usage.acts = true;
    for (const child of childExpressions(target)) addExpressionUsage(child, bindings, usage);
    return;
  }
  usage.written.add(bindings.variable(leaf));
  if (target.kind !== 'index') return;
  for (const key of target.keys) {
    if (key.kind !== 'wildcard') addExpressionUsage(key, bindings, usage);
  }
}

function addRead(target: Expression, bindings: Bindings, usage: Usage): void {
  const leaf = variableOf(target);
  if (leaf !== undefined) usage.read.add(bindings.variable(leaf));
}

/** `+=` and the like, which need the old value too. */
function isCompound(expression: Expression): expression is Assignment {
  return expression.kind === 'assignment' && expression.operator !== '=' && expression.operator !== '<<<';
}

/** Things besides variables that a store can reach, or that an error will be reported for. */
function isPlace({ kind }: Expression): boolean {
  return kind === 'target' || kind === 'atvar' || kind === 'cast' || kind === 'autocast' || kind === 'index';
}

/** The variable that an lvalue stores to; undefined for context variables, histograms and values. */
export function variableOf(target: Expression): Variable | undefined {
  if (target.kind === 'variable') return target;
  if (target.kind === 'index' && target.base.kind === 'variable') return target.base;
  return undefined;
}

/** Answers what functions do including everything they call. Valid while no body changes. */
export class CallEffects {
  readonly #bindings: Bindings;
  readonly #usages: BodyUsages;
  /** What functions of the run time do. */
  readonly #pure = emptyUsage();
  readonly #acting: Usage = { ...emptyUsage(), acts: true };
  readonly #reachable = new Map<FunctionSymbol, ReadonlySet<FunctionSymbol>>();
  readonly #effects = new Map<FunctionSymbol, boolean>();

  constructor({ symbols, usages }: Pick<Draft, 'symbols' | 'usages'>) {
    this.#bindings = symbols;
    this.#usages = usages;
  }

  /** What the function's body does itself. */
  own(symbol: FunctionSymbol): Usage {
    if (symbol.body.kind === 'script') return this.#usages.of(symbol.body.block);
    return symbol.pure ? this.#pure : this.#acting;
  }

  /** The function and everything it may call, directly or not. */
  reachable(symbol: FunctionSymbol): ReadonlySet<FunctionSymbol> {
    const known = this.#reachable.get(symbol);
    if (known !== undefined) return known;
    const seen = new Set([symbol]);
    const stack = [symbol];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      for (const callee of this.own(next).callees) {
        if (seen.has(callee)) continue;
        seen.add(callee);
        stack.push(callee);
      }
    }
    this.#reachable.set(symbol, seen);
    return seen;
  }

  /** True when a call acts on the world or writes a global. */
  hasEffect(symbol: FunctionSymbol): boolean {
    let has = this.#effects.get(symbol);
    if (has === undefined) {
      has = [...this.reachable(symbol)].some((callee) => this.#actsItself(callee));
      this.#effects.set(symbol, has);
    }
    return has;
  }

  #actsItself(symbol: FunctionSymbol): boolean {
    const { acts, written } = this.own(symbol);
    return acts || [...written].some((variable) => variable.scope === 'global');
  }

  /** True when a call may write that variable. */
  writes(symbol: FunctionSymbol, variable: VariableSymbol): boolean {
    for (const callee of this.reachable(symbol)) {
      if (this.own(callee).written.has(variable)) return true;
    }
    return false;
  }

  /** True when evaluating the expression changes nothing that can be seen afterwards. */
  isEffectFree(expression: Expression): boolean {
    switch (expression.kind) {
      case 'assignment':
      case 'embedded':
        return false;
      case 'update':
        // What is no place at all is reported later, by inference.
        if (isPlace(expression.operand) || variableOf(expression.operand) !== undefined) return false;
        break;
      case 'print':
        if (!expression.toString) return false;
        break;
      case 'call':
        if (this.#bindings.functions(expression.callee).some((symbol) => this.hasEffect(symbol)))
          return false;
        break;
      default:
    }
    return childExpressions(expression).every((child) => this.isEffectFree(child));
  }
}
