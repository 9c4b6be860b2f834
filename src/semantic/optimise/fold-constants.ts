import * as arithmetic from '../../int64/arithmetic.ts';
import * as bits from '../../int64/bits.ts';
import type { Int64 } from '../../int64/int64.ts';
import type { Binary, Expression, NumberLiteral } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { rewriteBlock, rewriteExpression, visitExpression, type Rewriter } from '../../ast/walk.ts';
import type { Token } from '../../source/token.ts';
import { rewriteBodies } from '../draft.ts';
import type { Bindings } from '../program.ts';
import { CallEffects } from '../usage.ts';
import type { OptimiseContext } from './optimise-context.ts';

/**
 * Replaces operators on literals by their value, answers `@defined`, and keeps only the branch that a constant
 * condition leaves. True when something changed. String concatenation is left to the run time, which knows the
 * string limit.
 */
export function foldConstants({ draft, note }: OptimiseContext): boolean {
  const effects = new CallEffects(draft);
  let changed = false;
  const replaced = <Node>(old: Node, now: Node): Node => {
    if (now !== old) changed = true;
    return now;
  };
  const rewriter: Rewriter = {
    expression: (expression) => replaced(expression, foldExpression(expression, effects, draft.symbols)),
    statement: (statement) => replaced(statement, foldStatement(statement, note)),
  };
  rewriteBodies(draft, (body) => rewriteBlock(body, rewriter));
  for (const probe of draft.probes)
    if (probe.condition) probe.condition = rewriteExpression(probe.condition, rewriter);
  return changed;
}

function foldStatement(statement: Statement, note: OptimiseContext['note']): Statement {
  if (statement.kind === 'if' && statement.condition.kind === 'number') {
    const isTrue = truth(statement.condition);
    note(`Collapsing constant-${isTrue ? 1 : 0} if-statement`, statement.token);
    const taken = isTrue ? statement.consequent : statement.alternate;
    return taken ?? { kind: 'null', token: statement.token };
  }
  if (statement.kind === 'for' && statement.condition.kind === 'number' && !truth(statement.condition)) {
    note('Collapsing constantly-false for-loop', statement.token);
    return statement.init ?? { kind: 'null', token: statement.token };
  }
  return statement;
}

function foldExpression(expression: Expression, effects: CallEffects, bindings: Bindings): Expression {
  const { token } = expression;
  switch (expression.kind) {
    case 'defined':
      return number(isResolved(expression.operand, bindings) ? 1 : 0, token);
    case 'unary': {
      if (expression.operand.kind !== 'number') return expression;
      return number(foldUnary(expression.operator, expression.operand.value), token);
    }
    case 'binary': {
      const value = foldBinary(expression);
      return value === undefined ? expression : number(value, token);
    }
    case 'comparison': {
      const { left, right, operator } = expression;
      const comparable =
        (left.kind === 'number' && right.kind === 'number') ||
        (left.kind === 'string' && right.kind === 'string');
      return comparable
        ? number(compareValues(operator, known(left.value), known(right.value)) ? 1 : 0, token)
        : expression;
    }
    case 'logical':
      return foldLogical(expression, effects);
    case 'conditional':
      if (expression.condition.kind !== 'number') return expression;
      return truth(expression.condition) ? expression.consequent : expression.alternate;
    default:
      return expression;
  }
}

function foldLogical(expression: Extract<Expression, { kind: 'logical' }>, effects: CallEffects): Expression {
  const { left, right, operator, token } = expression;
  // 0 decides `&&`, anything else decides `||`.
  const decides = (side: NumberLiteral): boolean => truth(side) === (operator === '||');
  const decided = operator === '||' ? 1 : 0;
  if (left.kind === 'number') {
    if (decides(left)) return number(decided, token);
    if (right.kind === 'number') return number(truth(right) ? 1 : 0, token);
    return expression;
  }
  if (right.kind === 'number' && decides(right) && !hasTarget(left) && effects.isEffectFree(left))
    return number(decided, token);
  return expression;
}

function foldUnary(operator: '+' | '-' | '!' | '~', value: Int64): Int64 {
  switch (operator) {
    case '+':
      return value;
    case '-':
      return arithmetic.neg(value);
    case '!':
      return value === 0 ? 1 : 0;
    case '~':
      return bits.not(value);
  }
}

function foldBinary({ left, right, operator }: Binary): Int64 | undefined {
  if (left.kind !== 'number' || right.kind !== 'number') return undefined;
  const a = left.value;
  const b = right.value;
  switch (operator) {
    case '+':
      return arithmetic.add(a, b);
    case '-':
      return arithmetic.sub(a, b);
    case '*':
      return arithmetic.mul(a, b);
    case '/':
      return b === 0 ? undefined : arithmetic.div(a, b);
    case '%':
      return b === 0 ? undefined : arithmetic.rem(a, b);
    case '&':
      return bits.and(a, b);
    case '|':
      return bits.or(a, b);
    case '^':
      return bits.xor(a, b);
    // SystemTap leaves a constant alone when a constant count is out of range; at run time counts are modulo 64.
    case '<<':
      return b < 0 || b > 63 ? a : bits.shl(a, b);
    case '>>':
      return b < 0 || b > 63 ? a : bits.shr(a, b);
    case '>>>':
      return bits.ushr(a, b);
  }
}

/** The value at run time: a string ends at its first NUL. */
function known(value: Int64 | string): Int64 | string {
  return typeof value === 'string' ? (value.split('\0', 1)[0] ?? '') : value;
}

function compareValues(operator: string, left: Int64 | string, right: Int64 | string): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    default:
      return left >= right;
  }
}

/** `@defined` of what a probe family left in the tree is 0, of anything else 1. */
function isResolved(operand: Expression, bindings: Bindings): boolean {
  return !hasTarget(operand) && !callsUnavailable(operand, bindings);
}

function callsUnavailable(operand: Expression, bindings: Bindings): boolean {
  let found = false;
  visitExpression(operand, {
    expression: (node) => {
      if (node.kind === 'call')
        found ||= bindings.functions(node.callee).some(({ body }) => body.kind === 'unavailable');
      return !found;
    },
  });
  return found;
}

function hasTarget(expression: Expression): boolean {
  let found = false;
  visitExpression(expression, {
    expression: (node) => {
      if (node.kind === 'target' || node.kind === 'atvar' || node.kind === 'cast' || node.kind === 'autocast')
        found = true;
      return !found;
    },
  });
  return found;
}

function truth(literal: NumberLiteral): boolean {
  return literal.value !== 0;
}

function number(value: Int64, token: Token): NumberLiteral {
  return { kind: 'number', value, token };
}
