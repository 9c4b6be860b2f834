/** A request whose answer waits. */
export interface WaitingRequest {
  readonly uniqueLow: number;
  readonly uniqueHigh: number;
  /** The request itself, to be handled anew by a process that takes over. */
  readonly bytes?: Uint8Array;
  /** Answers it if it can be answered now; false to go on waiting. */
  attempt(): boolean;
}

/** Requests that wait, oldest first. */
export class WaitingRequests {
  #queue: WaitingRequest[] = [];

  get length(): number {
    return this.#queue.length;
  }

  add(request: WaitingRequest): void {
    this.#queue.push(request);
  }

  /** Takes out the request with this id; undefined when it does not wait here. */
  take(uniqueLow: number, uniqueHigh: number): WaitingRequest | undefined {
    const index = this.#queue.findIndex(
      (request) => request.uniqueLow === uniqueLow && request.uniqueHigh === uniqueHigh,
    );
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
  }

  /** Answers in order until one has to go on waiting. */
  drainInOrder(): void {
    for (let first = this.#queue[0]; first?.attempt() === true; first = this.#queue[0]) {
      this.#queue.shift();
    }
  }

  /** Gives each a chance, whatever becomes of those before it. */
  attemptAll(): void {
    const before = this.#queue;
    this.#queue = [];
    const left = before.filter((request) => !request.attempt());
    this.#queue = [...left, ...this.#queue];
  }

  /** All that wait, oldest first. */
  list(): readonly WaitingRequest[] {
    return [...this.#queue];
  }

  /** Removes and returns all. */
  takeAll(): readonly WaitingRequest[] {
    const all = this.#queue;
    this.#queue = [];
    return all;
  }
}
