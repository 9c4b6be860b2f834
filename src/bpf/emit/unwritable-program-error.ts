/** A program that cannot be written within the limits of eBPF; the message says why, without a full stop. */
export class UnwritableProgramError extends Error {}
