import { addExpressionUsage, CallEffects, emptyUsage } from '../usage.ts';
import { bodiesOfProbes } from '../draft.ts';
import type { FunctionSymbol } from '../program.ts';
import type { OptimiseContext } from './optimise-context.ts';

/** Drops functions that no probe reaches. True when something went. */
export function dropUnusedFunctions({ draft, warn }: OptimiseContext): boolean {
  const usage = emptyUsage();
  for (const { body } of bodiesOfProbes(draft))
    for (const callee of draft.usages.of(body).callees) usage.callees.add(callee);
  for (const probe of draft.probes)
    if (probe.condition) addExpressionUsage(probe.condition, draft.symbols, usage);
  const effects = new CallEffects(draft);
  const used = new Set<FunctionSymbol>();
  const stack = [...usage.callees];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (used.has(next)) continue;
    used.add(next);
    stack.push(...effects.own(next).callees);
  }
  const unused = draft.functions.filter((symbol) => !used.has(symbol));
  for (const symbol of unused) {
    if (symbol.declaration !== undefined)
      warn('unused-function', `Eliding unused function '${symbol.name}'`, symbol.token);
  }
  draft.functions = draft.functions.filter((symbol) => used.has(symbol));
  return unused.length > 0;
}
