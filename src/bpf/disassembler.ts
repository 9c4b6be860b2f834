import {
  ACCESS_SIZES,
  ALU_OPERATORS,
  ATOMIC_OPERATIONS,
  CLASS,
  CONSTANT_SOURCES,
  JUMP_OPERATORS,
  MODE_ATOMIC,
  MODE_MEMORY,
  OPCODE,
  SLOT_BYTES,
  SOURCE_REGISTER,
  slotsOf,
} from './instructions.ts';
import type { AccessBytes, Instruction, Operand } from './instructions.ts';
import { KERNEL_HELPERS } from './kernel-helpers.ts';
import { REGISTERS } from './registers.ts';
import type { Register } from './registers.ts';

const BIG_ENDIAN = CLASS.alu32 | OPCODE.byteSwap | SOURCE_REGISTER;

/** The instructions that the bytes encode. Throws for bytes that encodeInstructions does not write. */
export function decodeInstructions(code: Uint8Array): Instruction[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const instructions: Instruction[] = [];
  let at = 0;
  while (at < code.byteLength) {
    const instruction = decodeInstruction(view, at);
    instructions.push(instruction);
    at += slotsOf(instruction) * SLOT_BYTES;
  }
  return instructions;
}

/** One line for each instruction: its slot, its opcode and its text, as bpftool prints them. */
export function disassemble(code: Uint8Array): string {
  const lines: string[] = [];
  let slot = 0;
  for (const instruction of decodeInstructions(code)) {
    const opcode = (code[slot * SLOT_BYTES] ?? 0).toString(16).padStart(2, '0');
    lines.push(`${String(slot).padStart(4)}: (${opcode}) ${instructionText(instruction)}`);
    slot += slotsOf(instruction);
  }
  return lines.join('\n');
}

/** The text of one instruction, as bpftool prints it: `r1 = *(u64 *)(r6 +8)`. */
export function instructionText(instruction: Instruction): string {
  switch (instruction.kind) {
    case 'alu': {
      const source = operandText(instruction.source, instruction.width, String);
      return `${named(instruction.destination, instruction.width)} ${instruction.operator} ${source}`;
    }
    case 'negate': {
      const name = named(instruction.destination, instruction.width);
      return `${name} = -${name}`;
    }
    case 'load':
      return `${instruction.destination} = *${memoryText(instruction)}`;
    case 'store':
      return `*${memoryText(instruction)} = ${instruction.source}`;
    case 'big-endian':
      return `${instruction.destination} = be64 ${instruction.destination}`;
    case 'atomic':
      return atomicText(instruction);
    case 'load-constant':
      return `${instruction.destination} = ${constantText(instruction)}`;
    case 'jump':
      return `goto pc${signed(instruction.offset)}`;
    case 'jump-if': {
      const right = operandText(instruction.right, instruction.width, hexadecimal);
      const left = named(instruction.left, instruction.width);
      return `if ${left} ${instruction.operator} ${right} goto pc${signed(instruction.offset)}`;
    }
    case 'call':
      return `call ${helperName(instruction.helper)}#${instruction.helper}`;
    case 'exit':
      return 'exit';
  }
}

function atomicText(instruction: Extract<Instruction, { kind: 'atomic' }>): string {
  const { operation, source, size } = instruction;
  const memory = memoryText(instruction);
  const name = `atomic${size === 8 ? '64' : ''}_${operation}`;
  switch (operation) {
    case 'add':
      return `lock *${memory} += ${source}`;
    case 'or':
      return `lock *${memory} |= ${source}`;
    case 'and':
      return `lock *${memory} &= ${source}`;
    case 'xor':
      return `lock *${memory} ^= ${source}`;
    case 'cmpxchg':
      return `r0 = ${name}(${memory}, r0, ${source})`;
    case 'fetch_add':
    case 'fetch_or':
    case 'fetch_and':
    case 'fetch_xor':
    case 'xchg':
      return `${source} = ${name}(${memory}, ${source})`;
  }
}

function constantText(instruction: Extract<Instruction, { kind: 'load-constant' }>): string {
  const low = instruction.value & 0xffff_ffffn;
  switch (instruction.from) {
    case 'value':
      return `0x${instruction.value.toString(16)}`;
    case 'map':
      return `map[fd:${low.toString()}]`;
    case 'map-value':
      return `map[fd:${low.toString()}][0]+${(instruction.value >> 32n).toString()}`;
  }
}

function memoryText(access: {
  readonly size: AccessBytes;
  readonly base: Register;
  readonly offset: number;
}): string {
  return `(u${access.size * 8} *)(${access.base} ${signed(access.offset)})`;
}

function operandText(operand: Operand, width: 32 | 64, ofConstant: (value: number) => string): string {
  return typeof operand === 'number' ? ofConstant(operand) : named(operand, width);
}

function named(register: Register, width: 32 | 64): string {
  return width === 64 ? register : register.replace('r', 'w');
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function hexadecimal(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

function helperName(helper: number): string {
  const known = Object.entries(KERNEL_HELPERS).find(([, number]) => number === helper);
  return known === undefined ? 'unknown' : `bpf_${known[0]}`;
}

function decodeInstruction(view: DataView, at: number): Instruction {
  if (at + SLOT_BYTES > view.byteLength) throw new RangeError(`instruction at byte ${at} is cut off`);
  const opcode = view.getUint8(at);
  if (opcode === OPCODE.jump) return { kind: 'jump', offset: view.getInt16(at + 2, true) };
  if (opcode === OPCODE.call) return { kind: 'call', helper: view.getInt32(at + 4, true) };
  if (opcode === OPCODE.exit) return { kind: 'exit' };
  if (opcode === OPCODE.loadConstant) return decodeConstant(view, at);
  switch (opcode & 0x07) {
    case CLASS.alu32:
    case CLASS.alu64:
      return decodeAlu(view, at);
    case CLASS.jump:
    case CLASS.jump32:
      return {
        kind: 'jump-if',
        width: (opcode & 0x07) === CLASS.jump ? 64 : 32,
        operator: keyOf(JUMP_OPERATORS, opcode & 0xf0),
        left: registerAt(view, at, 0),
        right: operandAt(view, at),
        offset: view.getInt16(at + 2, true),
      };
    default:
      return decodeMemory(view, at);
  }
}

function decodeAlu(view: DataView, at: number): Instruction {
  const opcode = view.getUint8(at);
  const width = (opcode & 0x07) === CLASS.alu64 ? 64 : 32;
  const destination = registerAt(view, at, 0);
  if (opcode === BIG_ENDIAN) return { kind: 'big-endian', destination };
  if ((opcode & 0xf8) === OPCODE.negate) return { kind: 'negate', width, destination };
  const operator = keyOf(ALU_OPERATORS, opcode & 0xf0);
  return { kind: 'alu', width, operator, destination, source: operandAt(view, at) };
}

function decodeConstant(view: DataView, at: number): Instruction {
  if (at + 2 * SLOT_BYTES > view.byteLength) throw new RangeError(`instruction at byte ${at} is cut off`);
  const value = (BigInt(view.getUint32(at + 12, true)) << 32n) | BigInt(view.getUint32(at + 4, true));
  const from = keyOf(CONSTANT_SOURCES, view.getUint8(at + 1) >> 4);
  return { kind: 'load-constant', from, destination: registerAt(view, at, 0), value };
}

function decodeMemory(view: DataView, at: number): Instruction {
  const opcode = view.getUint8(at);
  const size = Number(keyOf(ACCESS_SIZES, opcode & 0x18)) as AccessBytes;
  const offset = view.getInt16(at + 2, true);
  const first = registerAt(view, at, 0);
  const second = registerAt(view, at, 4);
  const constant = view.getInt32(at + 4, true);
  const mode = opcode & 0xe0;
  const group = opcode & 0x07;
  if (mode === MODE_ATOMIC && group === CLASS.store && (size === 4 || size === 8)) {
    const operation = keyOf(ATOMIC_OPERATIONS, constant);
    return { kind: 'atomic', size, operation, base: first, offset, source: second };
  }
  if (mode !== MODE_MEMORY) throw new RangeError(`unknown opcode 0x${opcode.toString(16)} at byte ${at}`);
  if (group === CLASS.load) return { kind: 'load', size, destination: first, base: second, offset };
  if (group === CLASS.store) return { kind: 'store', size, base: first, offset, source: second };
  if (group === CLASS.storeConstant) return { kind: 'store', size, base: first, offset, source: constant };
  throw new RangeError(`unknown opcode 0x${opcode.toString(16)} at byte ${at}`);
}

function operandAt(view: DataView, at: number): Operand {
  const isRegister = (view.getUint8(at) & SOURCE_REGISTER) !== 0;
  return isRegister ? registerAt(view, at, 4) : view.getInt32(at + 4, true);
}

function registerAt(view: DataView, at: number, shift: 0 | 4): Register {
  const number = (view.getUint8(at + 1) >> shift) & 0x0f;
  const register = REGISTERS[number];
  if (register === undefined) throw new RangeError(`unknown register ${number} at byte ${at}`);
  return register;
}

function keyOf<Key extends string>(table: Readonly<Record<Key, number>>, code: number): Key {
  for (const key in table) if (table[key] === code) return key;
  throw new RangeError(`unknown code 0x${code.toString(16)} in an instruction`);
}
