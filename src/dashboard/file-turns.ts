/** Accesses to files under way: all together, and of one module. Each holds a thread while its handler runs. */
const MOST = 3;
const MOST_OF_ONE = 1;

interface Waiting {
  readonly owner: string;
  readonly begin: () => void;
}

/**
 * Lets accesses to files take turns. A file whose server does not answer keeps its thread until the server ends, and
 * Node.js has few; modules that hang must not take those that others need.
 */
export class FileTurns {
  readonly #most: number;
  readonly #running = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #count = 0;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** Runs `work` when it is the owner's turn, first come, first served; never when `signal` aborts before. */
  async take<Result>(owner: string, work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    await this.#turn(owner, signal);
    try {
      return await work();
    } finally {
      this.#count--;
      this.#running.set(owner, (this.#running.get(owner) ?? 0) - 1);
      if (this.#running.get(owner) === 0) this.#running.delete(owner);
      this.#beginNext();
    }
  }

  #turn(owner: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new Error('Nobody waits for this turn any more'));
      };
      const begin = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiting: Waiting = { owner, begin };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#beginNext();
    });
  }

  #beginNext(): void {
    for (let at = 0; at < this.#waiting.length && this.#count < this.#most;) {
      const next = this.#waiting[at];
      const running = this.#running.get(next?.owner ?? '') ?? 0;
      if (next === undefined || running >= MOST_OF_ONE) {
        at++;
        continue;
      }
      this.#waiting.splice(at, 1);
      this.#count++;
      this.#running.set(next.owner, running + 1);
      next.begin();
    }
  }
}
