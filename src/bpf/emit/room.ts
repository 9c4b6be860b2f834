import { SCRATCH_BYTES } from '../../module/kernel-part.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

const FRAME_BYTES = 512;
const UNIT_BYTES = 8;

/** What programs use of an element of the scratch begins here. */
export const SCRATCH_START = 8;

/** Memory that a program divides among its constructs, in the order of their nesting. */
abstract class Room {
  #used: number;
  readonly #most: number;
  readonly #refusal: string;

  constructor(from: number, most: number, refusal: string) {
    this.#used = from;
    this.#most = most;
    this.#refusal = refusal;
  }

  /** Bytes in use. */
  protected take(bytes: number): number {
    this.#used += Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES;
    if (this.#used > this.#most) throw new UnwritableProgramError(this.#refusal);
    return this.#used;
  }

  /** Offset of room for good. Throws `UnwritableProgramError` when it is used up. */
  abstract allocate(bytes: number): number;

  /** Room while `write` runs. */
  scoped<T>(bytes: number, write: (offset: number) => T): T {
    const before = this.#used;
    const result = write(this.allocate(bytes));
    this.#used = before;
    return result;
  }
}

/** The stack of a program. Offsets are from r10, and negative. */
export class Frame extends Room {
  constructor() {
    super(0, FRAME_BYTES, `the stack of ${FRAME_BYTES} bytes is too small`);
  }

  allocate(bytes: number): number {
    return -this.take(bytes);
  }
}

/** An element of the map `scratch`. Offsets are from its start. */
export class ScratchRoom extends Room {
  #isUsed = false;

  constructor() {
    super(SCRATCH_START, SCRATCH_BYTES, `the scratch memory of ${SCRATCH_BYTES} bytes is too small`);
  }

  allocate(bytes: number): number {
    this.#isUsed = true;
    return this.take(bytes) - Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES;
  }

  /** Whether there ever was room taken. */
  get isUsed(): boolean {
    return this.#isUsed;
  }
}
