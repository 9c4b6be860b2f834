import type { Expression, Wildcard } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import { visitExpression, visitStatement } from '../ast/walk.ts';
import type { Bindings, CheckedProgram, VariableSymbol } from '../semantic/program.ts';
import { variableOf } from '../semantic/usage.ts';
import type { Token } from '../source/token.ts';
import { bodiesOf } from './call-graph.ts';

/** The keys of one use of an array, and whether the use stores to the element. */
export interface KeyUse {
  readonly keys: readonly (Expression | Wildcard)[];
  readonly stores: boolean;
}

/** What a script does with its globals. */
export interface GlobalUses {
  /** The ways in which elements of arrays are named, each place of the script once, in order. */
  readonly keys: ReadonlyMap<VariableSymbol, readonly KeyUse[]>;
  /** Longs, and elements of arrays of longs, that are written only by `++` and by `+=` of a constant that is not negative. */
  readonly growing: ReadonlySet<VariableSymbol>;
  /** The bit shift of `@variance` for each variable whose variance the program asks for. */
  readonly varianceShifts: ReadonlyMap<VariableSymbol, number>;
}

/** Looks at everything in the program, once. What its author did not write is looked at for variances only. */
export function globalUses(program: CheckedProgram): GlobalUses {
  const finder = new UseFinder(program.bindings);
  const seen = new Set<Statement>();
  for (const { body, condition, synthetic } of program.probes.flatMap((probe) => bodiesOf(probe))) {
    const visitor = synthetic ? { expression: finder.variance } : finder;
    if (!seen.has(body)) visitStatement(body, visitor);
    seen.add(body);
    if (condition) visitExpression(condition, visitor);
  }
  for (const { body } of program.functions) if (body.kind === 'script') visitStatement(body.block, finder);
  const { grown, spoilt, keys, varianceShifts } = finder;
  return { keys, growing: new Set([...grown].filter((symbol) => !spoilt.has(symbol))), varianceShifts };
}

class UseFinder {
  readonly keys = new Map<VariableSymbol, KeyUse[]>();
  readonly grown = new Set<VariableSymbol>();
  /** Written in another way. */
  readonly spoilt = new Set<VariableSymbol>();
  readonly varianceShifts = new Map<VariableSymbol, number>();
  readonly #bindings: Bindings;
  /** Bodies of several probes may be copies of one text. */
  readonly #seen = new Set<Token>();
  /** Elements that are stored to; a store comes before its target. */
  readonly #targets = new Set<Expression>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  readonly expression = (expression: Expression): undefined => {
    switch (expression.kind) {
      case 'update':
        this.#store(expression.operand, expression.operator === '++');
        break;
      case 'assignment': {
        const { target, operator, value } = expression;
        this.#store(target, operator === '+=' && value.kind === 'number' && value.value >= 0);
        break;
      }
      case 'index':
        this.#useKeys(expression, expression.keys, expression.token, this.#targets.has(expression));
        break;
      case 'membership':
        this.#useKeys(expression.array, expression.keys, expression.token, false);
        break;
      case 'statistic':
        this.variance(expression);
        break;
      default:
    }
  };

  readonly variance = (expression: Expression): undefined => {
    if (expression.kind !== 'statistic' || expression.function !== 'variance') return;
    const { operand } = expression;
    const leaf = operand.kind === 'index' ? operand.base : operand;
    if (leaf.kind === 'variable')
      this.varianceShifts.set(this.#bindings.variable(leaf), Number(expression.shift));
  };

  readonly statement = (statement: Statement): undefined => {
    switch (statement.kind) {
      case 'delete':
        this.#store(statement.operand, false);
        break;
      case 'foreach':
        for (const key of statement.keys) this.#store(key, false);
        if (statement.value) this.#store(statement.value, false);
        this.#useKeys(statement.base, statement.keys, statement.token, false);
        break;
      case 'try':
        if (statement.error) this.#store(statement.error, false);
        break;
      default:
    }
  };

  #store(target: Expression, grows: boolean): void {
    if (target.kind === 'index') this.#targets.add(target);
    const leaf = target.kind === 'variable' ? target : variableOf(target);
    if (leaf === undefined) return;
    const symbol = this.#bindings.variable(leaf);
    if (symbol.scope === 'global') (grows ? this.grown : this.spoilt).add(symbol);
  }

  #useKeys(element: Expression, keys: KeyUse['keys'], token: Token, stores: boolean): void {
    const leaf = variableOf(element);
    if (leaf === undefined || this.#seen.has(token)) return;
    this.#seen.add(token);
    const symbol = this.#bindings.variable(leaf);
    if (symbol.scope !== 'global') return;
    const uses = this.keys.get(symbol);
    if (uses === undefined) this.keys.set(symbol, [{ keys, stores }]);
    else uses.push({ keys, stores });
  }
}
