/** A register, or a part of one, as operands name it. */
export interface RegisterPart {
  /** DWARF number (System V ABI, AMD64, figure 3.36). */
  readonly number: number;
  /** Bytes of the part. */
  readonly size: 1 | 2 | 4 | 8;
  /** Bits below the part: 8 for `%ah` and its like, else 0. */
  readonly shift: 0 | 8;
}

/** DWARF number of the instruction pointer, which addresses of variables are relative to. */
export const INSTRUCTION_POINTER = 16;

/** Registers of the 8086 in the order of their DWARF numbers on x86_64. */
const LEGACY = ['ax', 'dx', 'cx', 'bx', 'si', 'di', 'bp', 'sp'] as const;

/** Index registers got a low byte with a name of its own only with x86_64, and no high byte. */
const WITH_HIGH_BYTE = 4;

/** The part that a name without `%` means (`rdi`, `eax`, `r8d`, `ah`, `rip`); undefined for registers that hold no integer. */
export function registerPart(name: string): RegisterPart | undefined {
  if (name === 'rip') return { number: INSTRUCTION_POINTER, size: 8, shift: 0 };
  return numberedRegister(name) ?? legacyRegister(name);
}

/** `r8` to `r15`, with `d`, `w`, `b` (or `l`, as some assemblers write it) for their low parts. */
function numberedRegister(name: string): RegisterPart | undefined {
  const [, digits, suffix] = /^r([89]|1[0-5])([dwbl]?)$/.exec(name) ?? [];
  if (digits === undefined) return undefined;
  const size = suffix === '' ? 8 : suffix === 'd' ? 4 : suffix === 'w' ? 2 : 1;
  return { number: Number(digits), size, shift: 0 };
}

function legacyRegister(name: string): RegisterPart | undefined {
  for (const [number, word] of LEGACY.entries()) {
    if (name === `r${word}`) return { number, size: 8, shift: 0 };
    if (name === `e${word}`) return { number, size: 4, shift: 0 };
    if (name === word) return { number, size: 2, shift: 0 };
    const hasHighByte = number < WITH_HIGH_BYTE;
    const letter = word.charAt(0);
    if (name === (hasHighByte ? `${letter}l` : `${word}l`)) return { number, size: 1, shift: 0 };
    if (hasHighByte && name === `${letter}h`) return { number, size: 1, shift: 8 };
  }
  return undefined;
}
