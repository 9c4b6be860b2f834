/** How a run comes to its end: who has asked for it, and what is still waited for. */
export class RunEnd {
  /** Settles when the run is to end. */
  readonly reached: Promise<void>;
  /** Settles when the end was asked for from outside: nobody is waited for who might still want to read the output. */
  readonly requested: Promise<void>;
  /** Settles when it was asked for again: nothing is waited for. */
  readonly hurried: Promise<void>;
  #tellReached: () => void = () => undefined;
  #tellRequested: () => void = () => undefined;
  #tellHurried: () => void = () => undefined;
  #isScripts = false;
  #isRequested = false;
  #isReached = false;

  constructor() {
    this.reached = new Promise((resolve) => (this.#tellReached = resolve));
    this.requested = new Promise((resolve) => (this.#tellRequested = resolve));
    this.hurried = new Promise((resolve) => (this.#tellHurried = resolve));
  }

  /** The end was asked for from outside. */
  get isRequested(): boolean {
    return this.#isRequested;
  }

  /** The run ends, or has ended. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** The script ended by itself: the program whose read or write was the last event shall get its answer and leave. */
  get leavesTime(): boolean {
    return this.#isScripts && !this.#isRequested;
  }

  /** The script, an error of it or the loss of its output ends the run. */
  reachByScript(): void {
    this.#isScripts = true;
    this.reach();
  }

  /** The run ends now. */
  reach(): void {
    this.#isReached = true;
    this.#tellReached();
  }

  /** Asks for the end from outside; the run may first have to finish a step. */
  request(): void {
    this.#isRequested = true;
    this.#tellRequested();
  }

  /** Nothing is waited for any more. */
  hurry(): void {
    this.#tellHurried();
  }
}
