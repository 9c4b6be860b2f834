import { CELLS, SCRATCH_SLOTS, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { Label } from '../assembler.ts';
import type { Register } from '../registers.ts';
import { writeCount } from './cells.ts';
import { addressOf, MEMORY } from './emission.ts';
import type { Emission } from './emission.ts';

/** Flag of ringbuf_output and ringbuf_submit: the reader looks by itself. */
const BPF_RB_NO_WAKEUP = 1;

/** First word of a scratch element: not 0 while a program uses it. */
const SCRATCH_BUSY = 0;

/**
 * Makes the register the address of an element of the scratch that no program on this processor is using: programs interrupt each other, and
 * those of processes are preempted. Goes to `leave` when all are in use, which is counted.
 */
export function writeScratchClaim({ assembler, frame }: Emission, base: Register, leave: Label): void {
  const claimed = assembler.newLabel('claimed');
  frame.scoped(8, (key) => {
    for (let slot = 0; slot < SCRATCH_SLOTS; slot += 1) {
      const next = assembler.newLabel('next slot');
      assembler.store(4, 'r10', key, slot);
      assembler.map('r1', WELL_KNOWN_MAPS.scratch);
      addressOf(assembler, 'r2', 'r10', key);
      assembler.call('map_lookup_elem');
      assembler.jumpIf('==', 'r0', 0, next);
      assembler.alu('=', base, 'r0');
      assembler.alu('=', 'r1', 1);
      assembler.atomic('xchg', 8, base, SCRATCH_BUSY, 'r1');
      assembler.jumpIf('==', 'r1', 0, claimed);
      assembler.bind(next);
    }
  });
  writeCount(assembler, CELLS.skippedNested);
  assembler.jump(leave);
  assembler.bind(claimed);
}

/** Gives the scratch element back. */
export function writeScratchRelease({ assembler }: Emission, base: Register): void {
  assembler.store(8, base, SCRATCH_BUSY, 0);
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

/** Hands over a record in the scratch, `start` bytes from `base`; r3 is its length. It is counted when there is no room. */
export function writeOutput({ assembler }: Emission, base: Register, start: number): void {
  const sent = assembler.newLabel('sent');
  assembler.map('r1', WELL_KNOWN_MAPS.ring);
  addressOf(assembler, 'r2', base, start);
  assembler.alu('=', 'r4', BPF_RB_NO_WAKEUP);
  assembler.call('ringbuf_output');
  assembler.jumpIf('==', 'r0', 0, sent);
  writeCount(assembler, CELLS.lostRecords);
  assembler.bind(sent);
}

/** Writes the header of a record `start` bytes from `base`, but for its length. */
export function writeHeader(
  { assembler, probe }: Emission,
  base: Register,
  start: number,
  kind: number,
): void {
  assembler.call('ktime_get_ns');
  assembler.store(8, base, start + 8, 'r0');
  assembler.call('get_current_pid_tgid');
  assembler.store(4, base, start + 20, 'r0');
  assembler.alu('>>=', 'r0', 32);
  assembler.store(4, base, start + 16, 'r0');
  assembler.call('get_smp_processor_id');
  assembler.store(4, base, start + 24, 'r0');
  if (probe.kind === 'constant') assembler.store(4, base, start, probe.index);
  else {
    assembler.load(8, 'r1', 'r10', probe.offset);
    assembler.store(4, base, start, 'r1');
  }
  assembler.store(4, base, start + 4, kind);
}

/** Offset of the length in a record. */
export const LENGTH_OFFSET = 28;
