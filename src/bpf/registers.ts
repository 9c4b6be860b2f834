/**
 * Registers by number: r0 result, r1 to r5 arguments and lost by every call, r6 to r9 kept over calls, r10 end of the
 * stack frame of 512 bytes, read only.
 */
export const REGISTERS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10'] as const;

/** A register of the eBPF machine. */
export type Register = (typeof REGISTERS)[number];
