import type { Assignment, Expression } from '../../ast/expression.ts';
import type { Block, Statement } from '../../ast/statement.ts';
import { rewriteBlock, visitStatement, type Rewriter } from '../../ast/walk.ts';
import { rewriteBodies, type Draft } from '../draft.ts';
import type { VariableSymbol } from '../program.ts';
import { addExpressionUsage, addStatementUsage, CallEffects, emptyUsage, type Usage } from '../usage.ts';
import type { OptimiseContext } from './optimise-context.ts';

/** Replaces `x = e` and `x <<< e` by `e` where nothing reads the local x. True when something changed. */
export function dropUnreadAssignments({ draft, warn, firstRound }: OptimiseContext): boolean {
  const effects = new CallEffects(draft);
  let changed = false;
  const rewrite = (body: Block): Block => {
    const unread = unreadLocals(draft, body);
    if (unread.size === 0) return body;
    const dead = firstRound ? unread : transitivelyUnread(draft, effects, body);
    const rewriter: Rewriter = {
      expression: (expression): Expression => {
        const variable = plainTarget(draft, expression);
        if (variable === undefined || expression.kind !== 'assignment' || !dead.has(variable))
          return expression;
        warn('unread-assignment', `Eliding assignment to '${variable.name}'`, expression.token);
        changed = true;
        return expression.value;
      },
    };
    return rewriteBlock(body, rewriter);
  };
  rewriteBodies(draft, rewrite);
  return changed;
}

/** Locals that the body writes and never reads. The first round warns about these, which the script shows. */
function unreadLocals(draft: Draft, body: Block): ReadonlySet<VariableSymbol> {
  const { read, updated, written } = draft.usages.of(body);
  const unread = new Set<VariableSymbol>();
  for (const variable of written)
    if (variable.scope !== 'global' && !read.has(variable) && !updated.has(variable)) unread.add(variable);
  return unread;
}

/**
 * Later rounds are silent, so they may follow chains (`y = x` with y unread leaves x unread) to the end at once
 * instead of one link per round.
 */
function transitivelyUnread(draft: Draft, effects: CallEffects, body: Block): ReadonlySet<VariableSymbol> {
  const values = removableValues(draft, effects, body);
  const usage: Usage = {
    ...emptyUsage(),
    skip: (expression) => expression.kind === 'assignment' && values.has(expression),
  };
  addStatementUsage(body, draft.symbols, usage);
  const readers = new Map<VariableSymbol, number>();
  const count = (variable: VariableSymbol, change: number): number => {
    const now = (readers.get(variable) ?? 0) + change;
    readers.set(variable, now);
    return now;
  };
  for (const variable of [...usage.read, ...usage.updated]) count(variable, 1);
  const valuesOf = new Map<VariableSymbol, ReadonlySet<VariableSymbol>[]>();
  for (const [{ value }, variable] of values) {
    const { read } = expressionUsage(draft, value);
    for (const other of read) count(other, 1);
    valuesOf.set(variable, [...(valuesOf.get(variable) ?? []), read]);
  }
  const dead = new Set<VariableSymbol>();
  const queue = [...usage.written, ...valuesOf.keys()].filter((variable) => !readers.get(variable));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (dead.has(next)) continue;
    dead.add(next);
    for (const read of valuesOf.get(next) ?? [])
      for (const other of read) if (count(other, -1) === 0) queue.push(other);
  }
  return dead;
}

/** Assignment statements to a local whose value does nothing itself: without the store nothing of them is left. */
function removableValues(
  draft: Draft,
  effects: CallEffects,
  body: Block,
): ReadonlyMap<Assignment, VariableSymbol> {
  const values = new Map<Assignment, VariableSymbol>();
  visitStatement(body, {
    statement: (statement: Statement): boolean => {
      if (statement.kind !== 'expression-statement') return true;
      const { expression } = statement;
      const variable = plainTarget(draft, expression);
      if (expression.kind === 'assignment' && variable && effects.isEffectFree(expression.value))
        values.set(expression, variable);
      return true;
    },
    expression: () => false,
  });
  return values;
}

/** The local that `x = e` or `x <<< e` stores to. */
function plainTarget(draft: Draft, expression: Expression): VariableSymbol | undefined {
  if (expression.kind !== 'assignment' || expression.target.kind !== 'variable') return undefined;
  if (expression.operator !== '=' && expression.operator !== '<<<') return undefined;
  const variable = draft.symbols.variable(expression.target);
  return variable.scope === 'global' ? undefined : variable;
}

function expressionUsage(draft: Draft, expression: Expression): ReturnType<typeof emptyUsage> {
  const usage = emptyUsage();
  addExpressionUsage(expression, draft.symbols, usage);
  return usage;
}
