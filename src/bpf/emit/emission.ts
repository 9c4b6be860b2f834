import type { Assembler, Label } from '../assembler.ts';
import type { KernelContext, LongExpression } from '../ir.ts';
import type { Register } from '../registers.ts';
import type { EmitContext } from './emit-context.ts';
import type { Frame } from './frame.ts';

/*
 * Registers of an emitted program: r6 the context, r7 memory that is written (a record, the scratch), r8 how much of it
 * is used, r9 free for one construct at a time. r0 to r5 hold expressions and do not outlive a call.
 */
export const CONTEXT = 'r6';
export const MEMORY = 'r7';
export const FILLED = 'r8';

/** A program while it is written. */
export interface Emission {
  readonly assembler: Assembler;
  readonly frame: Frame;
  readonly target: EmitContext;
  readonly context: KernelContext;
  readonly probe: ProbeIndex;
  /** Registers of the process at a system call, on the stack; `syscall-…` contexts that look at them only. */
  readonly syscallFrame: SyscallFrame | undefined;
  /**
   * Goes to the error with that index when the handler fails; the label is where to jump. Its argument, if any, is to
   * be stored at `errorArgument` before.
   */
  readonly error: (index: number) => Label;
  /** Offset on the stack. */
  readonly errorArgument: () => number;
  /**
   * Writes the evaluation of an expression. `free`, at least one register, may be changed meanwhile, all of r0 to r5 when the
   * expression calls helpers (`callsHelpers`).
   */
  readonly long: (expression: LongExpression, destination: Register, free: readonly Register[]) => void;
  /** Writes a jump to the label for a value that is not 0 (`sense`), or is 0. */
  readonly jumpWhen: (
    expression: LongExpression,
    sense: boolean,
    label: Label,
    registers?: { readonly destination: Register; readonly free: readonly Register[] },
  ) => void;
  /** Writes destination = the local long; nothing else is changed. */
  readonly loadLocal: (slot: number, destination: Register) => void;
  /** Writes r0 = an expression over texts and arrays. */
  readonly composite: (expression: CompositeExpression) => void;
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
