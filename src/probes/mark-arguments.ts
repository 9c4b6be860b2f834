import { fromBigInt, type Int64 } from '../int64/int64.ts';
import type { ProgramSymbols } from './kernel-facts.ts';
import { arm64Address, arm64Register } from './mark-arguments-arm64.ts';
import { integer } from './mark-integer.ts';
import { INSTRUCTION_POINTER, registerPart, type RegisterPart } from './mark-registers.ts';

/** Where a mark's argument is when the mark is reached, and how many bytes of what kind it has. */
export type MarkOperand = MarkValue | { readonly kind: 'unsupported'; readonly reason: string };

/** An argument that a handler can read. */
export type MarkValue = ValueShape &
  (
    | { readonly kind: 'immediate'; readonly value: Int64 }
    | { readonly kind: 'register'; readonly register: RegisterPart }
    | ({ readonly kind: 'memory' } & OperandAddress)
  );

interface ValueShape {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** `displacement + symbol + base + index * scale`, each but the first only where it is given. */
export interface OperandAddress {
  readonly displacement: Int64;
  /** Name of a variable of the file; its address takes the place of the instruction pointer when that is the base. */
  readonly symbol?: string;
  /** Whole registers, or their low 32 bits. */
  readonly base?: RegisterPart;
  readonly index?: RegisterPart;
  readonly scale: 1 | 2 | 4 | 8;
}

/** Longest operand that is looked at; those of compilers are below 100 characters, but for names of variables. */
const OPERAND_LIMIT = 4096;
/** Terms of a displacement: `-20`, `8+counter`, `24+stats-4`. */
const TERM_LIMIT = 8;

/**
 * The arguments of a mark from their text in `.note.stapsdt`, as the assembler's operands that <sys/sdt.h> makes the
 * compiler write: `8@%rdi -4@-20(%rbp) 4@$5`, for arm64 `8@x0 -4@[sp, 12] 4@5`. Never throws: what is not understood
 * is an operand with the reason, so that the other arguments keep their numbers.
 */
export function markArguments(
  text: string,
  architecture: ProgramSymbols['architecture'] = 'x86_64',
): readonly MarkOperand[] {
  return operandTexts(text).map((operand) => markOperand(operand, OPERANDS[architecture]));
}

type OperandReader = (operand: string, shape: ValueShape) => MarkValue | undefined;

const OPERANDS: Readonly<Record<NonNullable<ProgramSymbols['architecture']>, OperandReader>> = {
  x86_64: operandValue,
  arm64: (operand, shape) => {
    const value = integer(operand.replace(/^#/, ''));
    if (value !== undefined) return immediate(value, shape);
    const register = arm64Register(operand);
    if (register !== undefined) return { ...shape, kind: 'register', register };
    const address = arm64Address(operand);
    return address && { ...shape, kind: 'memory', ...address };
  },
};

/** Blanks separate arguments; one that some assembler wrote inside of an operand does not. */
function operandTexts(text: string): readonly string[] {
  const words = text.split(/[ \t\n]+/).filter((word) => word !== '');
  if (words[0]?.includes('@') !== true) return words;
  const operands: string[][] = [];
  for (const word of words) {
    const last = operands.at(-1);
    if (last === undefined || /^-?\d{1,3}f?@/.test(word)) operands.push([word]);
    else last.push(word);
  }
  return operands.map((parts) => parts.join(''));
}

function markOperand(text: string, operandOf: OperandReader): MarkOperand {
  if (text.length > OPERAND_LIMIT) return unsupported('its description is too long');
  const [, sign, digits, float, described] = /^(-?)(\d{1,3})(f?)@(.*)$/s.exec(text) ?? [];
  // The first version of <sys/sdt.h> wrote no sizes: every argument was as wide as a long.
  const operand = described ?? text;
  const size = digits === undefined ? 8 : Number(digits);
  if (
    float === 'f' ||
    /^%[xyz]mm\d+$/.test(operand) ||
    /^%st(\(\d\))?$/.test(operand) ||
    /^[vqdsh]\d+$/.test(operand)
  )
    return unsupported('it is a floating-point number');
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8)
    return unsupported(`it has ${size} bytes, not 1, 2, 4 or 8`);
  const value = operandOf(operand, { size, signed: sign === undefined || sign === '-' });
  return value ?? unsupported(`its place '${operand}' is not understood`);
}

function operandValue(operand: string, shape: ValueShape): MarkValue | undefined {
  if (operand.startsWith('$')) {
    const value = integer(operand.slice(1));
    return value === undefined ? undefined : immediate(value, shape);
  }
  if (operand.startsWith('%')) {
    const register = registerPart(operand.slice(1));
    return register && { ...shape, kind: 'register', register };
  }
  const address = operandAddress(operand);
  return address && { ...shape, kind: 'memory', ...address };
}

/** `displacement(base, index, scale)`; without a parenthesis an absolute address or a variable. */
function operandAddress(operand: string): OperandAddress | undefined {
  const open = operand.indexOf('(');
  const place = displacementOf(open < 0 ? operand : operand.slice(0, open));
  if (place === undefined) return undefined;
  if (open < 0) return operand === '' ? undefined : { ...place, scale: 1 };
  if (!operand.endsWith(')')) return undefined;
  const registers = registersOf(operand.slice(open + 1, -1));
  return registers && { ...place, ...registers };
}

function registersOf(text: string): Pick<OperandAddress, 'base' | 'index' | 'scale'> | undefined {
  const [baseText = '', indexText, scaleText = '1', ...rest] = text.split(',');
  if (rest.length > 0 || !/^[1248]$/.test(scaleText)) return undefined;
  const base = addressRegister(baseText);
  const index = indexText === undefined ? undefined : addressRegister(indexText);
  if (base === undefined && (baseText !== '' || index === undefined)) return undefined;
  if (index === undefined && indexText !== undefined) return undefined;
  if (index !== undefined && (index.number === INSTRUCTION_POINTER || base?.number === INSTRUCTION_POINTER))
    return undefined;
  const scale = Number(scaleText) as OperandAddress['scale'];
  return { ...(base !== undefined && { base }), ...(index !== undefined && { index }), scale };
}

/** Addresses are made of 64-bit or 32-bit registers only. */
function addressRegister(text: string): RegisterPart | undefined {
  const register = text.startsWith('%') ? registerPart(text.slice(1)) : undefined;
  return register !== undefined && register.size >= 4 ? register : undefined;
}

/** A sum of numbers and at most one name of a variable; empty is 0. */
function displacementOf(text: string): Pick<OperandAddress, 'displacement' | 'symbol'> | undefined {
  if (text === '') return { displacement: 0 };
  const terms = text.match(/[+-]?[^+-]+/g) ?? [];
  if (terms.length > TERM_LIMIT || terms.join('') !== text) return undefined;
  let displacement = 0n;
  let symbol: string | undefined;
  for (const term of terms) {
    const value = integer(term);
    if (value !== undefined) displacement += value;
    else {
      const name = /^\+?([A-Za-z_.][\w.$]*)$/.exec(term)?.[1];
      if (name === undefined || symbol !== undefined) return undefined;
      symbol = name;
    }
  }
  return { displacement: fromBigInt(displacement), ...(symbol !== undefined && { symbol }) };
}

/** The number as a C conversion to an integer of that size gives it. */
function immediate(value: bigint, shape: ValueShape): MarkValue {
  const bits = shape.size * 8;
  const kept = shape.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  return { ...shape, kind: 'immediate', value: fromBigInt(kept) };
}

function unsupported(reason: string): MarkOperand {
  return { kind: 'unsupported', reason };
}
