import type { Accessor, HandlerGate } from './pseudo-file.ts';
import { WaitingRequests } from './waiting-requests.ts';
import type { WaitingRequest } from './waiting-requests.ts';

/** Who made a request and where its answer goes: what is needed after the request buffer is used again. */
export interface Caller extends Accessor {
  readonly uniqueLow: number;
  readonly uniqueHigh: number;
  /** The whole request; there once it has to wait. */
  bytes?: Uint8Array | undefined;
}

/** Lets handlers run in the order of their requests, while the gate is open; those that come meanwhile wait. */
export class HandlerQueue {
  readonly #gate: HandlerGate;
  readonly #isClosed: () => boolean;
  readonly #held = new WaitingRequests();
  readonly #copyRequest: () => Uint8Array;
  #gateAsked = false;
  #paused = false;

  /**
   * @param isClosed tells that no answer can be given any more
   * @param copyRequest the bytes of the current request
   */
  constructor(gate: HandlerGate, isClosed: () => boolean, copyRequest: () => Uint8Array) {
    this.#gate = gate;
    this.#isClosed = isClosed;
    this.#copyRequest = copyRequest;
  }

  /** True when a handler may run now without overtaking another. */
  get isOpen(): boolean {
    return this.#held.length === 0 && this.#gate.ready();
  }

  /** Runs a step that runs a handler: now, or after those that wait already, when the gate opens. */
  run(caller: Caller, step: () => void): void {
    if (this.isOpen) {
      step();
      return;
    }
    const attempt = (): boolean => {
      if (!this.#gate.ready()) return false;
      step();
      return true;
    };
    this.#held.add(this.waiting(caller, attempt));
    this.#askGate();
  }

  /** What is kept of a request that has to wait; it is the current one unless it waited before. */
  waiting(caller: Caller, attempt: () => boolean): WaitingRequest {
    const { uniqueLow, uniqueHigh } = caller;
    return { uniqueLow, uniqueHigh, bytes: (caller.bytes ??= this.#copyRequest()), attempt };
  }

  /** No handler runs until resume(). */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#askGate();
  }

  /** All that wait, oldest first. */
  list(): readonly WaitingRequest[] {
    return this.#held.list();
  }

  /** Takes out a waiting request that was interrupted. */
  take(uniqueLow: number, uniqueHigh: number): WaitingRequest | undefined {
    return this.#held.take(uniqueLow, uniqueHigh);
  }

  /** Takes out all that wait. */
  takeAll(): readonly WaitingRequest[] {
    return this.#held.takeAll();
  }

  #askGate(): void {
    if (this.#paused || this.#gateAsked || this.#held.length === 0) return;
    this.#gateAsked = true;
    this.#gate.whenReady(() => {
      this.#gateAsked = false;
      if (this.#isClosed() || this.#paused) return;
      this.#held.drainInOrder();
      this.#askGate();
    });
  }
}
