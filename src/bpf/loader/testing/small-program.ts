import type { KernelProgram } from '../../../module/kernel-part.ts';

/** One instruction of 8 bytes: opcode, registers, offset, constant. */
export function instruction(
  opcode: number,
  destination: number,
  source: number,
  offset = 0,
  constant = 0,
): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8((source << 4) | destination, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(constant, 4);
  return bytes;
}

export const EXIT = instruction(0x95, 0, 0);

/** destination = constant */
export function set(destination: number, constant: number): Buffer {
  return instruction(0xb7, destination, 0, 0, constant);
}

/** destination = source */
export function move(destination: number, source: number): Buffer {
  return instruction(0xbf, destination, source);
}

/** Call of a helper by its number. */
export function call(helper: number): Buffer {
  return instruction(0x85, 0, 0, 0, helper);
}

/** The two instructions of a 64-bit load that a relocation fills in. */
export function loadConstant(destination: number): Buffer {
  return Buffer.concat([instruction(0x18, destination, 0), instruction(0, 0, 0)]);
}

/** A program of these instructions. */
export function program(instructions: readonly Buffer[], rest: Partial<KernelProgram> = {}): KernelProgram {
  return {
    name: 'small_test',
    type: 'raw-tracepoint',
    code: Buffer.concat(instructions).toString('base64'),
    relocations: [],
    places: [],
    ...rest,
  };
}
