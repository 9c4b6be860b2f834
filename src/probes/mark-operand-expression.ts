import type { Expression } from '../ast/expression.ts';
import { fromBigInt } from '../int64/int64.ts';
import type { Token } from '../source/token.ts';
import { arithmetic, numberLiteral, type EventCalls } from './event-calls.ts';
import type { MarkFacts, ProgramSymbols } from './kernel-facts.ts';
import type { MarkValue, OperandAddress } from './mark-arguments.ts';
import { INSTRUCTION_POINTER, type RegisterPart } from './mark-registers.ts';
import { pointError } from './point-error.ts';

/** A mark and the file it is in, which variables are looked up in. */
export interface MarkPlace {
  readonly program: ProgramSymbols;
  readonly mark: MarkFacts;
}

/**
 * The value of a mark's argument, as the C type of that size and signedness holds it, out of registers of the event
 * and memory of the process.
 * @throws DiagnosticError when the argument is a variable of the program whose address is not known
 */
export function operandExpression(
  operand: MarkValue,
  place: MarkPlace,
  calls: EventCalls,
  token: Token,
): Expression {
  switch (operand.kind) {
    case 'immediate':
      return numberLiteral(operand.value, token);
    case 'register':
      return registerValue(operand.register, operand, calls, token);
    case 'memory':
      return calls.read(
        'user',
        addressExpression(operand, place, calls, token),
        operand.size,
        operand.signed,
        token,
      );
  }
}

/** A wider argument than its register part was widened by the compiler, as its type says. */
function registerValue(
  register: RegisterPart,
  { size, signed }: Pick<MarkValue, 'size' | 'signed'>,
  calls: EventCalls,
  token: Token,
): Expression {
  const word = calls.word(`register:${register.number}`, token);
  const bits = Math.min(size, register.size) * 8;
  if (bits === 64) return word;
  if (signed) {
    const raised = arithmetic(word, '<<', 64 - bits - register.shift, token);
    return arithmetic(raised, '>>', 64 - bits, token);
  }
  const lowered = register.shift === 0 ? word : arithmetic(word, '>>', register.shift, token);
  return arithmetic(lowered, '&', 2 ** bits - 1, token);
}

function addressExpression(
  address: OperandAddress,
  place: MarkPlace,
  calls: EventCalls,
  token: Token,
): Expression {
  const { symbol, base, index, scale } = address;
  let displacement = BigInt(address.displacement);
  const terms: Expression[] = [];
  if (symbol !== undefined) {
    // Programs are loaded anywhere; how far the variable is from the mark stays as it was linked.
    displacement += BigInt(addressOfVariable(symbol, place) - (place.mark.offset + place.mark.loadBias));
    terms.push(calls.word(`register:${INSTRUCTION_POINTER}`, token));
  }
  const isRelative = symbol !== undefined && base?.number === INSTRUCTION_POINTER;
  if (base !== undefined && !isRelative) terms.push(calls.word(`register:${base.number}`, token));
  if (index !== undefined) {
    const word = calls.word(`register:${index.number}`, token);
    terms.push(scale === 1 ? word : arithmetic(word, '*', scale, token));
  }
  const constant = numberLiteral(fromBigInt(displacement), token);
  if (terms.length === 0 || displacement !== 0n) terms.push(constant);
  const sum = terms.reduce((left, right) => arithmetic(left, '+', right, token));
  // Addresses made of 32-bit registers have 32 bits.
  const isNarrow = (base ?? index)?.size === 4;
  return isNarrow ? arithmetic(sum, '&', 0xffff_ffff, token) : sum;
}

function addressOfVariable(name: string, { program }: MarkPlace): number {
  const address = program.variableAddress(name);
  if (address !== undefined) return address;
  throw pointError(
    'mark-variable-unknown',
    `the address of variable '${name}' of '${program.path}' is not known`,
  );
}
