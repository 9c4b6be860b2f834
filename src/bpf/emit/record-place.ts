import { RECORD_HEADER_BYTES } from '../../module/event-record.ts';
import { CELLS, SCRATCH_BYTES, SCRATCH_SLOTS, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { Label } from '../assembler.ts';
import { writeCount } from './cells.ts';
import { addressOf, MEMORY } from './emission.ts';
import type { Emission } from './emission.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

/** Flag of ringbuf_output and ringbuf_submit: the reader looks by itself. */
const BPF_RB_NO_WAKEUP = 1;

/** First word of a scratch element: not 0 while a program uses it. */
const SCRATCH_BUSY = 0;
/** What programs use of a scratch element begins here. */
export const SCRATCH_START = 8;
export const SCRATCH_ROOM = SCRATCH_BYTES - SCRATCH_START;

/**
 * Makes MEMORY an element of the scratch that no program on this processor is using: programs interrupt each other, and
 * those of processes are preempted. Goes to `leave` when all are in use, which is counted.
 */
export function writeScratchClaim({ assembler, frame }: Emission, leave: Label): void {
  const claimed = assembler.newLabel('claimed');
  frame.scoped(8, (key) => {
    for (let slot = 0; slot < SCRATCH_SLOTS; slot += 1) {
      const next = assembler.newLabel('next slot');
      assembler.store(4, 'r10', key, slot);
      assembler.map('r1', WELL_KNOWN_MAPS.scratch);
      addressOf(assembler, 'r2', 'r10', key);
      assembler.call('map_lookup_elem');
      assembler.jumpIf('==', 'r0', 0, next);
      assembler.alu('=', MEMORY, 'r0');
      assembler.alu('=', 'r1', 1);
      assembler.atomic('xchg', 8, MEMORY, SCRATCH_BUSY, 'r1');
      assembler.jumpIf('==', 'r1', 0, claimed);
      assembler.bind(next);
    }
  });
  writeCount(assembler, CELLS.skippedNested);
  assembler.jump(leave);
  assembler.bind(claimed);
}

/** Gives the scratch element back. */
export function writeScratchRelease({ assembler }: Emission): void {
  assembler.store(8, MEMORY, SCRATCH_BUSY, 0);
}

/** Makes MEMORY room for a record in the ring buffer; goes to `leave` when it is full, which is counted. */
export function writeReserve({ assembler }: Emission, bytes: number, leave: Label): void {
  const reserved = assembler.newLabel('reserved');
  assembler.map('r1', WELL_KNOWN_MAPS.ring);
  assembler.alu('=', 'r2', bytes);
  assembler.alu('=', 'r3', 0);
  assembler.call('ringbuf_reserve');
  assembler.alu('=', MEMORY, 'r0');
  assembler.jumpIf('!=', 'r0', 0, reserved);
  writeCount(assembler, CELLS.lostRecords);
  assembler.jump(leave);
  assembler.bind(reserved);
}

/** Hands over what was reserved. */
export function writeSubmit({ assembler }: Emission): void {
  assembler.alu('=', 'r1', MEMORY);
  assembler.alu('=', 'r2', BPF_RB_NO_WAKEUP);
  assembler.call('ringbuf_submit');
}

/** Hands over a record in the scratch, `start` bytes from MEMORY; r3 is its length. It is counted when there is no room. */
export function writeOutput({ assembler }: Emission, start: number): void {
  const sent = assembler.newLabel('sent');
  assembler.map('r1', WELL_KNOWN_MAPS.ring);
  addressOf(assembler, 'r2', MEMORY, start);
  assembler.alu('=', 'r4', BPF_RB_NO_WAKEUP);
  assembler.call('ringbuf_output');
  assembler.jumpIf('==', 'r0', 0, sent);
  writeCount(assembler, CELLS.lostRecords);
  assembler.bind(sent);
}

/** Writes the header of a record `start` bytes from MEMORY, but for its length. */
export function writeHeader({ assembler, probe }: Emission, start: number, kind: number): void {
  assembler.call('ktime_get_ns');
  assembler.store(8, MEMORY, start + 8, 'r0');
  assembler.call('get_current_pid_tgid');
  assembler.store(4, MEMORY, start + 20, 'r0');
  assembler.alu('>>=', 'r0', 32);
  assembler.store(4, MEMORY, start + 16, 'r0');
  assembler.call('get_smp_processor_id');
  assembler.store(4, MEMORY, start + 24, 'r0');
  if (probe.kind === 'constant') assembler.store(4, MEMORY, start, probe.index);
  else {
    assembler.load(8, 'r1', 'r10', probe.offset);
    assembler.store(4, MEMORY, start, 'r1');
  }
  assembler.store(4, MEMORY, start + 4, kind);
}

/** Offset of the length in a record. */
export const LENGTH_OFFSET = 28;

/** Throws `UnwritableProgramError` for a record that the scratch has no room for. */
export function checkRecordBytes(bytes: number): void {
  if (bytes > SCRATCH_ROOM - RECORD_HEADER_BYTES)
    throw new UnwritableProgramError(`a record of ${bytes} bytes is too long`);
}
