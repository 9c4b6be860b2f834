import type {
  AliasDeclaration,
  EmbeddedCode,
  FunctionDeclaration,
  GlobalDeclaration,
  ProbeDeclaration,
  ProbePoint,
} from '../ast/declaration.ts';
import type { Callee, Expression, Variable } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import type { ContextCallee, UnresolvedTargets } from '../probes/context-variable.ts';
import type { Token } from '../source/token.ts';
import type { UnavailableReason } from '../tapset/unavailable.ts';

/** Types of the language; `unknown` until inference finds one. */
export type ValueType = 'long' | 'string' | 'stats' | 'unknown';

/**
 * A variable of the program. Identity object: bindings and later stages compare it by reference.
 * Inference fills `type` and `keyTypes`; nothing else changes after resolution.
 */
export interface VariableSymbol {
  readonly scope: 'global' | 'local' | 'parameter';
  readonly name: string;
  /** Name used in dumps at high verbosity and for private globals: `__global_x`, `__private_<file>_x`. */
  readonly mangledName: string;
  readonly token: Token;
  /** Only globals. */
  readonly declaration?: GlobalDeclaration;
  /** Number of keys; 0 for a scalar, undefined while no use has told. */
  arity: number | undefined;
  type: ValueType;
  keyTypes: ValueType[];
  /** Statistics only: what its extractors need. */
  histogram?: HistogramShape;
  /** `@variance` bit shift; 0 by default. */
  varianceShift: number;
}

/** A function: its body is script code, or the name of a function of the run time. */
export interface FunctionSymbol {
  readonly name: string;
  readonly mangledName: string;
  readonly token: Token;
  readonly parameters: readonly VariableSymbol[];
  locals: readonly VariableSymbol[];
  returnType: ValueType;
  /** Candidates of a call are tried in ascending order. */
  readonly priority: number;
  readonly declaration?: FunctionDeclaration;
  body:
    | { readonly kind: 'script'; readonly block: Block }
    /** Implemented by the run time's table of that name (runtime/intrinsics). */
    | { readonly kind: 'intrinsic'; readonly name: string }
    /** Known, but nothing of this version can answer it; a call that stays in the program is an error. */
    | { readonly kind: 'unavailable'; readonly reason: UnavailableReason };
  /** No side effect: a call whose value is unused may be dropped. */
  readonly pure: boolean;
  /** Same value during one handler run. */
  readonly stable: boolean;
  /** Pragma comments of an embedded body without the delimiters (`pure`, `stable`, `unprivileged`), sorted; for dumps. */
  readonly pragmas?: readonly string[];
}

/** One step of a derivation, for `/* <- … *\/` comments and messages. */
export interface DerivationStep {
  readonly point: ProbePoint;
  /** The alias this step came from; undefined for the probe itself. */
  readonly alias?: AliasDeclaration;
}

/** A probe after alias expansion: one resolved point, one merged body. */
export interface DerivedProbe {
  readonly event: ProbeEvent;
  /** The resolved point with its suffixes; what pp() prints. */
  readonly point: ProbePoint;
  /**
   * The resolved point, then each alias it came through, innermost first, with the point that used it. What the
   * user wrote ends the list in dumps: `declaration.points`.
   */
  readonly chain: readonly DerivationStep[];
  /** Name as the script writes it (alias name); what pn() prints. */
  readonly scriptPoint: ProbePoint;
  /** Synthetic probes (automatic display, -T, condition set-up) are not listed in messages. */
  readonly synthetic: boolean;
  readonly declaration: ProbeDeclaration;
  /** The keyword `probe`, or behind an alias the name by which the innermost alias was used. */
  readonly token: Token;
  condition?: Expression;
  locals: readonly VariableSymbol[];
  body: Block;
  /** Calls that the probe family put in place of context variables, and the ones it could not place. */
  readonly contextCallees: ReadonlyMap<Callee, ContextCallee>;
  readonly unresolvedTargets: UnresolvedTargets;
  /** Context variables that a handler of this point may use, as `-L` lists them; absent when there are none. */
  readonly listVariables?: () => readonly string[];
  /**
   * Further probes at the identical point, merged into this one; they are not in `CheckedProgram.probes`.
   * When the event fires, this probe's body and then the body of each of these run in order, in one invocation with
   * one action budget, each with its own locals, `pn()` and no condition. `next` or a run-time error ends only the
   * body at hand; after the last body the last error raised (if its text is not empty) ends the handler. `exit()`
   * stops nothing; `abort()` and `MAXACTION exceeded` stop the rest. Absent when nothing was merged.
   */
  merged?: readonly DerivedProbe[];
}

/** What pass 2 hands on. `bindings` maps every leaf of every body to its symbol. */
export interface CheckedProgram {
  readonly globals: readonly VariableSymbol[];
  readonly functions: readonly FunctionSymbol[];
  readonly probes: readonly DerivedProbe[];
  readonly embeds: readonly EmbeddedCode[];
  readonly bindings: Bindings;
}

/** Side table keyed by leaf identity. A callee maps to its candidates in calling order. */
export interface Bindings {
  variable(leaf: Variable): VariableSymbol;
  functions(leaf: Callee): readonly FunctionSymbol[];
}
