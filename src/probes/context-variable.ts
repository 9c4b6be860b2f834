import type { Expression } from '../ast/expression.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { TypeFacts } from './kernel-facts.ts';

/**
 * A function that a probe family puts in place of a context variable such as `$value`. The callee leaf of the
 * synthesised call is its key; name resolution makes a function symbol of it.
 */
export interface ContextCallee {
  /** Name shown by -p2, `__private__input___procfs_value_set1`. */
  readonly mangledName: string;
  /** Run-time function, `procfs_value_get`, `procfs_value_set`, `procfs_value_append`. */
  readonly intrinsic: string;
  readonly parameters: readonly { readonly name: string; readonly type: 'long' | 'string' }[];
  readonly returnType: 'long' | 'string';
  readonly pure: boolean;
  readonly stable: boolean;
}

/**
 * Context variables that the family refused, each with the reason. `@defined` of one is 0; one that is left
 * after optimisation is an error with that reason as cause.
 */
export type UnresolvedTargets = ReadonlyMap<Expression, Diagnostic>;

/** What C knows about an expression whose value is an address. */
export interface PointerFacts {
  /** The type it points to. */
  readonly to: TypeFacts;
  /** Memory of the kernel, or of the process at hand. */
  readonly space: 'kernel' | 'user';
}
