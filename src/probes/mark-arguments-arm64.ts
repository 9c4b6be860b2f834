import { integer } from './mark-integer.ts';
import type { OperandAddress } from './mark-arguments.ts';
import type { RegisterPart } from './mark-registers.ts';

/** DWARF number of the stack pointer (DWARF for the Arm 64-bit Architecture, table 4.1). */
const STACK_POINTER = 31;

/** `x0` to `x30`, `w0` to `w30`, `sp`; undefined for registers that hold no integer. */
export function arm64Register(name: string): RegisterPart | undefined {
  if (name === 'sp') return { number: STACK_POINTER, size: 8, shift: 0 };
  const [, kind, digits] = /^([xw])([0-9]|[12][0-9]|30)$/.exec(name) ?? [];
  return digits === undefined ? undefined : { number: Number(digits), size: kind === 'x' ? 8 : 4, shift: 0 };
}

/** `[sp, 16]`, `[x29, -20]`, `[x0, x1, lsl 3]`, `[x0]`. */
export function arm64Address(operand: string): OperandAddress | undefined {
  const inner = /^\[(.*)\]$/s.exec(operand)?.[1];
  if (inner === undefined) return undefined;
  const [baseText = '', second, shiftText, ...rest] = inner.split(',').map((part) => part.trim());
  const base = arm64Register(baseText);
  if (base?.size !== 8 || rest.length > 0) return undefined;
  if (second === undefined) return { displacement: 0, base, scale: 1 };
  const displacement = integer(second.replace(/^#/, ''));
  if (displacement !== undefined)
    return shiftText === undefined ? { displacement: Number(displacement), base, scale: 1 } : undefined;
  const index = arm64Register(second);
  const shift = shiftText === undefined ? '0' : /^lsl\s*#?([0-3])$/.exec(shiftText)?.[1];
  if (index?.size !== 8 || shift === undefined) return undefined;
  return { displacement: 0, base, index, scale: (1 << Number(shift)) as OperandAddress['scale'] };
}
