import { RECORD_KIND } from '../../module/event-record.ts';
import type { Label } from '../assembler.ts';
import type { KernelProgramSource } from '../ir.ts';
import { writeHit } from './cells.ts';
import { connectEmission } from './connect-emission.ts';
import { SCRATCH } from './emission.ts';
import type { EmissionCore, EmissionScope } from './emission.ts';
import { writeShortMessage } from './messages.ts';
import { writeStatements } from './statements.ts';
import { wordsOf } from './text-place.ts';

type Handler = NonNullable<KernelProgramSource['handler']>;

/** More local longs than these are kept in the scratch. */
const MOST_STACK_LONGS = 16;

/** Writes a handler that runs in the kernel, which goes to `end` when it is done. */
export function writeHandler(core: EmissionCore, handler: Handler, end: Label): void {
  const { assembler, frame } = core;
  const errors = new Map<number, Label>();
  const argument = handlerCanFault(handler) ? frame.allocate(8) : undefined;
  writeHit(core);
  if (argument !== undefined) assembler.store(8, 'r10', argument, 0);
  const emission = connectEmission(core, {
    ...beginLocals(core, handler),
    end,
    error: (index) => {
      const label = errors.get(index) ?? assembler.newLabel(`error ${index}`);
      errors.set(index, label);
      return label;
    },
    errorArgument: () => argument ?? frame.allocate(8),
  });
  writeStatements(emission, handler.statements);
  assembler.jump(end);
  for (const [index, label] of errors) {
    assembler.bind(label);
    // An error without an argument has a word too many, which nobody reads.
    writeShortMessage(emission, RECORD_KIND.error, index, argument === undefined ? 0 : 1, argument ?? 0);
    assembler.jump(end);
  }
}

/** Room for the locals, which begin as 0 and empty. */
function beginLocals(
  { assembler, frame, scratch, target }: EmissionCore,
  { longSlots, stringSlots }: Handler,
): Pick<EmissionScope, 'loadLocal' | 'storeLocal' | 'stringLocal'> {
  const onStack = longSlots <= MOST_STACK_LONGS;
  const base = onStack ? 'r10' : SCRATCH;
  const longs = longSlots === 0 ? 0 : (onStack ? frame : scratch).allocate(longSlots * 8);
  for (let slot = 0; slot < longSlots; slot += 1) assembler.store(8, base, longs + slot * 8, 0);
  const capacity = target.maxStringLength;
  const stringBytes = wordsOf(capacity) * 8 + 8;
  const strings = stringSlots === 0 ? 0 : scratch.allocate(stringSlots * stringBytes);
  for (let slot = 0; slot < stringSlots; slot += 1)
    assembler.store(8, SCRATCH, strings + slot * stringBytes, 0);
  return {
    loadLocal: (slot, destination) => {
      assembler.load(8, destination, base, longs + slot * 8);
    },
    storeLocal: (slot, source) => {
      assembler.store(8, base, longs + slot * 8, source);
    },
    stringLocal: (slot) => ({
      base: SCRATCH,
      offset: strings + slot * stringBytes,
      capacity,
      isFilled: false,
    }),
  };
}

/** Whether an error may come with an address. */
function handlerCanFault(handler: Handler): boolean {
  return hasProperty(handler.statements, 'onFault');
}

function hasProperty(data: unknown, name: string): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const value: unknown = Object.entries(data).find(([key]) => key === name)?.[1];
  return value !== undefined || Object.values(data).some((child) => hasProperty(child, name));
}
