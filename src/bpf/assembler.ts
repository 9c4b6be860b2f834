import { toUnsignedBigInt } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import type { KernelProgram, KernelRelocation } from '../module/kernel-part.ts';
import { encodeInstructions, slotsOf } from './instructions.ts';
import type {
  AccessBytes,
  AluOperator,
  AtomicOperation,
  Instruction,
  JumpOperator,
  Operand,
} from './instructions.ts';
import { KERNEL_HELPERS } from './kernel-helpers.ts';
import type { KernelHelper } from './kernel-helpers.ts';
import type { Register } from './registers.ts';

/** A place in the program that jumps go to; made by Assembler.newLabel. */
export interface Label {
  /** For messages. */
  readonly name: string;
}

/** A program as bytes, and what the loader must put in. */
export interface AssembledProgram {
  readonly code: Uint8Array;
  readonly relocations: readonly KernelRelocation[];
  /** As KernelProgram.places. */
  readonly places: KernelProgram['places'];
}

/**
 * Writes one eBPF program, instruction after instruction; `finish` gives its bytes. What follows a jump and is no
 * label that was jumped to cannot be reached; the kernel would refuse it, and it is left out.
 */
export class Assembler {
  readonly #instructions: Instruction[] = [];
  readonly #jumps: { readonly index: number; readonly slot: number; readonly label: Label }[] = [];
  readonly #bound = new Map<Label, number>();
  readonly #relocations: KernelRelocation[] = [];
  readonly #places: { readonly from: number; readonly text: string }[] = [];
  readonly #targets = new Set<Label>();
  #slot = 0;
  #isReachable = true;

  /** What follows comes from `text`, `FILE:LINE:COLUMN` of the script. */
  place(text: string): void {
    if (!this.#isReachable) return;
    const last = this.#places.at(-1);
    if (last?.text === text) return;
    if (last?.from === this.#slot) this.#places.pop();
    this.#places.push({ from: this.#slot, text });
  }

  /** `destination operator source` on 64 bits; `=` moves. */
  alu(operator: AluOperator, destination: Register, source: Operand): void {
    this.#add({ kind: 'alu', width: 64, operator, destination, source });
  }

  /** As `alu` on the low 32 bits; the high ones become 0. */
  alu32(operator: AluOperator, destination: Register, source: Operand): void {
    this.#add({ kind: 'alu', width: 32, operator, destination, source });
  }

  /** destination = -destination. */
  negate(destination: Register): void {
    this.#add({ kind: 'negate', width: 64, destination });
  }

  /** The bytes of the register in big endian order: texts compare as such numbers do. */
  bigEndian(destination: Register): void {
    this.#add({ kind: 'big-endian', destination });
  }

  /** Instructions of 8 bytes so far. */
  get length(): number {
    return this.#slot;
  }

  /** Any 64-bit constant, in one slot where it fits. */
  constant(destination: Register, value: Int64): void {
    if (value >= -0x8000_0000 && value <= 0x7fff_ffff) this.alu('=', destination, Number(value));
    else this.#add({ kind: 'load-constant', from: 'value', destination, value: toUnsignedBigInt(value) });
  }

  /** The map of that index in KernelPart.maps, as helpers take it. */
  map(destination: Register, map: number): void {
    if (this.#isReachable) this.#relocations.push({ instruction: this.#slot, kind: 'map', map });
    this.#add({ kind: 'load-constant', from: 'map', destination, value: 0n });
  }

  /** Address `offset` bytes into the one element of a mapped array. */
  mapValue(destination: Register, map: number, offset: number): void {
    if (this.#isReachable)
      this.#relocations.push({ instruction: this.#slot, kind: 'map-value', map, offset });
    this.#add({ kind: 'load-constant', from: 'map-value', destination, value: 0n });
  }

  /** Zero-extended load. */
  load(size: AccessBytes, destination: Register, base: Register, offset: number): void {
    this.#add({ kind: 'load', size, destination, base, offset });
  }

  store(size: AccessBytes, base: Register, offset: number, source: Operand): void {
    this.#add({ kind: 'store', size, base, offset, source });
  }

  /** Indivisible change of memory; see ATOMIC_OPERATIONS for where the old value goes. */
  atomic(operation: AtomicOperation, size: 4 | 8, base: Register, offset: number, source: Register): void {
    this.#add({ kind: 'atomic', operation, size, base, offset, source });
  }

  newLabel(name: string): Label {
    return { name };
  }

  /** The label stands for the next instruction. Throws when it has a place already. */
  bind(label: Label): void {
    if (this.#bound.has(label)) throw new Error(`label '${label.name}' is bound twice`);
    this.#bound.set(label, this.#slot);
    this.#isReachable ||= this.#targets.has(label);
  }

  jump(label: Label): void {
    this.#jumpTo(label);
    this.#add({ kind: 'jump', offset: 0 });
    this.#isReachable = false;
  }

  /** Goes to the label when `left operator right` holds for 64 bits. */
  jumpIf(operator: JumpOperator, left: Register, right: Operand, label: Label): void {
    this.#jumpTo(label);
    this.#add({ kind: 'jump-if', width: 64, operator, left, right, offset: 0 });
  }

  /** Arguments in r1 to r5, which are lost; the result in r0. */
  call(helper: KernelHelper): void {
    this.#add({ kind: 'call', helper: KERNEL_HELPERS[helper] });
  }

  exit(): void {
    this.#add({ kind: 'exit' });
    this.#isReachable = false;
  }

  /** The whole program. Throws for a jump to a label without a place and one over more than 32767 slots. */
  finish(): AssembledProgram {
    const instructions = [...this.#instructions];
    for (const { index, slot, label } of this.#jumps) {
      const instruction = instructions[index];
      if (instruction?.kind !== 'jump' && instruction?.kind !== 'jump-if') continue;
      instructions[index] = { ...instruction, offset: this.#distance(slot, label) };
    }
    return {
      code: encodeInstructions(instructions),
      relocations: [...this.#relocations],
      places: [...this.#places],
    };
  }

  #distance(slot: number, label: Label): number {
    const target = this.#bound.get(label);
    if (target === undefined) throw new Error(`label '${label.name}' has no place`);
    const distance = target - slot - 1;
    if (distance >= -0x8000 && distance <= 0x7fff) return distance;
    throw new RangeError(`jump to '${label.name}' over ${Math.abs(distance)} instructions is too far`);
  }

  #jumpTo(label: Label): void {
    if (!this.#isReachable) return;
    this.#jumps.push({ index: this.#instructions.length, slot: this.#slot, label });
    this.#targets.add(label);
  }

  #add(instruction: Instruction): void {
    if (!this.#isReachable) return;
    this.#instructions.push(instruction);
    this.#slot += slotsOf(instruction);
  }
}
