import type { DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import type { Draft } from '../draft.ts';
import { inferContradictions } from '../infer-program.ts';
import { dropEffectFreeStatements } from './effect-free-statements.ts';
import { dropEmptyProbes } from './empty-probes.ts';
import { foldConstants } from './fold-constants.ts';
import { createContext, type OptimiseContext } from './optimise-context.ts';
import { dropUnreachableStatements } from './unreachable-statements.ts';
import { dropUnreadAssignments } from './unread-assignments.ts';
import { dropUnusedFunctions } from './unused-functions.ts';
import { dropUnusedVariables } from './unused-variables.ts';
import { reduceVoidExpressions } from './void-expressions.ts';

/** How far to go, and who listens. */
export interface OptimiseOptions {
  /** `-u`: constants are still folded, because `@defined` needs it; nothing is elided. */
  readonly unoptimized: boolean;
  /** Verbosity of pass 2; from 3 on every round warns. */
  readonly verbosity: number;
  readonly sink: DiagnosticSink;
  readonly note: (line: string) => void;
  /** Globals that have a value from the command line. */
  readonly givenGlobals?: ReadonlySet<string> | undefined;
}

type Pass = (context: OptimiseContext) => boolean;

/** In the order SystemTap runs them, which is the order of their warnings. */
const ELIDING_PASSES: readonly Pass[] = [
  dropUnusedFunctions,
  dropUnusedVariables,
  dropUnreadAssignments,
  dropEffectFreeStatements,
  reduceVoidExpressions,
];

/**
 * Simplifies the program until nothing changes any more. Types that contradict each other are looked for before
 * constants are folded, so that they are found in code that is never run too; returns how many were reported.
 */
export function optimise(draft: Draft, options: OptimiseOptions): number {
  const { unoptimized, verbosity, sink, note } = options;
  let changed = true;
  for (let round = 0; changed; round++) {
    changed = false;
    const context = {
      ...createContext(draft, sink, note, round === 0, round > 0 && verbosity < 3),
      givenGlobals: options.givenGlobals,
    };
    if (!unoptimized) for (const pass of ELIDING_PASSES) changed = pass(context) || changed;
    if (round === 0) {
      const contradictions = inferContradictions(draft);
      for (const diagnostic of contradictions) sink.report(diagnostic);
      if (contradictions.length > 0) return contradictions.length;
    }
    changed = foldConstants(context) || changed;
    if (!unoptimized) changed = dropUnreachableStatements(context) || changed;
  }
  if (!unoptimized) dropEmptyProbes(createContext(draft, sink, note, true, false));
  return 0;
}
