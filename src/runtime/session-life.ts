import type { SessionState } from './session-state.ts';

/** Where a run stands, and whether its end has been asked for. */
export class SessionLife {
  state: SessionState = 'UNINITIALIZED';
  readonly #callbacks: (() => void)[] = [];
  readonly #onLeave: () => void;
  #exitRequested = false;

  /** `onLeave` is called when no handler starts any more that is not of the end. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /** What exit() does: no handler of a file, timer or event starts any more, and the end is asked for. */
  exit(): void {
    this.leaveRunning();
    this.#askForEnd();
  }

  /** The end is asked for, with the error probes in place of the end probes. */
  fail(): void {
    this.state = 'ERROR';
    this.#onLeave();
    this.#askForEnd();
  }

  /** No handler of a file, timer or event starts any more, for good. */
  leaveRunning(): void {
    const { state } = this;
    if (state !== 'STARTING' && state !== 'RUNNING' && state !== 'FROZEN') return;
    this.state = 'STOPPING';
    this.#onLeave();
  }

  /** Calls back, never on the caller's stack, when the end is asked for; once, also when it was asked for before. */
  onExitRequested(callback: () => void): void {
    if (this.#exitRequested) queueMicrotask(callback);
    else this.#callbacks.push(callback);
  }

  #askForEnd(): void {
    if (this.#exitRequested) return;
    this.#exitRequested = true;
    for (const callback of this.#callbacks.splice(0)) queueMicrotask(callback);
  }
}
