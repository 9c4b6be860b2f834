import type { Call, Expression } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { childExpressions, statementExpressions } from '../../ast/walk.ts';
import type { CapturedPiece, WordName } from '../../module/event-record.ts';
import type { Bindings, DerivedProbe, FunctionSymbol } from '../../semantic/program.ts';
import type { CaptureBody, LongExpression, PieceSource } from '../ir.ts';
import { ClosedEvaluator, spaceOf } from './closed-expression.ts';
import { asWordName, FUNCTION_WORDS, type EventSource } from './event-source.ts';
import { handlerFilter } from './filter.ts';
import { constantValue, structureKey } from './fold.ts';
import {
  assignedIn,
  assignedInExpression,
  initialLocals,
  joinLocals,
  withLocal,
  withoutLocals,
  type Locals,
} from './locals.ts';

const MAX_PIECES = 32;
/** Data of all pieces of a record. */
const MAX_DATA_BYTES = 16_384;
const MAX_PIECE_BYTES = 4096;
/** Captured where only the event tells how much a handler reads: as much as a string holds without an option. */
const UNKNOWN_BYTES = 512;
/** Return addresses of a stack, as the kernel limits them. */
const STACK_BYTES = 127 * 8;
/** Expressions and statements looked at, those of functions each time they are called. */
const MAX_VISITS = 20_000;
const MAX_DEPTH = 8;

/**
 * What the record of an event must hold so that the deferred handler of the probe, and those merged into it, find
 * what they ask for. The best that can be told before the event; what is missing is read late.
 */
export function planCaptures(probe: DerivedProbe, bindings: Bindings, source: EventSource): CaptureBody {
  const collector = new CaptureCollector(bindings, source);
  for (const { body, locals } of [probe, ...(probe.merged ?? [])])
    collector.statement(body, initialLocals(locals));
  const filter = handlerFilter(probe, bindings, source);
  return { ...(filter && { filter }), ...collector.captures() };
}

/** Walks bodies in the order of their text; answers what locals are known behind a statement, undefined when nothing follows. */
class CaptureCollector {
  readonly #bindings: Bindings;
  readonly #source: EventSource;
  readonly #evaluator: ClosedEvaluator;
  readonly #words = new Map<WordName, LongExpression>();
  readonly #pieces = new Map<string, { readonly piece: CapturedPiece; readonly source: PieceSource }>();
  readonly #called: FunctionSymbol[] = [];
  #dataBytes = 0;
  #visits = 0;

  constructor(bindings: Bindings, source: EventSource) {
    this.#bindings = bindings;
    this.#source = source;
    this.#evaluator = new ClosedEvaluator(bindings, source, true);
  }

  captures(): Pick<CaptureBody, 'layout' | 'words' | 'pieces'> {
    const pieces = [...this.#pieces.values()];
    return {
      layout: { words: [...this.#words.keys()], pieces: pieces.map(({ piece }) => piece) },
      words: [...this.#words.values()],
      pieces: pieces.map(({ source }) => source),
    };
  }

  statement(statement: Statement, locals: Locals): Locals | undefined {
    this.#visits += 1;
    if (this.#visits > MAX_VISITS) return undefined;
    switch (statement.kind) {
      case 'block': {
        let known: Locals | undefined = locals;
        for (const child of statement.statements) known &&= this.statement(child, known);
        return known;
      }
      case 'if': {
        const before = this.#expression(statement.condition, locals);
        const condition = this.#evaluator.long(statement.condition, locals);
        const first = this.statement(statement.consequent, before);
        const second = statement.alternate ? this.statement(statement.alternate, before) : before;
        return first && second ? joinLocals(first, second, condition) : (first ?? second);
      }
      case 'for': {
        const start = statement.init ? this.statement(statement.init, locals) : locals;
        return (
          start &&
          this.#loop(statement, start, [statement.body, ...(statement.update ? [statement.update] : [])])
        );
      }
      case 'foreach':
        return this.#loop(statement, locals, [statement.body]);
      case 'try': {
        const end = this.statement(statement.body, locals);
        const unknown = withoutLocals(locals, assignedIn(statement, this.#bindings));
        const handled = this.statement(statement.handler, unknown);
        return end && handled ? joinLocals(end, handled, undefined) : (end ?? handled);
      }
      case 'return':
      case 'next':
      case 'break':
      case 'continue':
        this.#expressions(statementExpressions(statement), locals);
        return undefined;
      case 'delete': {
        const after = this.#expression(statement.operand, locals);
        return withoutLocals(after, assignedIn(statement, this.#bindings));
      }
      case 'expression-statement':
        return this.#expression(statement.expression, locals);
      case 'null':
        return locals;
    }
  }

  /** What a loop assigns is not known in it, nor behind it. */
  #loop(loop: Statement, locals: Locals, parts: readonly Statement[]): Locals {
    const unknown = withoutLocals(locals, assignedIn(loop, this.#bindings));
    this.#expressions(statementExpressions(loop), unknown);
    for (const part of parts) this.statement(part, unknown);
    return unknown;
  }

  #expressions(expressions: readonly Expression[], locals: Locals): Locals {
    return expressions.reduce((known, expression) => this.#expression(expression, known), locals);
  }

  #expression(expression: Expression, locals: Locals): Locals {
    this.#visits += 1;
    if (this.#visits > MAX_VISITS) return new Map();
    switch (expression.kind) {
      case 'logical':
      case 'conditional': {
        const [first, ...rest] = childExpressions(expression);
        const before = first ? this.#expression(first, locals) : locals;
        for (const part of rest) this.#expression(part, before);
        return withoutLocals(
          before,
          rest.flatMap((part) => [...assignedInExpression(part, this.#bindings)]),
        );
      }
      case 'assignment': {
        const { target, value } = expression;
        const after = this.#expression(
          value,
          target.kind === 'variable' ? locals : this.#expression(target, locals),
        );
        if (target.kind !== 'variable') return after;
        const symbol = this.#bindings.variable(target);
        if (symbol.scope === 'global') return after;
        const isPlain = expression.operator === '=';
        return withLocal(after, symbol, isPlain ? this.#evaluator.value(value, locals) : undefined);
      }
      case 'update':
        return withoutLocals(
          this.#expression(expression.operand, locals),
          assignedInExpression(expression, this.#bindings),
        );
      case 'call': {
        const after = this.#expressions(expression.args, locals);
        this.#call(expression, locals);
        return after;
      }
      default:
        return this.#expressions(childExpressions(expression), locals);
    }
  }

  #call(call: Call, locals: Locals): void {
    for (const symbol of this.#bindings.functions(call.callee)) {
      if (symbol.body.kind === 'intrinsic') this.#intrinsic(symbol.body.name, call.args, locals);
      if (symbol.body.kind !== 'script') continue;
      if (this.#called.includes(symbol) || this.#called.length >= MAX_DEPTH) continue;
      let inner = initialLocals([...symbol.locals, ...symbol.parameters]);
      for (const [index, parameter] of symbol.parameters.entries()) {
        const argument = call.args[index];
        inner = withLocal(inner, parameter, argument && this.#evaluator.value(argument, locals));
      }
      this.#called.push(symbol);
      this.statement(symbol.body.block, inner);
      this.#called.pop();
    }
  }

  #intrinsic(name: string, args: readonly Expression[], locals: Locals): void {
    for (const word of FUNCTION_WORDS[name] ?? []) this.#word(word);
    switch (name) {
      case 'event_word': {
        const [literal] = args;
        const word = literal?.kind === 'string' ? asWordName(literal.value) : undefined;
        if (word !== undefined) this.#word(word);
        return;
      }
      case 'kernel_read':
      case 'user_read':
      case 'kernel_read_bytes':
      case 'user_read_bytes':
        this.#memory('bytes', name, args, locals);
        return;
      case 'kernel_read_string':
      case 'user_read_string':
        this.#memory('string', name, args, locals);
        return;
      case 'kernel_stack':
      case 'user_stack':
        this.#piece({ space: spaceOf(name), kind: 'stack', size: STACK_BYTES }, { kind: 'stack' });
    }
  }

  #word(name: WordName): void {
    const value = this.#source.word(name);
    if (value !== undefined) this.#words.set(name, value);
  }

  #memory(kind: 'bytes' | 'string', name: string, args: readonly Expression[], locals: Locals): void {
    const [address, size] = args.slice(0, 2).map((argument) => this.#evaluator.long(argument, locals));
    if (address === undefined) return;
    const bytes = size === undefined ? UNKNOWN_BYTES : (constantValue(size) ?? UNKNOWN_BYTES);
    if (typeof bytes !== 'number' || bytes < 1 || bytes > MAX_PIECE_BYTES) return;
    this.#piece({ space: spaceOf(name), kind, size: bytes }, { kind: 'memory', address });
  }

  /** One piece for each address; the largest of its sizes. */
  #piece(piece: CapturedPiece, source: PieceSource): void {
    const place = source.kind === 'memory' ? structureKey(source.address) : '';
    const key = `${piece.space} ${piece.kind} ${place}`;
    const known = this.#pieces.get(key)?.piece.size;
    if (known !== undefined && known >= piece.size) return;
    const more = roomFor(piece.size) - roomFor(known ?? 0);
    if (this.#dataBytes + more > MAX_DATA_BYTES) return;
    if (known === undefined && this.#pieces.size >= MAX_PIECES) return;
    this.#dataBytes += more;
    this.#pieces.set(key, { piece, source });
  }
}

/** Data of pieces begin at multiples of 8. */
function roomFor(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
