import type { KernelProgramSource } from '../../ir.ts';
import { constant, constantValue } from '../fold.ts';
import { CannotLower, refuse } from './cannot-lower.ts';
import { HandlerScope, type HandlerFacts } from './handler-scope.ts';
import { lowerStatement } from './statements.ts';
import { lowerValue } from './values.ts';
import { lowerSequence } from './sequence.ts';
import { lowerLong } from './operands.ts';

/** A handler as statements for the kernel, or what keeps it out of there, as `calls sprintf`. */
export type LoweredHandler =
  { readonly handler: NonNullable<KernelProgramSource['handler']> } | { readonly reason: string };

/** Lowers the handler of a probe. What it uses, prints and fails with is added to the tables. */
export function lowerHandler(facts: HandlerFacts): LoweredHandler {
  const { derived, limits } = facts;
  const scope = new HandlerScope(facts, { value: lowerValue, statement: lowerStatement });
  try {
    const { statements } = scope.collect(() => {
      const condition = derived.condition ? lowerLong(scope, derived.condition) : constant(1);
      const isAlways = constantValue(condition) !== undefined && constantValue(condition) !== 0;
      if (isAlways) bodies(scope);
      else scope.emit({ kind: 'if', condition, then: scope.branch(() => bodies(scope)), else: [] });
    });
    if (scope.actions > limits.MAXACTION) return { reason: 'may take more than MAXACTION actions' };
    return { handler: { statements, longSlots: scope.longSlots, stringSlots: scope.stringSlots } };
  } catch (error) {
    if (!(error instanceof CannotLower)) throw error;
    return { reason: error.message };
  }
}

/** All bodies of the point one after the other; `next` ends only the one at hand, and so would an error. */
function bodies(scope: HandlerScope): void {
  const { derived } = scope.facts;
  for (const [index, probe] of [derived, ...(derived.merged ?? [])].entries()) {
    if (index > 0 && scope.mayFail) refuse('may fail before another handler of the same point');
    scope.enter(probe);
    scope.beginLocals(probe.locals, probe.body);
    lowerSequence(scope, probe.body.statements, () => undefined);
  }
  scope.finish();
}
