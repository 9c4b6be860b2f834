import type { KernelProbes } from './kernel-event.ts';

/** Why a module is paused for longer than a handler: a probe is switched off, the engine is frozen, the end was asked for. */
export type KeptPause = 'probe-off' | 'frozen' | 'ending';

/**
 * Pauses the handlers in the kernel while one of the engine works on globals they share: they are deferred meanwhile. A
 * pause that was requested lasts to the end of the handler, in a batch of handlers to the end of the batch.
 */
export class KernelPause {
  readonly #probes: Pick<KernelProbes, 'pause' | 'unpause'> | undefined;
  readonly #kept = new Set<KeptPause>();
  #requested = false;
  #batching = false;
  #paused = false;
  #period = 0;

  constructor(probes: Pick<KernelProbes, 'pause' | 'unpause'> | undefined) {
    this.#probes = probes;
  }

  /** Number of the pause that lasts; undefined when there is none. What was read in it stays true until it ends. */
  get period(): number | undefined {
    return this.#paused ? this.#period : undefined;
  }

  /** From now on, to the end of the handler at work. */
  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    this.#apply();
  }

  /** The handler that may have requested it has ended. */
  release(): void {
    if (!this.#requested || this.#batching) return;
    this.#requested = false;
    this.#apply();
  }

  /** What is requested within `work` lasts to its end. */
  batch(work: () => void): void {
    this.#batching = true;
    try {
      work();
    } finally {
      this.#batching = false;
      this.release();
    }
  }

  /** The handlers in the kernel run from now on: a pause that was wanted before begins. */
  attached(): void {
    if (this.#paused) this.#probes?.pause();
    else this.#probes?.unpause();
  }

  /** From now on, or for that reason no longer. */
  keep(reason: KeptPause, on: boolean): void {
    if (on) this.#kept.add(reason);
    else this.#kept.delete(reason);
    this.#apply();
  }

  #apply(): void {
    const wanted = this.#requested || this.#kept.size > 0;
    if (wanted === this.#paused) return;
    this.#paused = wanted;
    if (wanted) {
      this.#period += 1;
      this.#probes?.pause();
    } else {
      this.#probes?.unpause();
    }
  }
}
