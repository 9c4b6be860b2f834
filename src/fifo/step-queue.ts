import type { HandlerGate } from '../procfs/pseudo-file.ts';

/** Lets steps that run a handler go in the order in which they came, while the gate is open; others wait. */
export class StepQueue {
  readonly #gate: HandlerGate;
  #steps: (() => void)[] = [];
  #gateAsked = false;

  constructor(gate: HandlerGate) {
    this.#gate = gate;
  }

  /** True when a step may go now without overtaking another. */
  get isOpen(): boolean {
    return this.#steps.length === 0 && this.#gate.ready();
  }

  /** Does it now, or after those that wait already, when the gate opens. */
  run(step: () => void): void {
    if (this.isOpen) {
      step();
      return;
    }
    this.#steps.push(step);
    this.#askGate();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#steps = [];
  }

  #askGate(): void {
    if (this.#gateAsked || this.#steps.length === 0) return;
    this.#gateAsked = true;
    this.#gate.whenReady(() => {
      this.#gateAsked = false;
      while (this.#gate.ready()) {
        const step = this.#steps.shift();
        if (step === undefined) return;
        step();
      }
      this.#askGate();
    });
  }
}
