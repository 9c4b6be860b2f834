import type { HandlerGate } from '../pseudo-file.ts';

/** A gate that a test closes and opens. */
export class TestGate implements HandlerGate {
  #open: boolean;
  readonly #callbacks: (() => void)[] = [];

  constructor(open = true) {
    this.#open = open;
  }

  ready(): boolean {
    return this.#open;
  }

  whenReady(callback: () => void): void {
    if (this.#open) callback();
    else this.#callbacks.push(callback);
  }

  close(): void {
    this.#open = false;
  }

  /** Calls back those who wait. */
  open(): void {
    this.#open = true;
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}
