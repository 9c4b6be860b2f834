import { similarNames } from '../../probes/similar-names.ts';
import type { Block } from '../../ast/statement.ts';
import { bodiesOfProbes, forEachScriptFunction, type Draft } from '../draft.ts';
import type { VariableSymbol } from '../program.ts';
import { addExpressionUsage, emptyUsage, mergeUsage, type Usage } from '../usage.ts';
import type { OptimiseContext } from './optimise-context.ts';

/** Drops variables that nothing uses, and warns about those that are read but never written. True when something went. */
export function dropUnusedVariables(context: OptimiseContext): boolean {
  const { draft } = context;
  const usage = programUsage(draft);
  const globalNames = draft.globals.map((global) => global.name);
  let changed = false;
  const keepUsed = (locals: readonly VariableSymbol[], others: readonly string[]) => {
    const kept = locals.filter((local) => isUsed(context, local, usage));
    changed ||= kept.length !== locals.length;
    for (const local of kept) {
      if (usage.written.has(local)) continue;
      const names = [...locals.map(({ name }) => name), ...others].filter((name) => name !== local.name);
      warnNeverAssigned(context, 'local', local, names);
    }
    return kept;
  };
  const keptLocals = new Map<Block, readonly VariableSymbol[]>();
  for (const { body, locals } of bodiesOfProbes(draft)) keptLocals.set(body, keepUsed(locals, globalNames));
  for (const probe of draft.probes) probe.locals = keptLocals.get(probe.body) ?? [];
  forEachScriptFunction(draft, (symbol) => {
    const parameters = symbol.parameters.map((parameter) => parameter.name);
    symbol.locals = keepUsed(symbol.locals, [...parameters, ...globalNames]);
  });
  const kept = draft.globals.filter((global) => isUsed(context, global, usage));
  changed ||= kept.length !== draft.globals.length;
  for (const global of kept) {
    if (!usage.written.has(global) && global.declaration?.initial === undefined)
      warnNeverAssigned(context, 'global', global, globalNames);
  }
  draft.globals = kept;
  return changed;
}

/** What all bodies and conditions of the program do. */
export function programUsage(draft: Draft): Usage {
  const usage = emptyUsage();
  for (const { body } of bodiesOfProbes(draft)) mergeUsage(draft.usages.of(body), usage);
  for (const probe of draft.probes)
    if (probe.condition) addExpressionUsage(probe.condition, draft.symbols, usage);
  forEachScriptFunction(draft, (_, { block }) => {
    mergeUsage(draft.usages.of(block), usage);
  });
  return usage;
}

function isUsed({ warn }: OptimiseContext, variable: VariableSymbol, usage: Usage): boolean {
  if (usage.read.has(variable) || usage.written.has(variable)) return true;
  warn('unused-variable', `Eliding unused variable '${variable.name}'`, variable.token);
  return false;
}

function warnNeverAssigned(
  { firstRound, warn, givenGlobals }: OptimiseContext,
  kind: 'local' | 'global',
  variable: VariableSymbol,
  names: readonly string[],
): void {
  if (!firstRound || variable.token.file.origin !== 'script') return;
  if (kind === 'global' && givenGlobals?.has(variable.name) === true) return;
  const similar = similarNames(variable.name, names);
  const hint = similar === '' ? '' : ` (similar: ${similar})`;
  warn('never-assigned', `never-assigned ${kind} variable '${variable.name}'${hint}`, variable.token);
}
