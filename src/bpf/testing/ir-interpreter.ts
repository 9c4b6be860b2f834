import { add, div, mul, neg, rem, sub } from '../../int64/arithmetic.ts';
import { and, not, or, shl, shr, ushr, xor } from '../../int64/bits.ts';
import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import type { KernelStatement, KernelValue, LongExpression, PrimitiveFact, StringExpression } from '../ir.ts';

type Value = Int64 | string;
type BinaryOperator = Extract<LongExpression, { kind: 'binary' }>['operator'];

/** What a handler sees of its event. */
export interface InterpretedEvent {
  readonly arguments: readonly Int64[];
  readonly execname: string;
  readonly fact: (fact: PrimitiveFact) => Int64;
  /** The bytes, undefined when they cannot be read. */
  readonly memory: (space: 'kernel' | 'user', address: Int64, size: number) => Buffer | undefined;
  /** Up to a NUL, at most `size` bytes with it. */
  readonly text: (space: 'kernel' | 'user', address: Int64, size: number) => string | undefined;
}

/** What a handler wrote, in its order. */
export type InterpretedRecord =
  | { readonly kind: 'print' | 'error'; readonly index: number; readonly arguments: readonly Value[] }
  | { readonly kind: 'exit' };

/** Globals by what statements name them with; keys as JSON. */
export class InterpretedGlobals {
  readonly cells = new Map<number, Int64>();
  readonly arrays = new Map<number, Map<string, Value>>();
  readonly statistics = new Map<string, Int64[]>();

  array(global: number): Map<string, Value> {
    const array = this.arrays.get(global) ?? new Map<string, Value>();
    this.arrays.set(global, array);
    return array;
  }
}

export interface InterpretedLimits {
  /** MAXSTRINGLEN. */
  readonly maxStringLength: number;
  /** Most elements of an array. */
  readonly maxElements: number;
}

const BINARY: Readonly<Record<Exclude<BinaryOperator, '/' | '%'>, (left: Int64, right: Int64) => Int64>> = {
  '+': add,
  '-': sub,
  '*': mul,
  '&': and,
  '|': or,
  '^': xor,
  '<<': shl,
  '>>': shr,
  '>>>': ushr,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<': (left, right) => Number(left < right),
  '<=': (left, right) => Number(left <= right),
  '>': (left, right) => Number(left > right),
  '>=': (left, right) => Number(left >= right),
};

/** Ends the statements up to the loop, or the handler. */
class Departure extends Error {
  readonly to: 'break' | 'continue' | 'next';

  constructor(to: 'break' | 'continue' | 'next') {
    super(to);
    this.to = to;
  }
}

/** Runs handlers as the intermediate language means them, one step after the other and without regard for speed. */
export class HandlerInterpreter {
  readonly #globals: InterpretedGlobals;
  readonly #limits: InterpretedLimits;
  #event: InterpretedEvent | undefined;
  #longs: Int64[] = [];
  #texts: string[] = [];
  #records: InterpretedRecord[] = [];
  #isOver = false;

  constructor(globals: InterpretedGlobals, limits: InterpretedLimits) {
    this.#globals = globals;
    this.#limits = limits;
  }

  /** Runs a handler for an event; what it writes. After exit() no handler starts any more. */
  run(statements: readonly KernelStatement[], event: InterpretedEvent): readonly InterpretedRecord[] {
    if (this.#isOver) return [];
    this.#event = event;
    this.#longs = [];
    this.#texts = [];
    this.#records = [];
    try {
      this.#statements(statements);
    } catch (thrown) {
      if (!(thrown instanceof Departure)) throw thrown;
    }
    return this.#records;
  }

  #statements(statements: readonly KernelStatement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: KernelStatement): void {
    switch (statement.kind) {
      case 'set-local':
        this.#longs[statement.slot] = this.#long(statement.value);
        return;
      case 'set-local-string':
        this.#texts[statement.slot] = this.#text(statement.value);
        return;
      case 'set-cell':
        this.#globals.cells.set(statement.offset, this.#long(statement.value));
        return;
      case 'add-cell': {
        const amount = this.#long(statement.amount);
        this.#globals.cells.set(
          statement.offset,
          add(this.#globals.cells.get(statement.offset) ?? 0, amount),
        );
        return;
      }
      case 'set-element': {
        const value = this.#value(statement.value);
        this.#setElement(statement.global, this.#key(statement.keys), value, statement.onFull);
        return;
      }
      case 'add-element': {
        const amount = this.#long(statement.amount);
        const key = this.#key(statement.keys);
        const old = this.#globals.array(statement.global).get(key) ?? 0;
        this.#setElement(
          statement.global,
          key,
          typeof old === 'string' ? 0 : add(old, amount),
          statement.onFull,
        );
        return;
      }
      case 'delete-element':
        this.#globals.array(statement.global).delete(this.#key(statement.keys));
        return;
      case 'aggregate': {
        const value = this.#long(statement.value);
        const name = `${statement.global} ${this.#key(statement.keys)}`;
        this.#globals.statistics.set(name, [...(this.#globals.statistics.get(name) ?? []), value]);
        return;
      }
      case 'evaluate':
        this.#long(statement.value);
        return;
      case 'if':
        this.#statements(this.#long(statement.condition) === 0 ? statement.else : statement.then);
        return;
      case 'loop':
        this.#loop(statement);
        return;
      case 'break':
      case 'continue':
      case 'next':
        throw new Departure(statement.kind);
      case 'print':
        this.#message('print', statement.print, statement.arguments);
        return;
      case 'exit':
        this.#records.push({ kind: 'exit' });
        this.#isOver = true;
        return;
      case 'fail':
        this.#message('error', statement.error, statement.arguments);
        throw new Departure('next');
    }
  }

  #loop({ condition, body, step, limit, onLimit }: Extract<KernelStatement, { kind: 'loop' }>): void {
    for (let round = 0; this.#long(condition) !== 0; round += 1) {
      if (round >= limit) this.#fail(onLimit);
      try {
        this.#statements(body);
      } catch (thrown) {
        if (!(thrown instanceof Departure) || thrown.to === 'next') throw thrown;
        if (thrown.to === 'break') return;
      }
      this.#statements(step);
    }
  }

  #setElement(global: number, key: string, value: Value, onFull: number): void {
    const array = this.#globals.array(global);
    if (!array.has(key) && array.size >= this.#limits.maxElements) this.#fail(onFull);
    array.set(key, value);
  }

  #message(kind: 'print' | 'error', index: number, values: readonly KernelValue[]): void {
    this.#records.push({ kind, index, arguments: values.map((value) => this.#value(value)) });
  }

  #fail(index: number, argument?: Int64): never {
    this.#records.push({ kind: 'error', index, arguments: argument === undefined ? [] : [argument] });
    throw new Departure('next');
  }

  #key(keys: readonly KernelValue[]): string {
    return JSON.stringify(keys.map((key) => this.#value(key).toString()));
  }

  #value(value: KernelValue): Value {
    return value.type === 'long' ? this.#long(value.value) : this.#text(value.value);
  }

  #long(expression: LongExpression): Int64 {
    const event = this.#event;
    if (event === undefined) throw new Error('there is no event');
    switch (expression.kind) {
      case 'constant':
        return expression.value;
      case 'argument':
        return event.arguments[expression.index] ?? 0;
      case 'fact':
        return event.fact(expression.fact);
      case 'read': {
        const { address, space, size, signed, onFault } = expression;
        const at = this.#long(address);
        const bytes = event.memory(space, at, size);
        if (bytes === undefined) return onFault === undefined ? 0 : this.#fail(onFault, at);
        const unsigned = [...bytes].reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
        return fromBigInt(signed ? BigInt.asIntN(size * 8, unsigned) : unsigned);
      }
      case 'unary': {
        const operand = this.#long(expression.operand);
        return expression.operator === '-'
          ? neg(operand)
          : expression.operator === '~'
            ? not(operand)
            : Number(operand === 0);
      }
      case 'binary': {
        const { operator, onZero } = expression;
        const [left, right] = [this.#long(expression.left), this.#long(expression.right)];
        if (operator !== '/' && operator !== '%') return BINARY[operator](left, right);
        if (right === 0) return onZero === undefined ? 0 : this.#fail(onZero);
        return operator === '/' ? div(left, right) : rem(left, right);
      }
      case 'logical': {
        const isLeft = this.#long(expression.left) !== 0;
        if (isLeft === (expression.operator === '||')) return Number(isLeft);
        return Number(this.#long(expression.right) !== 0);
      }
      case 'conditional':
        return this.#long(
          this.#long(expression.condition) === 0 ? expression.alternate : expression.consequent,
        );
      case 'local':
        return this.#longs[expression.slot] ?? 0;
      case 'cell':
        return this.#globals.cells.get(expression.offset) ?? 0;
      case 'element': {
        const element = this.#globals.array(expression.global).get(this.#key(expression.keys)) ?? 0;
        return typeof element === 'string' ? 0 : element;
      }
      case 'contains':
        return Number(this.#globals.array(expression.global).has(this.#key(expression.keys)));
      case 'compare-strings': {
        const [left, right] = [this.#text(expression.left), this.#text(expression.right)];
        return BINARY[expression.operator](left < right ? -1 : left > right ? 1 : 0, 0);
      }
      case 'string-length':
        return this.#text(expression.operand).length;
      case 'syscall-argument':
      case 'syscall-number':
      case 'syscall-result':
      case 'result':
      case 'register':
        throw new RangeError(`no ${expression.kind} is interpreted`);
    }
  }

  #text(expression: StringExpression): string {
    return this.#wholeText(expression).slice(0, this.#limits.maxStringLength - 1);
  }

  #wholeText(expression: StringExpression): string {
    switch (expression.kind) {
      case 'literal':
        return expression.text;
      case 'execname':
        return this.#event?.execname ?? '';
      case 'read-string': {
        const { address, space, size, onFault } = expression;
        const at = this.#long(address);
        const text = this.#event?.text(space, at, Math.min(size, this.#limits.maxStringLength));
        return text ?? (onFault === undefined ? '' : this.#fail(onFault, at));
      }
      case 'local-string':
        return this.#texts[expression.slot] ?? '';
      case 'string-element': {
        const element = this.#globals.array(expression.global).get(this.#key(expression.keys)) ?? '';
        return typeof element === 'string' ? element : '';
      }
      case 'string-conditional':
        return this.#text(
          this.#long(expression.condition) === 0 ? expression.alternate : expression.consequent,
        );
    }
  }
}
