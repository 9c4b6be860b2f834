import type { HandlerGate } from '../../runtime/pseudo-file.ts';

/**
 * Holds back requests for handlers until the module is active: files exist a moment before that, and who is
 * quicker shall wait instead of being refused. Afterwards it is the gate of the engine, also when another engine takes
 * that one's place: who waited for the old one waits for the new one.
 */
export class ActivationGate implements HandlerGate {
  #inner: HandlerGate;
  #active = false;
  readonly #waiting = new Set<() => void>();

  constructor(inner: HandlerGate) {
    this.#inner = inner;
  }

  ready(): boolean {
    return this.#active && this.#inner.ready();
  }

  whenReady(callback: () => void): void {
    // An own function for each call: the same callback may wait twice.
    const waiter = (): void => callback();
    this.#waiting.add(waiter);
    if (this.#active) this.#await(waiter);
  }

  /** Opens the gate. */
  activate(): void {
    this.#active = true;
    for (const waiter of [...this.#waiting]) this.#await(waiter);
  }

  /** Closes it again until `activate`: neither the old engine nor the one that takes its place may answer. */
  hold(): void {
    this.#active = false;
  }

  /** From now on `inner` decides. */
  follow(inner: HandlerGate): void {
    this.#inner = inner;
    if (this.#active) this.activate();
  }

  #await(waiter: () => void): void {
    const inner = this.#inner;
    inner.whenReady(() => {
      if (this.#active && this.#inner === inner && this.#waiting.delete(waiter)) waiter();
    });
  }
}
