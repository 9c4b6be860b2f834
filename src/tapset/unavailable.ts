/** Why functions that SystemTap has cannot be had here, as a sentence that begins with the function's name. */
export const UNAVAILABLE_REASONS = {
  'kernel-memory': 'reads structures of the kernel that this version does not know',
  'user-memory': 'needs the memory of a process, which this version cannot read',
  python: 'needs the memory of a Python interpreter, which this version cannot read',
  'memory-write': 'writes memory, which this version cannot do',
  'kernel-control': 'acts inside the kernel, which this version does not do',
  registers: 'needs the registers of the processor as the kernel keeps them, which this version does not have',
  'register-write': 'changes registers of the processor, which this version cannot do',
  stack: 'needs a stack trace, which this version cannot take',
  symbols: 'needs the symbols of programs, which this version does not read',
  'system-call': 'belongs to the system call probes, which this version does not have',
  'return-probe': 'belongs to probes at the return of functions, which this version does not have',
  java: 'belongs to the Java probes, which this version does not have',
  'live-patch': 'belongs to live patches of the kernel, which this version cannot make',
  'other-runtime': 'belongs to another run time of SystemTap',
  'other-architecture': 'belongs to another processor architecture',
} as const;

/** The word that follows `unavailable` in the body of a library function. */
export type UnavailableReason = keyof typeof UNAVAILABLE_REASONS;

/** What a function body without its comments says: the reason of `unavailable REASON`, undefined for other bodies. */
export function unavailableReason(code: string): UnavailableReason | undefined {
  const word = /^unavailable\s+([\w-]+)$/.exec(code.trim())?.[1];
  return word !== undefined && isReason(word) ? word : undefined;
}

/** `function 'stack_used' reads structures of the kernel that this version does not know` */
export function unavailableMessage(functionName: string, reason: UnavailableReason): string {
  return `function '${functionName}' ${UNAVAILABLE_REASONS[reason]}`;
}

function isReason(word: string): word is UnavailableReason {
  return Object.hasOwn(UNAVAILABLE_REASONS, word);
}
