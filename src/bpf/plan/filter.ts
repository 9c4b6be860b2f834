import type { Expression } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { childExpressions } from '../../ast/walk.ts';
import type { Bindings, DerivedProbe } from '../../semantic/program.ts';
import type { LongExpression } from '../ir.ts';
import { ClosedEvaluator } from './closed-expression.ts';
import type { EventSource } from './event-source.ts';
import { canFail, constant, constantValue, logical, negation, nodeCount } from './fold.ts';
import { isQuietOperator, QuietFunctions } from './quiet-functions.ts';
import { initialLocals, withLocal, type Locals } from './locals.ts';

/** A longer test costs more than the records it spares. */
const MAX_NODES = 128;
const ALWAYS = constant(1);
const NEVER = constant(0);

/**
 * What is 0 only for events of which the handler, and those merged into it, would do nothing at all: no effect, no
 * error. It reads no memory, so it cannot hide a fault. Undefined when there is no such test.
 */
export function handlerFilter(
  probe: DerivedProbe,
  bindings: Bindings,
  source: EventSource,
): LongExpression | undefined {
  const finder = new FilterFinder(bindings, source);
  const acts = [probe, ...(probe.merged ?? [])]
    .map(({ body, locals }) => finder.acts([body], initialLocals(locals)))
    .reduce((all, one) => logical('||', all, one), NEVER);
  const known = constantValue(acts);
  return (known !== undefined && known !== 0) || nodeCount(acts) > MAX_NODES ? undefined : acts;
}

/** Bounds of a condition in a handler. */
interface Bounds {
  /** 0: the condition is 0, and its evaluation has no effect and no error. */
  readonly may: LongExpression;
  /** Not 0: the condition is not 0, likewise. */
  readonly must: LongExpression;
  /** Its evaluation never has an effect nor an error. */
  readonly isQuiet: boolean;
}

class FilterFinder {
  readonly #bindings: Bindings;
  readonly #evaluator: ClosedEvaluator;
  readonly #functions: QuietFunctions;

  constructor(bindings: Bindings, source: EventSource) {
    this.#bindings = bindings;
    this.#functions = new QuietFunctions(bindings);
    this.#evaluator = new ClosedEvaluator(bindings, source);
  }

  /** 0 only when the statements, to the end of the handler, do nothing. */
  acts(statements: readonly Statement[], locals: Locals): LongExpression {
    const [statement, ...rest] = statements;
    if (statement === undefined) return NEVER;
    switch (statement.kind) {
      case 'null':
        return this.acts(rest, locals);
      case 'next':
        return NEVER;
      case 'block':
        return this.acts([...statement.statements, ...rest], locals);
      case 'if': {
        const { may, must, isQuiet } = this.#bounds(statement.condition, locals);
        const then = this.#branch(statement.consequent, rest, locals);
        const otherwise = statement.alternate
          ? this.#branch(statement.alternate, rest, locals)
          : this.acts(rest, locals);
        if (isQuiet && constantValue(then) === 0) return logical('&&', negation(must), otherwise);
        if (isQuiet && constantValue(otherwise) === 0) return logical('&&', may, then);
        const byCondition = logical('&&', logical('||', may, otherwise), logical('||', negation(must), then));
        return isQuiet ? logical('&&', byCondition, logical('||', then, otherwise)) : byCondition;
      }
      case 'expression-statement': {
        const { expression } = statement;
        if (expression.kind !== 'assignment' || expression.operator !== '=') return ALWAYS;
        const { target, value } = expression;
        if (target.kind !== 'variable' || !this.#isQuiet(value, locals)) return ALWAYS;
        const symbol = this.#bindings.variable(target);
        if (symbol.scope === 'global') return ALWAYS;
        return this.acts(rest, withLocal(locals, symbol, this.#evaluator.value(value, locals)));
      }
      default:
        return ALWAYS;
    }
  }

  /** Only short branches are followed into what comes behind the `if`: the work stays linear. */
  #branch(branch: Statement, rest: readonly Statement[], locals: Locals): LongExpression {
    if (endsAtOnce(branch)) return NEVER;
    return rest.length === 0 ? this.acts([branch], locals) : ALWAYS;
  }

  #bounds(condition: Expression, locals: Locals): Bounds {
    const value = this.#evaluator.long(condition, locals);
    if (value !== undefined && !canFail(value)) return { may: value, must: value, isQuiet: true };
    if (condition.kind === 'unary' && condition.operator === '!') {
      const { may, must, isQuiet } = this.#bounds(condition.operand, locals);
      return { may: negation(must), must: negation(may), isQuiet };
    }
    if (condition.kind === 'logical') {
      const { operator } = condition;
      const left = this.#bounds(condition.left, locals);
      const right = this.#bounds(condition.right, locals);
      // The right side tells nothing where the left one may fail first.
      const reach = left.isQuiet ? right : { may: ALWAYS, must: NEVER };
      const isQuiet = left.isQuiet && right.isQuiet;
      if (operator === '&&')
        return {
          may: logical('&&', left.may, reach.may),
          must: logical('&&', left.must, right.must),
          isQuiet,
        };
      return { may: logical('||', left.may, right.may), must: logical('||', left.must, reach.must), isQuiet };
    }
    return { may: ALWAYS, must: NEVER, isQuiet: this.#isQuiet(condition, locals) };
  }

  #isQuiet(expression: Expression, locals: Locals): boolean {
    const value = this.#evaluator.value(expression, locals);
    if (value !== undefined && !canFail(value.value)) return true;
    const isQuiet =
      expression.kind === 'call' ? this.#functions.areQuiet(expression) : isQuietOperator(expression, false);
    return isQuiet && childExpressions(expression).every((child) => this.#isQuiet(child, locals));
  }
}

/** Whether the statement is nothing but `next`. */
function endsAtOnce(statement: Statement): boolean {
  if (statement.kind === 'next') return true;
  const [first] = statement.kind === 'block' ? statement.statements : [];
  return first !== undefined && endsAtOnce(first);
}
