import type { Assignment, Expression } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { rewriteBlock, visitStatement, type Rewriter } from '../../ast/walk.ts';
import { forEachScriptFunction, type Draft } from '../draft.ts';
import type { VariableSymbol } from '../program.ts';
import { addExpressionUsage, CallEffects, emptyUsage } from '../usage.ts';
import type { OptimiseContext } from './optimise-context.ts';
import { programUsage } from './unused-variables.ts';

/** Replaces `x = e` and `x <<< e` by `e` where nothing reads the local x. True when something changed. */
export function dropUnreadAssignments({ draft, warn, firstRound }: OptimiseContext): boolean {
  const isDead = firstRound ? unreadVariables(draft) : transitivelyUnread(draft);
  let changed = false;
  const rewriter: Rewriter = {
    expression: (expression): Expression => {
      const variable = plainTarget(draft, expression);
      if (variable === undefined || expression.kind !== 'assignment' || !isDead(variable)) return expression;
      warn('unread-assignment', `Eliding assignment to '${variable.name}'`, expression.token);
      changed = true;
      return expression.value;
    },
  };
  for (const probe of draft.probes) probe.body = rewriteBlock(probe.body, rewriter);
  forEachScriptFunction(draft, (symbol, body) => {
    symbol.body = { kind: 'script', block: rewriteBlock(body.block, rewriter) };
  });
  return changed;
}

type VariableTest = (variable: VariableSymbol) => boolean;

/** The first round warns about what the script shows; what follows from that is for later rounds. */
function unreadVariables(draft: Draft): VariableTest {
  const usage = programUsage(draft);
  return (variable) => !usage.read.has(variable) && !usage.updated.has(variable);
}

/**
 * Later rounds are silent, so they may follow chains (`y = x` with y unread leaves x unread) to the end at once
 * instead of one link per round.
 */
function transitivelyUnread(draft: Draft): VariableTest {
  const values = removableValues(draft);
  const usage = programUsage(
    draft,
    (expression) => expression.kind === 'assignment' && values.has(expression),
  );
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
  return (variable) => dead.has(variable);
}

/** Assignment statements to a local whose value does nothing itself: without the store nothing of them is left. */
function removableValues(draft: Draft): ReadonlyMap<Assignment, VariableSymbol> {
  const effects = new CallEffects(draft);
  const values = new Map<Assignment, VariableSymbol>();
  const visitor = {
    statement: (statement: Statement): boolean => {
      if (statement.kind !== 'expression-statement') return true;
      const { expression } = statement;
      const variable = plainTarget(draft, expression);
      if (expression.kind === 'assignment' && variable && effects.isEffectFree(expression.value))
        values.set(expression, variable);
      return true;
    },
    expression: () => false,
  };
  for (const probe of draft.probes) visitStatement(probe.body, visitor);
  forEachScriptFunction(draft, (_, body) => visitStatement(body.block, visitor));
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
