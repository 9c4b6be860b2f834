import type { Assembler } from '../assembler.ts';
import type { StringExpression } from '../ir.ts';
import type { Register } from '../registers.ts';
import { addressOf, SCRATCH } from './emission.ts';
import type { Emission } from './emission.ts';
import { arrayGlobal } from './global-shape.ts';

/** Texts of at most so many bytes are kept on the stack. */
const MOST_STACK_BYTES = 32;
/** Room is filled with zeros word by word up to so many bytes. */
const MOST_STORED_BYTES = 64;
const COMM_BYTES = 16;

/**
 * Memory of a text: its bytes, a NUL, and zeros to the end of the NUL's word of 8 bytes. `capacity` counts the NUL; there is
 * room for a word more unless it is on the stack, or to be filled.
 */
export interface TextPlace {
  readonly base: Register;
  readonly offset: number;
  readonly capacity: number;
  /** All of `capacity` is filled up with zeros. */
  readonly isFilled: boolean;
}

/** Bytes that a text may take with its NUL. */
export function capacityOf(emission: Emission, text: StringExpression): number {
  const most = emission.target.maxStringLength;
  switch (text.kind) {
    case 'literal':
      return Math.min(text.text.length + 1, most);
    case 'execname':
      return Math.min(COMM_BYTES, most);
    case 'read-string':
      return Math.min(Math.max(text.size, 1), most);
    case 'local-string':
      return most;
    case 'string-element':
      return Math.min(arrayGlobal(emission, text.global).valueBytes, most);
    case 'string-conditional':
      return Math.max(capacityOf(emission, text.consequent), capacityOf(emission, text.alternate));
  }
}

/** Room for a text while `write` runs. */
export function withRoomForText<T>(
  { frame, scratch }: Emission,
  capacity: number,
  write: (place: TextPlace) => T,
): T {
  if (capacity <= MOST_STACK_BYTES)
    return frame.scoped(capacity, (offset) => write({ base: 'r10', offset, capacity, isFilled: true }));
  return scratch.scoped(wordsOf(capacity) * 8 + 8, (offset) =>
    write({ base: SCRATCH, offset, capacity, isFilled: false }),
  );
}

/** Words of 8 bytes that hold so many bytes. */
export function wordsOf(bytes: number): number {
  return Math.ceil(bytes / 8);
}

/** Fills words with zeros; r0 to r5 are lost. */
export function writeZeros(assembler: Assembler, base: Register, offset: number, bytes: number): void {
  if (bytes <= MOST_STORED_BYTES) {
    for (let at = 0; at < bytes; at += 8) assembler.store(8, base, offset + at, 0);
    return;
  }
  // Nothing is at address 0, and then the kernel fills with zeros.
  addressOf(assembler, 'r1', base, offset);
  assembler.alu('=', 'r2', wordsOf(bytes) * 8);
  assembler.alu('=', 'r3', 0);
  assembler.call('probe_read_kernel');
}
