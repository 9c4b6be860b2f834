import type { LongExpression } from '../ir.ts';
import type { Register } from '../registers.ts';
import { addressOf, CONTEXT } from './emission.ts';
import type { Emission } from './emission.ts';
import { MACHINE_REGISTERS } from './machine-registers.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

/** What the context of the program holds. */
export type ContextWord = Extract<
  LongExpression,
  { kind: 'argument' | 'syscall-argument' | 'syscall-number' | 'syscall-result' | 'result' | 'register' }
>;

const SYSCALL_SECOND_ARGUMENT = 8;

/** Whether the word comes from a helper: functions' arguments are typed pointers otherwise, which cannot be calculated with. */
export function wordCallsHelper({ kind }: ContextWord, { context }: Pick<Emission, 'context'>): boolean {
  const isFunction = context === 'fentry' || context === 'fexit';
  return isFunction && (kind === 'argument' || kind === 'result' || kind === 'register');
}

/** destination = the word. r0 to r5 are lost when `wordCallsHelper`. */
export function writeContextWord(emission: Emission, word: ContextWord, destination: Register): void {
  const { assembler, context, target } = emission;
  if (wordCallsHelper(word, emission)) {
    writeFunctionWord(emission, word, destination);
    return;
  }
  const registers = MACHINE_REGISTERS[target.architecture];
  switch (word.kind) {
    case 'argument':
      if (context !== 'tracepoint') break;
      assembler.load(8, destination, CONTEXT, word.index * 8);
      return;
    case 'register': {
      const offset = registers.byNumber[word.number];
      if (context !== 'registers' || offset === undefined) break;
      assembler.load(8, destination, CONTEXT, offset);
      return;
    }
    case 'result':
      if (context === 'syscall-exit') assembler.load(8, destination, CONTEXT, SYSCALL_SECOND_ARGUMENT);
      else if (context === 'registers') assembler.load(8, destination, CONTEXT, registers.result);
      else break;
      return;
    case 'syscall-result':
      if (context !== 'syscall-exit') break;
      assembler.load(8, destination, CONTEXT, SYSCALL_SECOND_ARGUMENT);
      return;
    case 'syscall-number':
      if (context === 'syscall-enter') assembler.load(8, destination, CONTEXT, SYSCALL_SECOND_ARGUMENT);
      else savedRegister(emission, registers.syscallNumber.offset, registers.syscallNumber.size, destination);
      return;
    case 'syscall-argument': {
      const offset = registers.syscallArguments[word.index];
      if (offset === undefined) break;
      savedRegister(emission, offset, 8, destination);
      return;
    }
  }
  throw new UnwritableProgramError(`programs at ${context} have no ${word.kind}`);
}

function savedRegister(
  { assembler, syscallFrame, context }: Emission,
  offset: number,
  size: 4 | 8,
  destination: Register,
): void {
  if (syscallFrame === undefined)
    throw new UnwritableProgramError(`programs at ${context} are at no system call`);
  assembler.load(size, destination, 'r10', syscallFrame.offsetOf(offset));
}

function writeFunctionWord(emission: Emission, word: ContextWord, destination: Register): void {
  const { assembler, frame, context, target } = emission;
  if (word.kind === 'result' && context === 'fentry')
    throw new UnwritableProgramError('a function has no result at its entry');
  if (word.kind === 'register') {
    if (word.number !== MACHINE_REGISTERS[target.architecture].byNumber.length - 1)
      throw new UnwritableProgramError(`programs at ${context} have no registers`);
    assembler.alu('=', 'r1', CONTEXT);
    assembler.call('get_func_ip');
    if (destination !== 'r0') assembler.alu('=', destination, 'r0');
    return;
  }
  frame.scoped(8, (offset) => {
    assembler.store(8, 'r10', offset, 0);
    assembler.alu('=', 'r1', CONTEXT);
    const isArgument = word.kind === 'argument';
    if (isArgument) assembler.alu('=', 'r2', word.index);
    addressOf(assembler, isArgument ? 'r3' : 'r2', 'r10', offset);
    assembler.call(isArgument ? 'get_func_arg' : 'get_func_ret');
    assembler.load(8, destination, 'r10', offset);
  });
}
