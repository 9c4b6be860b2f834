import type { HandlerGate } from '../runtime/pseudo-file.ts';

/**
 * Holds back requests for handlers until the module is active: files exist a moment before that, and who is
 * quicker shall wait instead of being refused. Afterwards it is the engine's own gate.
 */
export class ActivationGate implements HandlerGate {
  readonly #inner: HandlerGate;
  #active = false;
  #waiting: (() => void)[] = [];

  constructor(inner: HandlerGate) {
    this.#inner = inner;
  }

  ready(): boolean {
    return this.#active && this.#inner.ready();
  }

  whenReady(callback: () => void): void {
    if (this.#active) this.#inner.whenReady(callback);
    else this.#waiting.push(callback);
  }

  /** Opens the gate, for good. */
  activate(): void {
    this.#active = true;
    for (const callback of this.#waiting.splice(0)) this.#inner.whenReady(callback);
  }
}
