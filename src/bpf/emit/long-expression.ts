import type { LongExpression } from '../ir.ts';
import type { JumpOperator } from '../instructions.ts';
import type { Label } from '../assembler.ts';
import type { Register } from '../registers.ts';
import { writeCellLoad } from './cells.ts';
import { wordCallsHelper, writeContextWord } from './context-words.ts';
import { addressOf, WORK_REGISTERS } from './emission.ts';
import type { Emission } from './emission.ts';
import { writeFact } from './facts.ts';
import { writeSignedDivision } from './signed-division.ts';

type Binary = Extract<LongExpression, { kind: 'binary' }>;
type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Signed comparisons, and what they are when they do not hold. */
const COMPARISONS: Readonly<
  Record<Comparison, { readonly holds: JumpOperator; readonly fails: JumpOperator }>
> = {
  '==': { holds: '==', fails: '!=' },
  '!=': { holds: '!=', fails: '==' },
  '<': { holds: 's<', fails: 's>=' },
  '<=': { holds: 's<=', fails: 's>' },
  '>': { holds: 's>', fails: 's<=' },
  '>=': { holds: 's>=', fails: 's<' },
};

const ARITHMETIC = {
  '+': '+=',
  '-': '-=',
  '*': '*=',
  '&': '&=',
  '|': '|=',
  '^': '^=',
  '<<': '<<=',
  '>>': 's>>=',
  '>>>': '>>=',
} as const;

/** Whether the evaluation calls helpers of the kernel, which r0 to r5 do not outlive. */
export function callsHelpers(expression: LongExpression, emission: Pick<Emission, 'context'>): boolean {
  switch (expression.kind) {
    case 'constant':
    case 'local':
    case 'cell':
      return false;
    case 'argument':
    case 'syscall-argument':
    case 'syscall-number':
    case 'syscall-result':
    case 'result':
    case 'register':
      return wordCallsHelper(expression, emission);
    case 'unary':
      return callsHelpers(expression.operand, emission);
    case 'binary':
    case 'logical':
      return callsHelpers(expression.left, emission) || callsHelpers(expression.right, emission);
    case 'conditional':
      return (
        callsHelpers(expression.condition, emission) ||
        callsHelpers(expression.consequent, emission) ||
        callsHelpers(expression.alternate, emission)
      );
    case 'fact':
    case 'read':
    case 'element':
    case 'contains':
    case 'compare-strings':
    case 'string-length':
      return true;
  }
}

/** See Emission.long. */
export function writeLong(
  emission: Emission,
  expression: LongExpression,
  destination: Register,
  free: readonly Register[],
): void {
  const { assembler } = emission;
  switch (expression.kind) {
    case 'constant':
      assembler.constant(destination, expression.value);
      return;
    case 'argument':
    case 'syscall-argument':
    case 'syscall-number':
    case 'syscall-result':
    case 'result':
    case 'register':
      writeContextWord(emission, expression, destination);
      return;
    case 'fact':
      writeFact(assembler, expression.fact);
      move(emission, destination, 'r0');
      return;
    case 'read':
      writeRead(emission, expression, destination);
      return;
    case 'unary':
      writeUnary(emission, expression, destination, free);
      return;
    case 'binary':
      if (isComparison(expression.operator)) writeTruth(emission, expression, destination, free);
      else writeArithmetic(emission, expression, destination, free);
      return;
    case 'logical':
      writeTruth(emission, expression, destination, free);
      return;
    case 'conditional': {
      const otherwise = assembler.newLabel('otherwise');
      const done = assembler.newLabel('chosen');
      emission.jumpWhen(expression.condition, false, otherwise, { destination, free });
      writeLong(emission, expression.consequent, destination, free);
      assembler.jump(done);
      assembler.bind(otherwise);
      writeLong(emission, expression.alternate, destination, free);
      assembler.bind(done);
      return;
    }
    case 'local':
      emission.loadLocal(expression.slot, destination);
      return;
    case 'cell':
      writeCellLoad(assembler, destination, expression.offset);
      return;
    case 'element':
    case 'contains':
    case 'compare-strings':
    case 'string-length':
      emission.composite(expression);
      move(emission, destination, 'r0');
  }
}

/** See Emission.jumpWhen. */
export function writeJumpWhen(
  emission: Emission,
  expression: LongExpression,
  sense: boolean,
  label: Label,
  registers: { readonly destination: Register; readonly free: readonly Register[] } = {
    destination: 'r0',
    free: WORK_REGISTERS,
  },
): void {
  const { assembler } = emission;
  const { destination, free } = registers;
  if (expression.kind === 'constant') {
    if ((expression.value !== 0) === sense) assembler.jump(label);
    return;
  }
  if (expression.kind === 'unary' && expression.operator === '!') {
    writeJumpWhen(emission, expression.operand, !sense, label, registers);
    return;
  }
  if (expression.kind === 'logical') {
    // Whether the left side alone leads to the label.
    const isDirect = (expression.operator === '||') === sense;
    const past = assembler.newLabel('past');
    writeJumpWhen(emission, expression.left, isDirect ? sense : !sense, isDirect ? label : past, registers);
    writeJumpWhen(emission, expression.right, sense, label, registers);
    assembler.bind(past);
    return;
  }
  if (expression.kind === 'binary' && isComparison(expression.operator)) {
    const { holds, fails } = COMPARISONS[expression.operator];
    withOperands(emission, expression, destination, free, (right) => {
      assembler.jumpIf(sense ? holds : fails, destination, right, label);
    });
    return;
  }
  writeLong(emission, expression, destination, free);
  assembler.jumpIf(sense ? '!=' : '==', destination, 0, label);
}

function isComparison(operator: Binary['operator']): operator is Comparison {
  return operator in COMPARISONS;
}

function move({ assembler }: Emission, destination: Register, source: Register): void {
  if (destination !== source) assembler.alu('=', destination, source);
}

function writeTruth(
  emission: Emission,
  expression: LongExpression,
  destination: Register,
  free: readonly Register[],
): void {
  const { assembler } = emission;
  const isFalse = assembler.newLabel('false');
  const done = assembler.newLabel('known');
  writeJumpWhen(emission, expression, false, isFalse, { destination, free });
  assembler.alu('=', destination, 1);
  assembler.jump(done);
  assembler.bind(isFalse);
  assembler.alu('=', destination, 0);
  assembler.bind(done);
}

function writeUnary(
  emission: Emission,
  expression: Extract<LongExpression, { kind: 'unary' }>,
  destination: Register,
  free: readonly Register[],
): void {
  const { assembler } = emission;
  if (expression.operator === '!') {
    writeTruth(emission, expression, destination, free);
    return;
  }
  writeLong(emission, expression.operand, destination, free);
  if (expression.operator === '-') assembler.negate(destination);
  else assembler.alu('^=', destination, -1);
}

function writeArithmetic(
  emission: Emission,
  expression: Binary,
  destination: Register,
  free: readonly Register[],
): void {
  const { assembler } = emission;
  const { operator, onZero } = expression;
  withOperands(emission, expression, destination, free, (right, spare) => {
    switch (operator) {
      case '/':
      case '%': {
        const done = assembler.newLabel('by zero');
        const divisor = typeof right === 'number' ? spare : right;
        if (typeof right === 'number') assembler.alu('=', spare, right);
        if (onZero !== undefined) assembler.jumpIf('==', divisor, 0, emission.error(onZero));
        else {
          const isDivided = assembler.newLabel('divisible');
          assembler.jumpIf('!=', divisor, 0, isDivided);
          assembler.alu('=', destination, 0);
          assembler.jump(done);
          assembler.bind(isDivided);
        }
        writeSignedDivision(assembler, operator, destination, divisor);
        assembler.bind(done);
        return;
      }
      case '<<':
      case '>>':
      case '>>>':
        if (typeof right === 'number') assembler.alu(ARITHMETIC[operator], destination, right & 63);
        else {
          assembler.alu('&=', right, 63);
          assembler.alu(ARITHMETIC[operator], destination, right);
        }
        return;
      default:
        if (!isComparison(operator)) assembler.alu(ARITHMETIC[operator], destination, right);
    }
  });
}

/**
 * Evaluates both sides, the left one first and into `destination`, and has `write` use them; the right one is in a
 * register that may be changed, or a constant. `spare` is another register that may be changed.
 */
function withOperands(
  emission: Emission,
  { left, right }: Binary,
  destination: Register,
  free: readonly Register[],
  write: (right: Register | number, spare: Register) => void,
): void {
  const { assembler, frame } = emission;
  const [first, ...rest] = free;
  if (first === undefined) throw new RangeError('an expression needs a register');
  if (right.kind === 'constant' && right.value >= -0x8000_0000 && right.value <= 0x7fff_ffff) {
    writeLong(emission, left, destination, free);
    write(Number(right.value), first);
    return;
  }
  const isSimple = right.kind === 'constant' || right.kind === 'local' || right.kind === 'cell';
  if (!callsHelpers(right, emission) && (isSimple || rest.length > 0)) {
    writeLong(emission, left, destination, free);
    writeLong(emission, right, first, rest);
    write(first, rest[0] ?? first);
    return;
  }
  writeLong(emission, left, destination, free);
  frame.scoped(8, (offset) => {
    assembler.store(8, 'r10', offset, destination);
    writeLong(emission, right, destination, free);
    assembler.alu('=', first, destination);
    assembler.load(8, destination, 'r10', offset);
  });
  write(first, rest[0] ?? first);
}

function writeRead(
  emission: Emission,
  { address, space, size, signed, onFault }: Extract<LongExpression, { kind: 'read' }>,
  destination: Register,
): void {
  const { assembler, frame } = emission;
  writeLong(emission, address, 'r3', ['r0', 'r1', 'r2', 'r4', 'r5']);
  frame.scoped(8, (offset) => {
    if (onFault !== undefined) assembler.store(8, 'r10', emission.errorArgument(), 'r3');
    addressOf(assembler, 'r1', 'r10', offset);
    assembler.alu('=', 'r2', size);
    assembler.call(space === 'kernel' ? 'probe_read_kernel' : 'probe_read_user');
    if (onFault !== undefined) assembler.jumpIf('s<', 'r0', 0, emission.error(onFault));
    // The kernel fills what it cannot read with zeros.
    assembler.load(size, destination, 'r10', offset);
  });
  if (!signed || size === 8) return;
  assembler.alu('<<=', destination, 64 - size * 8);
  assembler.alu('s>>=', destination, 64 - size * 8);
}
