import type { ProbePoint } from '../ast/declaration.ts';
import type { Callee, Expression } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import type { Int64 } from '../int64/int64.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import type { ContextCallee, PointerFacts, UnresolvedTargets } from './context-variable.ts';

/**
 * One family of probe points that the compiler itself knows: how they are written, what makes them fire, and
 * which context variables their handlers have.
 */
export interface ProbeFamily {
  readonly name: string;
  /** Accepted forms, `procfs(string).umask(number).read`; an argument is `(string)` or `(number)`. */
  readonly patterns: readonly string[];
  /** Open to `--privilege=stapusr`. */
  readonly unprivileged: boolean;
  /** Left out of `--dump-probe-types`: forms that SystemTap makes by aliases. */
  readonly unlisted?: boolean;
  /**
   * The points that a point with wildcards in its arguments stands for; absent when the family knows none.
   * @throws DiagnosticError when nothing matches
   */
  readonly matches?: (point: ProbePoint) => readonly ProbePoint[];
  /**
   * Makes the event of a point that matches one of the patterns.
   * @throws DiagnosticError when an argument is not acceptable
   */
  readonly build: (point: ProbePoint) => ProbeEvent;
  /** Context variables of a handler with their types, as `-L` lists them: `$arg1:long`. */
  readonly listVariables?: (event: ProbeEvent) => readonly string[];
  /**
   * The entry that belongs to a return, where the operands of `@entry` are evaluated; undefined for other events. The
   * point is the one that `event` was built from.
   */
  readonly entry?: (point: ProbePoint, event: ProbeEvent) => EntryOfReturn | undefined;
  /** Replaces the context variables of a handler body; absent when the family has none. */
  readonly expandContext?: (body: Block, event: ProbeEvent, names: ContextNames) => ExpandedBody;
}

/** Where values are taken that the handler of a return asks for. */
export interface EntryOfReturn {
  readonly point: ProbePoint;
  readonly event: ProbeEvent;
  /** Does a context variable (`$name`) of the return mean its value at the entry, as if `@entry` were around it? */
  readonly keeps?: (name: string) => boolean;
  /**
   * Does the return know an operand of `@entry` as it was at the entry, so that nothing needs to be kept? The operand is
   * asked for by its text: `$count`, `pointer_arg(2)`.
   */
  readonly remains?: (operand: string) => boolean;
}

/** A body after its context variables were replaced. */
export interface ExpandedBody {
  readonly body: Block;
  readonly contextCallees: ReadonlyMap<Callee, ContextCallee>;
  readonly unresolvedTargets: UnresolvedTargets;
  /** What expressions in the new body point to, where C tells; for `->` behind locals they are assigned to. */
  readonly pointers?: ReadonlyMap<Expression, PointerFacts>;
}

/**
 * Gives the name that dumps show for a function put in place of a context variable: private to the file, numbered
 * over the whole script, one name for all uses of the same kind in a file.
 */
export type ContextNames = (fileName: string, kind: string) => string;

/** Value of the numeric argument of the component with that name; undefined when the point has no such component. */
export function numberArgument(point: ProbePoint, name: string): Int64 | undefined {
  const argument = point.components.find((component) => component.name === name)?.argument;
  return argument?.kind === 'number' ? argument.value : undefined;
}

/** Value (escapes decoded) of the string argument of the component with that name. */
export function stringArgument(point: ProbePoint, name: string): string | undefined {
  const argument = point.components.find((component) => component.name === name)?.argument;
  return argument?.kind === 'string' ? argument.value : undefined;
}

/** Does the point have a component of that name, with or without an argument? */
export function hasComponent(point: ProbePoint, name: string): boolean {
  return point.components.some((component) => component.name === name);
}
