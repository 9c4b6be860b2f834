import type { ObserverListener } from './module-observer.ts';

/** Those who are told about a module; each may leave while it is told. */
export class ListenerSet {
  readonly #listeners = new Set<ObserverListener>();

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: ObserverListener): void {
    this.#listeners.add(listener);
  }

  delete(listener: ObserverListener): void {
    this.#listeners.delete(listener);
  }

  clear(): void {
    this.#listeners.clear();
  }

  tell(news: (listener: ObserverListener) => void): void {
    for (const listener of [...this.#listeners]) news(listener);
  }
}
