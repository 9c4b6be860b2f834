import { RECORD_HEADER_BYTES, RECORD_KIND } from '../../module/event-record.ts';
import { SCRATCH_BYTES } from '../../module/kernel-part.ts';
import type { Label } from '../assembler.ts';
import type { CaptureBody } from '../ir.ts';
import type { Register } from '../registers.ts';
import { writeHit } from './cells.ts';
import { addressOf, CONTEXT, FILLED, MEMORY, WORK_REGISTERS } from './emission.ts';
import type { Emission } from './emission.ts';
import {
  LENGTH_OFFSET,
  writeHeader,
  writeOutput,
  writeReserve,
  writeScratchClaim,
  writeScratchRelease,
  writeSubmit,
} from './record-place.ts';
import { SCRATCH_START } from './room.ts';
import { planRecord } from './record-plan.ts';
import type { PlacedPiece } from './record-plan.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

/** Flag of get_stack: of the process. */
const BPF_F_USER_STACK = 256;
const WORD_BYTES = 8;

/**
 * Writes the record of an event for a deferred handler. A run that the filter excludes is counted; then, and when there
 * is no room, it goes to `leave`.
 */
export function writeCapture(emission: Emission, capture: CaptureBody, leave: Label): void {
  const { assembler } = emission;
  if (capture.filter !== undefined) {
    const passes = assembler.newLabel('passes');
    emission.jumpWhen(capture.filter, true, passes);
    writeHit(emission);
    assembler.jump(leave);
    assembler.bind(passes);
  }
  const plan = planRecord(capture);
  const mostBytes = plan.bytes + (plan.isFixed ? 0 : plan.mostVariableBytes);
  if (mostBytes > SCRATCH_BYTES - SCRATCH_START)
    throw new UnwritableProgramError(`a record of ${mostBytes} bytes is too long`);
  if (plan.isFixed) writeReserve(emission, plan.bytes, leave);
  else writeScratchClaim(emission, MEMORY, leave);
  const start = plan.isFixed ? 0 : SCRATCH_START;
  const broken = assembler.newLabel('too long');
  writeHeader(emission, MEMORY, start, RECORD_KIND.event);
  for (const [index, word] of capture.words.entries()) {
    emission.long(word, 'r0', WORK_REGISTERS);
    assembler.store(8, MEMORY, start + RECORD_HEADER_BYTES + index * WORD_BYTES, 'r0');
  }
  for (const piece of plan.pieces) writePiece(emission, piece, start, broken);
  if (plan.isFixed) {
    assembler.store(4, MEMORY, LENGTH_OFFSET, plan.bytes);
    writeSubmit(emission);
    return;
  }
  assembler.jumpIf('>', FILLED, plan.mostVariableBytes, broken);
  assembler.alu('=', 'r3', FILLED);
  assembler.alu('+=', 'r3', plan.bytes);
  assembler.store(4, MEMORY, start + LENGTH_OFFSET, 'r3');
  writeOutput(emission, MEMORY, start);
  assembler.bind(broken);
  writeScratchRelease(emission, MEMORY);
}

function writePiece(emission: Emission, placed: PlacedPiece, start: number, broken: Label): void {
  const { assembler } = emission;
  const { piece, source, mostBefore } = placed;
  const entry = start + placed.entry;
  if (source.kind === 'memory') {
    emission.long(source.address, 'r3', ['r0', 'r1', 'r2', 'r4', 'r5']);
    assembler.store(8, MEMORY, entry, 'r3');
  } else assembler.store(8, MEMORY, entry, 0);
  if (mostBefore === 0) assembler.alu('=', FILLED, 0);
  // The verifier is told what holds anyway.
  if (mostBefore !== undefined && mostBefore > 0) assembler.jumpIf('>', FILLED, mostBefore, broken);
  const data: Register = source.kind === 'stack' ? 'r2' : 'r1';
  pointAtData(emission, data, placed, start);
  if (mostBefore === undefined) assembler.store(4, MEMORY, entry + 12, placed.at);
  else {
    assembler.alu('=', 'r0', FILLED);
    assembler.alu('+=', 'r0', placed.at);
    assembler.store(4, MEMORY, entry + 12, 'r0');
  }
  if (source.kind === 'stack') {
    assembler.alu('=', 'r1', CONTEXT);
    assembler.alu('=', 'r3', piece.size);
    assembler.alu('=', 'r4', piece.space === 'user' ? BPF_F_USER_STACK : 0);
    assembler.call('get_stack');
  } else {
    assembler.alu('=', 'r2', piece.size);
    assembler.call(READERS[piece.space][piece.kind === 'string' ? 'string' : 'bytes']);
  }
  writeStatus(emission, placed, start);
}

function pointAtData(
  { assembler }: Emission,
  data: Register,
  { at, mostBefore }: PlacedPiece,
  start: number,
): void {
  addressOf(assembler, data, MEMORY, start + at);
  if (mostBefore !== undefined) assembler.alu('+=', data, FILLED);
}

/** The smallest size of a page on any machine. */
const PAGE_BYTES = 4096;

/**
 * Behind a read of a process' memory that failed, goes on when it did not. What was asked for may go beyond the end of a
 * mapping, as at the top of a stack, where the words of a command line are: then the rest of the first page is read.
 * Goes to `done` with what is known in r0: the number of bytes, or an error.
 */
function writePageRest(emission: Emission, placed: PlacedPiece, start: number, done: Label): void {
  const { assembler } = emission;
  const whole = assembler.newLabel('whole');
  assembler.jumpIf('==', 'r0', 0, whole);
  assembler.load(8, 'r3', MEMORY, start + placed.entry);
  writeRestOfPage(emission, 'r2', 'r3');
  assembler.jumpIf('>', 'r2', placed.piece.size, done);
  pointAtData(emission, 'r1', placed, start);
  assembler.call('probe_read_user');
  assembler.jumpIf('!=', 'r0', 0, done);
  assembler.load(8, 'r3', MEMORY, start + placed.entry);
  writeRestOfPage(emission, 'r0', 'r3');
  assembler.jump(done);
  assembler.bind(whole);
}

/** `into` = bytes from the address on to the end of its page. */
function writeRestOfPage({ assembler }: Emission, into: Register, address: Register): void {
  assembler.alu('=', into, address);
  assembler.alu('&=', into, PAGE_BYTES - 1);
  assembler.alu('^=', into, PAGE_BYTES - 1);
  assembler.alu('+=', into, 1);
}

const READERS = {
  kernel: { bytes: 'probe_read_kernel', string: 'probe_read_kernel_str' },
  user: { bytes: 'probe_read_user', string: 'probe_read_user_str' },
} as const;

/** Status of a piece from what the helper answered in r0, and how much is filled now. */
function writeStatus(emission: Emission, placed: PlacedPiece, start: number): void {
  const { assembler } = emission;
  const { piece, mostBefore } = placed;
  const failed = assembler.newLabel('fault');
  switch (piece.kind) {
    case 'bytes':
      if (piece.space === 'user' && piece.size > WORD_BYTES) writePageRest(emission, placed, start, failed);
      else assembler.jumpIf('!=', 'r0', 0, failed);
      assembler.alu('=', 'r0', piece.size);
      break;
    case 'string':
      assembler.jumpIf('s<=', 'r0', 0, failed);
      // Without its NUL.
      assembler.alu('+=', 'r0', -1);
      break;
    case 'stack':
      assembler.jumpIf('s<=', 'r0', 0, failed);
  }
  if (mostBefore !== undefined) {
    assembler.alu('=', 'r1', 'r0');
    assembler.alu('+=', 'r1', 7);
    assembler.alu('&=', 'r1', -8);
    assembler.alu('+=', FILLED, 'r1');
  }
  assembler.bind(failed);
  assembler.store(4, MEMORY, start + placed.entry + 8, 'r0');
}
