/** Offsets in struct pt_regs (struct user_pt_regs on arm64), in bytes. */
export interface MachineRegisters {
  /** By DWARF number; the last is the instruction pointer. */
  readonly byNumber: readonly number[];
  /** Result of a function. */
  readonly result: number;
  /** Arguments of system calls. */
  readonly syscallArguments: readonly number[];
  readonly syscallNumber: { readonly offset: number; readonly size: 4 | 8 };
  /** Tells whether the call was made by a 32-bit program: then `(value & mask) === equals`. */
  readonly compat: { readonly offset: number; readonly mask: number; readonly equals: number };
}

/** linux/arch/x86: r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss. */
const X86_64: MachineRegisters = {
  byNumber: [80, 96, 88, 40, 104, 112, 32, 152, 72, 64, 56, 48, 24, 16, 8, 0, 128],
  result: 80,
  syscallArguments: [112, 104, 96, 56, 72, 64],
  syscallNumber: { offset: 120, size: 8 },
  // Code segment of 32-bit programs: __USER32_CS.
  compat: { offset: 136, mask: 0xffff, equals: 0x23 },
};

/** linux/arch/arm64: x0 to x30, sp, pc, pstate, orig_x0, syscallno. */
const ARM64: MachineRegisters = {
  byNumber: Array.from({ length: 33 }, (_, number) => number * 8),
  result: 0,
  syscallArguments: [272, 8, 16, 24, 32, 40],
  syscallNumber: { offset: 280, size: 4 },
  // PSR_MODE32_BIT
  compat: { offset: 264, mask: 0x10, equals: 0x10 },
};

/** Registers of the processor as the kernel saves them. */
export const MACHINE_REGISTERS: Readonly<Record<'x86_64' | 'arm64', MachineRegisters>> = {
  x86_64: X86_64,
  arm64: ARM64,
};
