import { listModules, type ListedModule } from '../registry/module-list.ts';

/** How often entries are looked at while somebody wants to know of changes. */
const POLL_MS = 1000;
/** A list that old is still shown. */
const LIST_AGE_MS = 250;

/** The modules that run, looked for once for all who want to know. */
export class RunningModules {
  readonly #roots: () => readonly string[];
  readonly #listeners = new Set<() => void>();
  #modules: readonly ListedModule[] = [];
  #shown = '';
  #listedAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** `roots`: where they may be, see `knownRoots`; asked anew each time. */
  constructor(roots: () => readonly string[]) {
    this.#roots = roots;
  }

  /** Those that run now, newest first, at most 0.25 s old. */
  list(): readonly ListedModule[] {
    if (performance.now() - this.#listedAtMs > LIST_AGE_MS) this.#look();
    return this.#modules;
  }

  /** The newest of that name. */
  find(name: string): ListedModule | undefined {
    return this.list().find(({ entry }) => entry.name === name);
  }

  /**
   * Calls back when modules come or go, move to another process, or change their state or files, within about a second.
   * The returned function ends that. It does not keep the process alive.
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.list();
      this.#timer = setInterval(() => this.#look(), POLL_MS).unref();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** Nobody is called back any more. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  #look(): void {
    this.#modules = listModules([...this.#roots()]);
    this.#listedAtMs = performance.now();
    const shown = JSON.stringify(this.#modules);
    const isNews = shown !== this.#shown;
    this.#shown = shown;
    if (isNews) for (const listener of [...this.#listeners]) listener();
  }
}
