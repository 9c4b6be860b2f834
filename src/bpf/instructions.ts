import { REGISTERS } from './registers.ts';
import type { Register } from './registers.ts';

/*
 * eBPF instructions as linux/bpf.h encodes them, of the set that Linux 6.1 knows (version 3: no signed division, no long
 * jumps). Machines are little endian: x86-64 and arm64.
 */

/** A register, or a constant that fits signed 32 bits and is extended to 64. */
export type Operand = Register | number;

export const ALU_OPERATORS = {
  '+=': 0x00,
  '-=': 0x10,
  '*=': 0x20,
  /** Unsigned; 0 when the divisor is 0. */
  '/=': 0x30,
  '|=': 0x40,
  '&=': 0x50,
  '<<=': 0x60,
  '>>=': 0x70,
  /** Unsigned; the dividend when the divisor is 0. */
  '%=': 0x90,
  '^=': 0xa0,
  '=': 0xb0,
  's>>=': 0xc0,
} as const;
export type AluOperator = keyof typeof ALU_OPERATORS;

export const JUMP_OPERATORS = {
  '==': 0x10,
  '>': 0x20,
  '>=': 0x30,
  '&': 0x40,
  '!=': 0x50,
  's>': 0x60,
  's>=': 0x70,
  '<': 0xa0,
  '<=': 0xb0,
  's<': 0xc0,
  's<=': 0xd0,
} as const;
/** Unsigned unless it begins with `s`. */
export type JumpOperator = keyof typeof JUMP_OPERATORS;

/** The `fetch` forms leave the old value in the source register; `cmpxchg` compares with r0 and leaves it there. */
export const ATOMIC_OPERATIONS = {
  add: 0x00,
  or: 0x40,
  and: 0x50,
  xor: 0xa0,
  fetch_add: 0x01,
  fetch_or: 0x41,
  fetch_and: 0x51,
  fetch_xor: 0xa1,
  xchg: 0xe1,
  cmpxchg: 0xf1,
} as const;
export type AtomicOperation = keyof typeof ATOMIC_OPERATIONS;

export type AccessBytes = 1 | 2 | 4 | 8;
export const ACCESS_SIZES: Readonly<Record<AccessBytes, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };

/** What the 64 bits of `load-constant` are: themselves, a map, or an address in a map's element. */
export const CONSTANT_SOURCES = { value: 0, map: 1, 'map-value': 2 } as const;
export type ConstantSource = keyof typeof CONSTANT_SOURCES;

/** One instruction; offsets of jumps count 8-byte slots from the next one. `load-constant` takes two slots. */
export type Instruction =
  | {
      readonly kind: 'alu';
      readonly width: 32 | 64;
      readonly operator: AluOperator;
      readonly destination: Register;
      readonly source: Operand;
    }
  | { readonly kind: 'negate'; readonly width: 32 | 64; readonly destination: Register }
  /** The bytes in big endian order, 64 bits. */
  | { readonly kind: 'big-endian'; readonly destination: Register }
  | {
      readonly kind: 'load';
      readonly size: AccessBytes;
      readonly destination: Register;
      readonly base: Register;
      readonly offset: number;
    }
  | {
      readonly kind: 'store';
      readonly size: AccessBytes;
      readonly base: Register;
      readonly offset: number;
      readonly source: Operand;
    }
  | {
      readonly kind: 'atomic';
      readonly size: 4 | 8;
      readonly operation: AtomicOperation;
      readonly base: Register;
      readonly offset: number;
      readonly source: Register;
    }
  | {
      readonly kind: 'load-constant';
      readonly from: ConstantSource;
      readonly destination: Register;
      /** Unsigned 64 bits; of `map` and `map-value` the low half is the descriptor, the high half the offset. */
      readonly value: bigint;
    }
  | { readonly kind: 'jump'; readonly offset: number }
  | {
      readonly kind: 'jump-if';
      readonly width: 32 | 64;
      readonly operator: JumpOperator;
      readonly left: Register;
      readonly right: Operand;
      readonly offset: number;
    }
  | { readonly kind: 'call'; readonly helper: number }
  | { readonly kind: 'exit' };

export const CLASS = {
  load: 0x01,
  storeConstant: 0x02,
  store: 0x03,
  alu32: 0x04,
  jump: 0x05,
  jump32: 0x06,
  alu64: 0x07,
} as const;
/** Bit of arithmetic and jumps: the second operand is a register. */
export const SOURCE_REGISTER = 0x08;
export const MODE_MEMORY = 0x60;
export const MODE_ATOMIC = 0xc0;
export const OPCODE = {
  loadConstant: 0x18,
  jump: 0x05,
  call: 0x85,
  exit: 0x95,
  negate: 0x80,
  byteSwap: 0xd0,
} as const;

/** Bytes of one slot. */
export const SLOT_BYTES = 8;

/** How many slots of 8 bytes the instruction takes. */
export function slotsOf(instruction: Instruction): 1 | 2 {
  return instruction.kind === 'load-constant' ? 2 : 1;
}

/** The bytes of all instructions, one after the other. Throws RangeError for an offset or constant that does not fit. */
export function encodeInstructions(instructions: readonly Instruction[]): Uint8Array {
  const slots = instructions.reduce((sum, instruction) => sum + slotsOf(instruction), 0);
  const code = new Uint8Array(slots * SLOT_BYTES);
  const view = new DataView(code.buffer);
  let at = 0;
  for (const instruction of instructions) {
    encodeInstruction(view, at, instruction);
    at += slotsOf(instruction) * SLOT_BYTES;
  }
  return code;
}

function encodeInstruction(view: DataView, at: number, instruction: Instruction): void {
  const { opcode, destination, source, offset, constant } = fieldsOf(instruction);
  view.setUint8(at, opcode);
  view.setUint8(at + 1, numberOf(destination) | (source << 4));
  view.setInt16(at + 2, checked(offset, 16, 'offset'), true);
  view.setInt32(at + 4, checked(constant, 32, 'constant'), true);
  if (instruction.kind === 'load-constant') view.setUint32(at + 12, Number(instruction.value >> 32n), true);
}

interface Fields {
  readonly opcode: number;
  readonly destination: Register;
  readonly source: number;
  readonly offset: number;
  readonly constant: number;
}

function fieldsOf(instruction: Instruction): Fields {
  switch (instruction.kind) {
    case 'alu': {
      const opcode =
        (instruction.width === 64 ? CLASS.alu64 : CLASS.alu32) | ALU_OPERATORS[instruction.operator];
      return withOperand(opcode, instruction.destination, instruction.source, 0);
    }
    case 'negate':
      return fields(
        (instruction.width === 64 ? CLASS.alu64 : CLASS.alu32) | OPCODE.negate,
        instruction.destination,
      );
    case 'big-endian':
      return fields(CLASS.alu32 | OPCODE.byteSwap | SOURCE_REGISTER, instruction.destination, 0, 0, 64);
    case 'jump-if': {
      const opcode =
        (instruction.width === 64 ? CLASS.jump : CLASS.jump32) | JUMP_OPERATORS[instruction.operator];
      return withOperand(opcode, instruction.left, instruction.right, instruction.offset);
    }
    case 'load':
    case 'store':
    case 'atomic':
      return memoryFields(instruction);
    case 'load-constant': {
      const low = Number(BigInt.asIntN(32, instruction.value));
      return fields(OPCODE.loadConstant, instruction.destination, CONSTANT_SOURCES[instruction.from], 0, low);
    }
    case 'jump':
      return fields(OPCODE.jump, 'r0', 0, instruction.offset);
    case 'call':
      return fields(OPCODE.call, 'r0', 0, 0, instruction.helper);
    case 'exit':
      return fields(OPCODE.exit, 'r0');
  }
}

function memoryFields(instruction: Extract<Instruction, { kind: 'load' | 'store' | 'atomic' }>): Fields {
  const size = ACCESS_SIZES[instruction.size];
  const { base, offset } = instruction;
  switch (instruction.kind) {
    case 'load':
      return fields(CLASS.load | MODE_MEMORY | size, instruction.destination, numberOf(base), offset);
    case 'store':
      return typeof instruction.source === 'number'
        ? fields(CLASS.storeConstant | MODE_MEMORY | size, base, 0, offset, instruction.source)
        : fields(CLASS.store | MODE_MEMORY | size, base, numberOf(instruction.source), offset);
    case 'atomic': {
      const operation = ATOMIC_OPERATIONS[instruction.operation];
      return fields(CLASS.store | MODE_ATOMIC | size, base, numberOf(instruction.source), offset, operation);
    }
  }
}

function withOperand(opcode: number, destination: Register, operand: Operand, offset: number): Fields {
  return typeof operand === 'number'
    ? fields(opcode, destination, 0, offset, operand)
    : fields(opcode | SOURCE_REGISTER, destination, numberOf(operand), offset);
}

function fields(opcode: number, destination: Register, source = 0, offset = 0, constant = 0): Fields {
  return { opcode, destination, source, offset, constant };
}

function numberOf(register: Register): number {
  return REGISTERS.indexOf(register);
}

function checked(value: number, bits: 16 | 32, what: string): number {
  const limit = 2 ** (bits - 1);
  if (Number.isInteger(value) && value >= -limit && value < limit) return value;
  throw new RangeError(`${what} ${value} of an instruction does not fit ${bits} bits`);
}
