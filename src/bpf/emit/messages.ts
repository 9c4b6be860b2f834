import { RECORD_HEADER_BYTES, RECORD_KIND } from '../../module/event-record.ts';
import { CELLS, MODULE_STATE, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { KernelValue } from '../ir.ts';
import { addressOf, FILLED, MEMORY, SCRATCH, WORK_REGISTERS } from './emission.ts';
import type { Emission } from './emission.ts';
import { LENGTH_OFFSET, writeHeader, writeOutput, writeReserve, writeSubmit } from './record-place.ts';
import { capacityOf, wordsOf } from './text-place.ts';

const WORD_BYTES = 8;
/** Arguments of a message without texts are kept on the stack. */
const MOST_STACK_ARGUMENTS = 12;

type MessageKind = (typeof RECORD_KIND)['print' | 'error'];

/** Writes a record of kind print or error: `index`, then the arguments. */
export function writeMessage(
  emission: Emission,
  kind: MessageKind,
  index: number,
  values: readonly KernelValue[],
): void {
  const longs = values.flatMap((value) => (value.type === 'long' ? [value.value] : []));
  if (longs.length < values.length || values.length > MOST_STACK_ARGUMENTS) {
    writeLongMessage(emission, kind, index, values);
    return;
  }
  const { assembler, frame } = emission;
  frame.scoped(longs.length * WORD_BYTES, (at) => {
    // What can fail is evaluated before room is taken.
    for (const [argument, value] of longs.entries()) {
      emission.long(value, 'r0', WORK_REGISTERS);
      assembler.store(8, 'r10', at + argument * WORD_BYTES, 'r0');
    }
    writeShortMessage(emission, kind, index, longs.length, at);
  });
}

/** A record of kind print or error whose arguments are on the stack from `at` on. */
export function writeShortMessage(
  emission: Emission,
  kind: MessageKind,
  index: number,
  count: number,
  at: number,
): void {
  const { assembler } = emission;
  const full = assembler.newLabel('full');
  const bytes = RECORD_HEADER_BYTES + (1 + count) * WORD_BYTES;
  writeReserve(emission, bytes, full);
  writeHeader(emission, MEMORY, 0, kind);
  assembler.store(8, MEMORY, RECORD_HEADER_BYTES, index);
  for (let argument = 0; argument < count; argument += 1) {
    assembler.load(8, 'r0', 'r10', at + argument * WORD_BYTES);
    assembler.store(8, MEMORY, RECORD_HEADER_BYTES + (1 + argument) * WORD_BYTES, 'r0');
  }
  assembler.store(4, MEMORY, LENGTH_OFFSET, bytes);
  writeSubmit(emission);
  assembler.bind(full);
}

/**
 * Writes a record of kind exit, and no handler starts any more from then on. Where there is no room for the record all
 * goes on as before, since nobody would be told.
 */
export function writeExit(emission: Emission): void {
  const { assembler } = emission;
  const full = assembler.newLabel('full');
  writeReserve(emission, RECORD_HEADER_BYTES, full);
  writeHeader(emission, MEMORY, 0, RECORD_KIND.exit);
  assembler.store(4, MEMORY, LENGTH_OFFSET, RECORD_HEADER_BYTES);
  writeSubmit(emission);
  assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, CELLS.state);
  assembler.store(4, 'r1', 0, MODULE_STATE.off);
  assembler.bind(full);
}

/** With texts: built in the scratch, one text behind the other. */
function writeLongMessage(
  emission: Emission,
  kind: MessageKind,
  index: number,
  values: readonly KernelValue[],
): void {
  const { assembler, scratch } = emission;
  const texts = values.map((value) => (value.type === 'string' ? capacityOf(emission, value.value) : 0));
  const fixedBytes = RECORD_HEADER_BYTES + (1 + values.length) * WORD_BYTES;
  const mostBytes = texts.reduce((sum, capacity) => sum + wordsOf(capacity) * 8, fixedBytes);
  scratch.scoped(mostBytes + WORD_BYTES, (start) => {
    assembler.alu('=', FILLED, fixedBytes);
    let most = fixedBytes;
    for (const [argument, value] of values.entries()) {
      const word = start + RECORD_HEADER_BYTES + (1 + argument) * WORD_BYTES;
      if (value.type === 'long') {
        emission.long(value.value, 'r0', WORK_REGISTERS);
        assembler.store(8, SCRATCH, word, 'r0');
        continue;
      }
      const capacity = texts[argument] ?? 0;
      // The verifier is told what holds anyway.
      assembler.jumpIf('>', FILLED, most, emission.end);
      addressOf(assembler, MEMORY, SCRATCH, start);
      assembler.alu('+=', MEMORY, FILLED);
      emission.text(value.value, { base: MEMORY, offset: 0, capacity, isFilled: false }, true);
      assembler.alu('=', 'r1', FILLED);
      assembler.alu('<<=', 'r1', 32);
      assembler.alu('|=', 'r1', 'r0');
      assembler.store(8, SCRATCH, word, 'r1');
      assembler.alu('+=', 'r0', 7);
      assembler.alu('&=', 'r0', -8);
      assembler.alu('+=', FILLED, 'r0');
      most += wordsOf(capacity) * 8;
    }
    writeHeader(emission, SCRATCH, start, kind);
    assembler.store(8, SCRATCH, start + RECORD_HEADER_BYTES, index);
    assembler.jumpIf('>', FILLED, most, emission.end);
    assembler.store(4, SCRATCH, start + LENGTH_OFFSET, FILLED);
    assembler.alu('=', 'r3', FILLED);
    writeOutput(emission, SCRATCH, start);
  });
}
