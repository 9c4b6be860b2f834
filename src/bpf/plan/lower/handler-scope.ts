import type { Expression } from '../../../ast/expression.ts';
import type { Statement } from '../../../ast/statement.ts';
import { describePlace, describeToken } from '../../../diagnostic/render.ts';
import type { FormatPart } from '../../../module/format.ts';
import type { Limits } from '../../../module/limits.ts';
import type { Bindings, DerivedProbe, FunctionSymbol, VariableSymbol } from '../../../semantic/program.ts';
import type { Token } from '../../../source/token.ts';
import type { KernelStatement, KernelValue, LongExpression, StringExpression } from '../../ir.ts';
import type { EventSource } from '../event-source.ts';
import { constant } from '../fold.ts';
import { assignedIn, assignedInExpression } from '../locals.ts';
import { refuse } from './cannot-lower.ts';
import type { KernelTables } from './global-table.ts';

/** What one handler is lowered with. */
export interface HandlerFacts {
  readonly bindings: Bindings;
  readonly limits: Limits;
  readonly source: EventSource;
  readonly tables: KernelTables;
  /** Index of the module's probe. */
  readonly probe: number;
  readonly derived: DerivedProbe;
  /** Statistics of which the variance is wanted. */
  readonly variances: ReadonlySet<VariableSymbol>;
}

/** A local as it is at some point of the body; with a slot, the value is what that slot holds. */
interface LocalPlace {
  readonly value: KernelValue;
  readonly hasSlot: boolean;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type StatementContent = DistributiveOmit<KernelStatement, 'place'>;

/** Functions within functions are followed this deep. */
const MAX_DEPTH = 16;
/** A handler with more statements is no gain, and hard on the verifier. */
const MAX_STATEMENTS = 400;

/** How expressions and statements are lowered; they contain each other, so each gets at both through the scope. */
export interface Lowering {
  readonly value: (scope: HandlerScope, expression: Expression) => KernelValue;
  readonly statement: (scope: HandlerScope, statement: Statement) => void;
}

/** State of lowering one handler: where statements go, slots, and what locals are. */
export class HandlerScope {
  readonly facts: HandlerFacts;
  readonly #lowering: Lowering;
  /** Actions that a run takes at most, without those of loops. */
  actions = 0;
  loopDepth = 0;
  /** Something that was lowered may end in an error, other than that an array is full. */
  mayFail = false;
  /** The probe whose body is lowered. */
  #current: DerivedProbe;
  #statements: KernelStatement[] = [];
  #total = 0;
  #token: Token;
  #longSlots = 0;
  #stringSlots = 0;
  /** Whether exit() was called; slots begin as 0. */
  #exits: KernelValue | undefined;
  #locals = new Map<VariableSymbol, LocalPlace>();
  readonly #calls: FunctionSymbol[] = [];

  constructor(facts: HandlerFacts, lowering: Lowering) {
    this.facts = facts;
    this.#lowering = lowering;
    this.#token = facts.derived.token;
    this.#current = facts.derived;
  }

  get longSlots(): number {
    return this.#longSlots;
  }

  get stringSlots(): number {
    return this.#stringSlots;
  }

  /** Value of an expression; what it does besides is emitted first. */
  value(expression: Expression): KernelValue {
    return this.#lowering.value(this, expression);
  }

  /** Lowers a statement that does not leave the body. */
  statement(statement: Statement): void {
    this.#lowering.statement(this, statement);
  }

  /** The probe whose body is lowered, one of those merged at a point. */
  get current(): DerivedProbe {
    return this.#current;
  }

  /** The body of this probe begins. */
  enter(probe: DerivedProbe): void {
    this.#current = probe;
    this.#token = probe.token;
  }

  /** Statements from here on are at this place of the script. */
  at(token: Token): void {
    this.#token = token;
  }

  emit(content: StatementContent): void {
    this.#total += 1;
    if (this.#total > MAX_STATEMENTS) refuse('is too long');
    this.#statements.push({ ...content, place: describePlace(this.#token) });
  }

  /** What `write` emits, apart. */
  collect<T>(write: () => T): { readonly result: T; readonly statements: readonly KernelStatement[] } {
    const outer = this.#statements;
    this.#statements = [];
    const result = write();
    const statements = this.#statements;
    this.#statements = outer;
    return { result, statements };
  }

  /** Statements that were collected, here. */
  append(statements: readonly KernelStatement[]): void {
    this.#statements.push(...statements);
  }

  newLong(): number {
    return this.#longSlots++;
  }

  /** What a new slot holds. */
  newSlot(type: KernelValue['type']): KernelValue {
    return type === 'long'
      ? { type, value: { kind: 'local', slot: this.newLong() } }
      : { type, value: { kind: 'local-string', slot: this.#stringSlots++ } };
  }

  /** Puts a value into the slot that `place` reads. */
  store(place: KernelValue, value: KernelValue): void {
    if (place.value.kind === 'local' && value.type === 'long')
      this.emit({ kind: 'set-local', slot: place.value.slot, value: value.value });
    else if (place.value.kind === 'local-string' && value.type === 'string')
      this.emit({ kind: 'set-local-string', slot: place.value.slot, value: value.value });
    else refuse('takes a string for a number');
  }

  /** A value kept in a slot of its own, unless it never changes. */
  settled(value: KernelValue): KernelValue {
    if (isFixed(value)) return value;
    return this.kept(value);
  }

  /** A value in a slot of its own. */
  kept(value: KernelValue): KernelValue {
    const slot = this.newSlot(value.type);
    this.store(slot, value);
    return slot;
  }

  /**
   * Locals of a body at its beginning. Those that are assigned in its straight text only have a value that is known from
   * one statement to the next; the others have a slot.
   */
  beginLocals(symbols: readonly VariableSymbol[], body: Statement): void {
    const inBranches = assignedInBranches(body, this.facts.bindings);
    for (const symbol of symbols) {
      if (symbol.type === 'unknown') continue;
      if (symbol.type === 'stats' || (symbol.arity ?? 0) > 0) refuse(`uses ${symbol.name}`);
      const initial: KernelValue =
        symbol.type === 'string'
          ? { type: 'string', value: { kind: 'literal', text: '' } }
          : { type: 'long', value: constant(0) };
      this.define(symbol, initial, inBranches.has(symbol));
    }
  }

  /** Gives a local its first value. */
  define(symbol: VariableSymbol, value: KernelValue, hasSlot: boolean): void {
    const place = hasSlot ? { value: this.kept(value), hasSlot } : { value: this.settled(value), hasSlot };
    this.#locals.set(symbol, place);
  }

  assign(symbol: VariableSymbol, value: KernelValue): void {
    const place = this.#locals.get(symbol);
    if (place?.hasSlot !== true) {
      this.#locals.set(symbol, { value: this.settled(value), hasSlot: false });
      return;
    }
    this.store(place.value, value);
  }

  /** Value of a local. */
  localValue(symbol: VariableSymbol): KernelValue {
    return this.#locals.get(symbol)?.value ?? refuse(`uses ${symbol.name}`);
  }

  /** What `write` emits, apart, and without what it learns of locals. */
  branch(write: () => void): readonly KernelStatement[] {
    const outer = this.#locals;
    this.#locals = new Map(outer);
    const { statements } = this.collect(write);
    this.#locals = outer;
    return statements;
  }

  /** Runs `write` with locals of its own, as a call of that function. */
  inside<T>(symbol: FunctionSymbol, write: () => T): T {
    if (this.#calls.includes(symbol)) refuse(`calls ${symbol.name}, which calls itself`);
    if (this.#calls.length >= MAX_DEPTH) refuse('calls functions too deep');
    const outer = this.#locals;
    this.#locals = new Map();
    this.#calls.push(symbol);
    const result = write();
    this.#calls.pop();
    this.#locals = outer;
    return result;
  }

  /** exit() ends the script when the handler is done: what it prints until then is still part of it. */
  exitAtEnd(): void {
    this.#exits ??= this.newSlot('long');
    this.store(this.#exits, { type: 'long', value: constant(1) });
  }

  /** To be called where the handler ends. */
  finish(): void {
    if (this.#exits?.type !== 'long') return;
    const then = [{ kind: 'exit', place: describePlace(this.#token) } as const];
    this.emit({ kind: 'if', condition: this.#exits.value, then, else: [] });
  }

  /** Index of an error at this token; `%d` and so on of its text stand for the arguments. */
  error(
    token: Token,
    parts: readonly FormatPart[],
    args: readonly ('long' | 'string')[] = [],
    callee?: Token,
  ): number {
    this.mayFail = true;
    return this.#errorAt(token, parts, args, callee);
  }

  /** Likewise, that an array is full. */
  overflow(token: Token, text: string): number {
    return this.#errorAt(token, [textPart(text)], []);
  }

  #errorAt(
    token: Token,
    parts: readonly FormatPart[],
    args: readonly ('long' | 'string')[],
    callee?: Token,
  ): number {
    const place = statementText(token);
    const statement = callee === undefined ? place : `${statementText(callee)} (called from ${place})`;
    return this.facts.tables.error({ probe: this.facts.probe, parts, arguments: args, statement });
  }
}

/** Text that is the same for everyone. */
export function textPart(text: string): FormatPart {
  return { kind: 'text', text };
}

/** `%d`, `%s` and so on. */
export function conversionPart(
  conversion: Extract<FormatPart, { kind: 'conversion' }>['conversion'],
): FormatPart {
  return { kind: 'conversion', conversion, flag: '', width: undefined, precision: undefined };
}

/** The same whenever it is evaluated in a run of the handler, and cheap. */
export function isFixed({ value }: KernelValue): boolean {
  return isFixedExpression(value);
}

function isFixedExpression(expression: LongExpression | StringExpression): boolean {
  switch (expression.kind) {
    case 'constant':
    case 'literal':
    case 'argument':
    case 'syscall-argument':
    case 'syscall-number':
    case 'syscall-result':
    case 'result':
    case 'register':
    case 'execname':
      return true;
    case 'fact':
      return STABLE_FACTS.has(expression.fact);
    default:
      return false;
  }
}

const STABLE_FACTS: ReadonlySet<string> = new Set(['pid', 'tid', 'uid', 'gid', 'cpu', 'task', 'cgroup']);

/** A statement as error reports name it: `operator '/' at FILE:L:C`. */
function statementText(token: Token): string {
  return `${describeToken(token)} at ${describePlace(token)}`;
}

/** Locals that are assigned elsewhere than by a statement of the body itself. */
function assignedInBranches(body: Statement, bindings: Bindings): ReadonlySet<VariableSymbol> {
  if (body.kind === 'block')
    return new Set(body.statements.flatMap((child) => [...assignedInBranches(child, bindings)]));
  if (body.kind !== 'expression-statement') return assignedIn(body, bindings);
  const { expression } = body;
  const inner =
    expression.kind === 'assignment'
      ? expression.value
      : expression.kind === 'update'
        ? undefined
        : expression;
  return inner === undefined ? new Set() : assignedInExpression(inner, bindings);
}
