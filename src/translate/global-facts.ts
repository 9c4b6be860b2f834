import type { CompiledGlobal } from '../module/compiled-module.ts';
import type { CheckedProgram, VariableSymbol } from '../semantic/program.ts';
import { DeclarationComments } from '../source/declaration-comments.ts';
import type { SourceFile } from '../source/source-file.ts';
import { globalUses, type GlobalUses } from './global-uses.ts';
import { keyNames } from './key-names.ts';

/** What is known about a global beside its type. What tools want to show is known of those of the script only. */
export type GlobalFacts = Pick<CompiledGlobal, 'documentation' | 'keyNames' | 'onlyGrows' | 'varianceShift'>;

/** The facts about each global, where there are any. */
export function globalFacts(program: CheckedProgram): ReadonlyMap<VariableSymbol, GlobalFacts> {
  if (program.globals.length === 0) return new Map();
  const uses = globalUses(program);
  const facts = new Map<VariableSymbol, GlobalFacts>(shownFacts(program, uses));
  for (const [symbol, varianceShift] of uses.varianceShifts)
    facts.set(symbol, { ...facts.get(symbol), varianceShift });
  return facts;
}

function shownFacts(
  program: CheckedProgram,
  { keys, growing }: GlobalUses,
): (readonly [VariableSymbol, GlobalFacts])[] {
  const globals = program.globals.filter(({ token }) => token.file.origin === 'script');
  const documentation = documentationFinder();
  return globals.map((symbol) => {
    const text = documentation(symbol);
    const arity = symbol.arity ?? 0;
    return [
      symbol,
      {
        ...(text !== undefined && { documentation: text }),
        ...(arity > 0 && { keyNames: keyNames(arity, keys.get(symbol) ?? []) }),
        ...(growing.has(symbol) && startsAsCounter(symbol) && { onlyGrows: true }),
      },
    ];
  });
}

/** Reads each file once. */
function documentationFinder(): (symbol: VariableSymbol) => string | undefined {
  const files = new Map<SourceFile, DeclarationComments>();
  return ({ name, token }) => {
    let comments = files.get(token.file);
    if (comments === undefined) files.set(token.file, (comments = new DeclarationComments(token.file)));
    return comments.of(name, token.line, token.column);
  };
}

/** An array that drops elements counts each of them anew; a number below zero is no count. */
function startsAsCounter({ type, declaration }: VariableSymbol): boolean {
  const initial = declaration?.initial;
  if (type !== 'long' || declaration?.wrap === true) return false;
  return initial === undefined || (initial.kind === 'number' && initial.value >= 0);
}
