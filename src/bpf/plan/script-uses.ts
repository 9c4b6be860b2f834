import type { Expression } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { childExpressions, childStatements, statementExpressions } from '../../ast/walk.ts';
import type { Bindings, DerivedProbe, FunctionSymbol, VariableSymbol } from '../../semantic/program.ts';

/** What a handler, with the functions that it calls, does with a global. */
export interface ScriptUse {
  /** Only by `++`, `--`, `+=`, `-=`, `<<<` whose value nobody wants. */
  readonly adds: boolean;
  readonly reads: boolean;
  /** Sets it, or changes what it read. */
  readonly writes: boolean;
  readonly deletes: boolean;
}

type UseKind = keyof ScriptUse;

const NOT_USED: ScriptUse = { adds: false, reads: false, writes: false, deletes: false };
const ADDING: ReadonlySet<string> = new Set(['+=', '-=', '<<<']);

/** The globals that the bodies and the condition of a probe use. */
export function scriptUses(probe: DerivedProbe, bindings: Bindings): ReadonlyMap<VariableSymbol, ScriptUse> {
  const finder = new UseFinder(bindings);
  for (const { body, condition } of [probe, ...(probe.merged ?? [])]) {
    finder.statement(body);
    if (condition) finder.expression(condition);
  }
  return finder.uses;
}

class UseFinder {
  readonly uses = new Map<VariableSymbol, ScriptUse>();
  readonly #bindings: Bindings;
  readonly #called = new Set<FunctionSymbol>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case 'expression-statement':
        this.#effect(statement.expression);
        return;
      case 'delete':
        this.#target(statement.operand, 'deletes');
        return;
      case 'foreach': {
        const { base, keys, value } = statement;
        this.#target(base.kind === 'histogram' ? base.operand : base, 'reads');
        for (const variable of value ? [...keys, value] : keys) this.#target(variable, 'writes');
        break;
      }
      case 'try':
        if (statement.error) this.#target(statement.error, 'writes');
        break;
      default:
    }
    for (const expression of statementExpressions(statement)) this.expression(expression);
    for (const child of childStatements(statement)) this.statement(child);
  }

  expression(expression: Expression): void {
    switch (expression.kind) {
      case 'variable':
        this.#note(expression, 'reads');
        return;
      case 'index':
      case 'membership':
        this.#note(expression.kind === 'index' ? expression.base : expression.array, 'reads');
        break;
      case 'assignment':
        this.#target(expression.target, 'writes');
        if (expression.operator !== '=') this.#target(expression.target, 'reads');
        this.expression(expression.value);
        return;
      case 'update':
        this.#target(expression.operand, 'writes');
        this.#target(expression.operand, 'reads');
        return;
      case 'call':
        for (const symbol of this.#bindings.functions(expression.callee)) this.#call(symbol);
        break;
      default:
    }
    for (const child of childExpressions(expression)) this.expression(child);
  }

  #effect(expression: Expression): void {
    if (expression.kind === 'update') this.#target(expression.operand, 'adds');
    else if (expression.kind === 'assignment' && ADDING.has(expression.operator)) {
      this.#target(expression.target, 'adds');
      this.expression(expression.value);
    } else this.expression(expression);
  }

  /** A place that is changed; its keys are read. */
  #target(target: Expression, kind: UseKind): void {
    if (target.kind === 'variable') this.#note(target, kind);
    else if (target.kind === 'index') {
      this.#note(target.base, kind);
      for (const key of target.keys) if (key.kind !== 'wildcard') this.expression(key);
    } else this.expression(target);
  }

  #call(symbol: FunctionSymbol): void {
    if (symbol.body.kind !== 'script' || this.#called.has(symbol)) return;
    this.#called.add(symbol);
    this.statement(symbol.body.block);
  }

  #note(base: Expression, kind: UseKind): void {
    if (base.kind === 'histogram') {
      this.#target(base.operand, kind);
      return;
    }
    if (base.kind !== 'variable') return;
    const symbol = this.#bindings.variable(base);
    if (symbol.scope !== 'global') return;
    this.uses.set(symbol, { ...(this.uses.get(symbol) ?? NOT_USED), [kind]: true });
  }
}
