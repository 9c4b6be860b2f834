import type {
  ArithmeticOperator,
  Binary,
  Call,
  Callee,
  Expression,
  StringLiteral,
} from '../ast/expression.ts';
import type { Int64 } from '../int64/int64.ts';
import type { EventFunction } from '../module/event-functions.ts';
import type { WordName } from '../module/event-record.ts';
import type { Token } from '../source/token.ts';
import type { ContextCallee, PointerFacts } from './context-variable.ts';
import type { ContextNames } from './probe-family.ts';

/** Where an address points to: memory of the kernel or of the process at hand. */
export type MemorySpace = 'kernel' | 'user';

type ReadFunction = Exclude<EventFunction, 'kernel_stack' | 'user_stack'>;

const SIGNATURES: Readonly<Record<ReadFunction, Pick<ContextCallee, 'parameters' | 'returnType'>>> = {
  event_word: signature('long', [], ['name']),
  kernel_read: signature('long', ['address', 'size', 'signed']),
  user_read: signature('long', ['address', 'size', 'signed']),
  kernel_read_string: signature('string', ['address', 'max']),
  user_read_string: signature('string', ['address', 'max']),
  kernel_read_bytes: signature('string', ['address', 'size']),
  user_read_bytes: signature('string', ['address', 'size']),
};

/** Builds the calls that stand for the context variables of one handler body, and keeps what name resolution needs. */
export class EventCalls {
  readonly contextCallees = new Map<Callee, ContextCallee>();
  /** What the addresses among the expressions that were built point to. */
  readonly pointers = new Map<Expression, PointerFacts>();
  readonly #names: ContextNames;

  constructor(names: ContextNames) {
    this.#names = names;
  }

  /** A 64-bit word of the event. */
  word(name: WordName, token: Token): Call {
    return this.#call('event_word', [stringLiteral(name, token)], token);
  }

  /** 1, 2, 4 or 8 bytes of memory as a long. */
  read(space: MemorySpace, address: Expression, size: number, signed: boolean, token: Token): Call {
    const args = [address, numberLiteral(size, token), numberLiteral(signed ? 1 : 0, token)];
    return this.#call(`${space}_read`, args, token);
  }

  /** Text up to a NUL, at most `max - 1` bytes. */
  readString(space: MemorySpace, address: Expression, max: number, token: Token): Call {
    return this.#call(`${space}_read_string`, [address, numberLiteral(max, token)], token);
  }

  #call(intrinsic: ReadFunction, args: readonly Expression[], token: Token): Call {
    const mangledName = this.#names(token.file.name, intrinsic);
    const callee: Callee = { kind: 'callee', name: mangledName, token };
    this.contextCallees.set(callee, {
      mangledName,
      intrinsic,
      ...SIGNATURES[intrinsic],
      pure: true,
      stable: intrinsic === 'event_word',
    });
    return { kind: 'call', callee, args, token };
  }
}

/** A number that no script wrote. */
export function numberLiteral(value: Int64, token: Token): Expression {
  return { kind: 'number', value, token };
}

/** Text that no script wrote. */
export function stringLiteral(value: string, token: Token): StringLiteral {
  const raw = value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
  return { kind: 'string', value, raw, token };
}

/** `left operator right`, both longs. */
export function arithmetic(
  left: Expression,
  operator: ArithmeticOperator,
  right: Expression | Int64,
  token: Token,
): Binary {
  const operand = typeof right === 'object' ? right : numberLiteral(right, token);
  return { kind: 'binary', operator, left, right: operand, token };
}

function signature(
  returnType: 'long' | 'string',
  longs: readonly string[],
  strings: readonly string[] = [],
): Pick<ContextCallee, 'parameters' | 'returnType'> {
  const parameters = [
    ...longs.map((name) => ({ name, type: 'long' as const })),
    ...strings.map((name) => ({ name, type: 'string' as const })),
  ];
  return { returnType, parameters };
}
