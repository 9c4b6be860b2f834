import type { HandoverOutcome } from '../detach/hand-over.ts';
import type { RunningModule } from './run-module.ts';

/** How far a module has been handed to another process. */
export class ModuleHandover {
  #state: 'none' | 'under-way' | 'done' = 'none';
  #attempt: Promise<unknown> = Promise.resolve();

  /** It is being handed over, or has been. */
  get hasBegun(): boolean {
    return this.#state !== 'none';
  }

  /** Another process runs the module. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Settles when no attempt is under way. */
  get settled(): Promise<unknown> {
    return this.#attempt;
  }

  /** Hands the module over, if that is possible. */
  async attempt(running: RunningModule): Promise<HandoverOutcome> {
    this.#state = 'under-way';
    const { handOver } = await import('../detach/hand-over.ts');
    const attempt = handOver(running);
    this.#attempt = attempt;
    const outcome = await attempt;
    this.#state = outcome === 'done' ? 'done' : 'none';
    return outcome;
  }
}
