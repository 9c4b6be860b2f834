import type { OutputChannel } from './output.ts';
import type { HandlerGate } from './pseudo-file.ts';

/** Closed while so much output waits that handlers should wait too, and while the engine is frozen. */
export class EngineGate implements HandlerGate {
  readonly #output: OutputChannel;
  #frozen = false;
  #waiting: (() => void)[] = [];

  constructor(output: OutputChannel) {
    this.#output = output;
  }

  ready(): boolean {
    return !this.#frozen && this.#output.ready();
  }

  whenReady(callback: () => void): void {
    if (this.#frozen) this.#waiting.push(callback);
    else this.#output.whenReady(() => (this.#frozen ? void this.#waiting.push(callback) : callback()));
  }

  /** Closes it until `thaw`. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Opens it again; those who wait go on. */
  thaw(): void {
    this.#frozen = false;
    for (const callback of this.#waiting.splice(0)) this.whenReady(callback);
  }
}
