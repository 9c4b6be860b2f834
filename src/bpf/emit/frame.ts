import { UnwritableProgramError } from './unwritable-program-error.ts';

const FRAME_BYTES = 512;
const SLOT_BYTES = 8;

/** Room on the stack of a program, given out in the order of nesting. Offsets are from r10, and negative. */
export class Frame {
  #used = 0;

  /** Room for good. Throws `UnwritableProgramError` when the stack is used up. */
  allocate(bytes: number): number {
    this.#used += Math.ceil(bytes / SLOT_BYTES) * SLOT_BYTES;
    if (this.#used > FRAME_BYTES) throw new UnwritableProgramError('the stack of 512 bytes is too small');
    return -this.#used;
  }

  /** Room while `write` runs. */
  scoped<T>(bytes: number, write: (offset: number) => T): T {
    const before = this.#used;
    const result = write(this.allocate(bytes));
    this.#used = before;
    return result;
  }
}
