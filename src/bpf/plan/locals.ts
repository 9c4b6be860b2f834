import type { Expression } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { visitExpression, visitStatement } from '../../ast/walk.ts';
import type { Bindings, ValueType, VariableSymbol } from '../../semantic/program.ts';
import type { KernelValue, LongExpression } from '../ir.ts';
import { conditional, constant, nodeCount, stringConditional, structureKey } from './fold.ts';

/** Larger values are not followed: the same expression would be written out again and again. */
const MAX_NODES = 64;

/** Locals and parameters whose value is known at some point of a body; never changed in place. */
export type Locals = ReadonlyMap<VariableSymbol, KernelValue>;

/** Value of a variable that was never assigned; undefined for other than longs and strings. */
export function defaultValue(type: ValueType): KernelValue | undefined {
  if (type === 'long') return { type, value: constant(0) };
  if (type === 'string') return { type, value: { kind: 'literal', text: '' } };
  return undefined;
}

/** Values that locals have before the first statement. */
export function initialLocals(symbols: readonly VariableSymbol[]): Locals {
  const locals = new Map<VariableSymbol, KernelValue>();
  for (const symbol of symbols) {
    const value = (symbol.arity ?? 0) === 0 ? defaultValue(symbol.type) : undefined;
    if (value !== undefined) locals.set(symbol, value);
  }
  return locals;
}

/** `locals` after an assignment; `undefined` is a value that is not known. */
export function withLocal(locals: Locals, symbol: VariableSymbol, value: KernelValue | undefined): Locals {
  if (value === undefined && !locals.has(symbol)) return locals;
  const changed = new Map(locals);
  if (value === undefined || nodeCount(value.value) > MAX_NODES) changed.delete(symbol);
  else changed.set(symbol, value);
  return changed;
}

/** `locals` where nothing is known of some symbols. */
export function withoutLocals(locals: Locals, symbols: Iterable<VariableSymbol>): Locals {
  const changed = new Map(locals);
  for (const symbol of symbols) changed.delete(symbol);
  return changed;
}

/** What is known where two branches meet; `condition`, when it is known, was not 0 on the way through the first. */
export function joinLocals(first: Locals, second: Locals, condition: LongExpression | undefined): Locals {
  if (first === second) return first;
  const joined = new Map<VariableSymbol, KernelValue>();
  for (const [symbol, one] of first) {
    const other = second.get(symbol);
    const value = other && joinValues(one, other, condition);
    if (value !== undefined && nodeCount(value.value) <= MAX_NODES) joined.set(symbol, value);
  }
  return joined;
}

/** The value that is one or the other by the condition; undefined when that cannot be told. */
export function joinValues(
  one: KernelValue,
  other: KernelValue,
  condition: LongExpression | undefined,
): KernelValue | undefined {
  if (condition === undefined) return structureKey(one.value) === structureKey(other.value) ? one : undefined;
  if (one.type === 'long' && other.type === 'long')
    return { type: 'long', value: conditional(condition, one.value, other.value) };
  if (one.type === 'string' && other.type === 'string')
    return { type: 'string', value: stringConditional(condition, one.value, other.value) };
  return undefined;
}

/** Every scalar that the statement may change. */
export function assignedIn(statement: Statement, bindings: Bindings): ReadonlySet<VariableSymbol> {
  const assigned = new Set<VariableSymbol>();
  visitStatement(statement, {
    expression: (expression) => collect(expression, bindings, assigned),
    statement: (inner) => {
      const targets =
        inner.kind === 'foreach'
          ? [...inner.keys, ...(inner.value ? [inner.value] : [])]
          : inner.kind === 'try' && inner.error
            ? [inner.error]
            : inner.kind === 'delete' && inner.operand.kind === 'variable'
              ? [inner.operand]
              : [];
      for (const target of targets) assigned.add(bindings.variable(target));
      return undefined;
    },
  });
  return assigned;
}

/** Every scalar that the expression may change. */
export function assignedInExpression(
  expression: Expression,
  bindings: Bindings,
): ReadonlySet<VariableSymbol> {
  const assigned = new Set<VariableSymbol>();
  visitExpression(expression, { expression: (inner) => collect(inner, bindings, assigned) });
  return assigned;
}

function collect(expression: Expression, bindings: Bindings, assigned: Set<VariableSymbol>): undefined {
  const target =
    expression.kind === 'assignment'
      ? expression.target
      : expression.kind === 'update'
        ? expression.operand
        : undefined;
  if (target?.kind === 'variable') assigned.add(bindings.variable(target));
}
