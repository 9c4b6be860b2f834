import type { Assembler, Label } from '../assembler.ts';
import type { KernelContext, KernelValue, LongExpression, StringExpression } from '../ir.ts';
import type { Register } from '../registers.ts';
import type { EmitContext } from './emit-context.ts';
import type { Frame, ScratchRoom } from './room.ts';
import type { TextPlace } from './text-place.ts';

/*
 * Registers of an emitted program: r6 the context, r7 memory that is written (a record), r8 how much of it is used, r9
 * the program's element of the scratch if it has one. r0 to r5 hold expressions and do not outlive a call.
 */
export const CONTEXT = 'r6';
export const MEMORY = 'r7';
export const FILLED = 'r8';
export const SCRATCH = 'r9';

/** What a program is written into and for. */
export interface EmissionCore {
  readonly assembler: Assembler;
  readonly frame: Frame;
  readonly scratch: ScratchRoom;
  readonly target: EmitContext;
  readonly context: KernelContext;
  readonly probe: ProbeIndex;
  /** Registers of the process at a system call, on the stack; `syscall-…` contexts only. */
  readonly syscallFrame: SyscallFrame | undefined;
}

/** What the part of a program that is being written has of its own. */
export interface EmissionScope {
  /** Where to jump when it is done. */
  readonly end: Label;
  /** Where to jump when it fails with the error of that index. */
  readonly error: (index: number) => Label;
  /** Where on the stack to store the argument of an error before. */
  readonly errorArgument: () => number;
  /** Writes destination = the local long; nothing else is changed. */
  readonly loadLocal: (slot: number, destination: Register) => void;
  /** Writes the local long = source; nothing else is changed. */
  readonly storeLocal: (slot: number, source: Register) => void;
  readonly stringLocal: (slot: number) => TextPlace;
}

/** A part of a program while it is written; the functions write evaluations. */
export interface Emission extends EmissionCore, EmissionScope {
  /**
   * destination = the expression. `free`, at least one register, may be changed meanwhile, all of r0 to r5 when the
   * expression calls helpers (`callsHelpers`).
   */
  readonly long: (expression: LongExpression, destination: Register, free: readonly Register[]) => void;
  /** Jumps to the label for a value that is not 0 (`sense`), or is 0. */
  readonly jumpWhen: (
    expression: LongExpression,
    sense: boolean,
    label: Label,
    registers?: { readonly destination: Register; readonly free: readonly Register[] },
  ) => void;
  /** r0 = an expression over texts and arrays. */
  readonly composite: (expression: CompositeExpression) => void;
  /** Puts the text into its place, cut to the capacity; with `wantsLength`, r0 = its bytes. */
  readonly text: (expression: StringExpression, place: TextPlace, wantsLength: boolean) => void;
  /** r0 = address of the value of an element with its order of creation, or 0. */
  readonly lookup: (global: number, keys: readonly KernelValue[]) => void;
}

/** Longs that come from texts and arrays. */
export type CompositeExpression = Extract<
  LongExpression,
  { kind: 'element' | 'contains' | 'compare-strings' | 'string-length' }
>;

/** Which of the module's probes fires: always the same, or a 64-bit word on the stack. */
export type ProbeIndex =
  { readonly kind: 'constant'; readonly index: number } | { readonly kind: 'stack'; readonly offset: number };

/** Where saved registers are on the stack, by their offset in struct pt_regs. */
export interface SyscallFrame {
  readonly offsetOf: (registerOffset: number) => number;
}

/** Registers that an expression at the top may use besides r0. */
export const WORK_REGISTERS: readonly Register[] = ['r1', 'r2', 'r3', 'r4', 'r5'];

/** destination = base + offset. */
export function addressOf(assembler: Assembler, destination: Register, base: Register, offset: number): void {
  assembler.alu('=', destination, base);
  if (offset !== 0) assembler.alu('+=', destination, offset);
}
