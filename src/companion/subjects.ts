import { setTimeout as pause } from 'node:timers/promises';
import type { ModuleDescription } from '../control/protocol.ts';
import type { ApiHistory } from '../dashboard/api.ts';
import type { ServedModules } from '../dashboard/dashboard-options.ts';
import { metricsText, type MetricsText } from '../metrics/metrics-text.ts';
import type { MetricFamily } from '../metrics/metric-family.ts';
import { metricsOfModules, type ServedModule } from '../metrics/module-metrics.ts';
import { warnOnceOfDropped } from '../metrics/series-limit.ts';
import type { ModuleObserver } from '../observe/module-observer.ts';
import { listModules, type ListedModule } from '../registry/module-list.ts';
import type { CompanionRequest } from './companion-channel.ts';
import { SimpleObserver } from './simple-observer.ts';

/** States asked for by scrapes are at most that old. */
const MAX_AGE_MS = 50;
const LOOK_MS = 500;

/** The modules that a companion is about: the one of its run, or all that run. */
export class Subjects implements ServedModules {
  readonly #request: CompanionRequest;
  readonly #observers = new Map<string, SimpleObserver>();
  readonly #onDropped: ReturnType<typeof warnOnceOfDropped>;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #modules: readonly ListedModule[] = [];
  /** The state of the module at its end. */
  #last: ModuleDescription | undefined;

  constructor(request: CompanionRequest, warn: (text: string) => void) {
    this.#request = request;
    this.#onDropped = warnOnceOfDropped(warn);
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  list(): readonly ListedModule[] {
    return this.#modules;
  }

  observer(name: string): ModuleObserver | undefined {
    const module = this.#modules.find(({ entry }) => entry.name === name);
    if (module === undefined || !mayAsk(module)) return undefined;
    const known = this.#observers.get(name);
    if (known !== undefined) return known;
    const observer = new SimpleObserver(module);
    this.#observers.set(name, observer);
    return observer;
  }

  history(name: string): ApiHistory | undefined {
    return this.observer(name) && { timesMs: [], series: [] };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a scrape is answered. */
  async metricsText(accept: string | undefined): Promise<MetricsText> {
    return metricsText(await this.families(), accept);
  }

  /** The metrics of all modules as they are now. */
  async families(): Promise<readonly MetricFamily[]> {
    return metricsOfModules(await this.describeAll(), { onDropped: this.#onDropped });
  }

  /** All modules as they are now; one that has ended as it was last. */
  async describeAll(): Promise<readonly ServedModule[]> {
    if (this.#last !== undefined) return [{ entry: this.#last.entry, description: this.#last }];
    return Promise.all(
      this.#modules.map(async ({ entry }) => ({
        entry,
        description: await this.observer(entry.name)
          ?.describe(MAX_AGE_MS)
          .catch(() => undefined),
      })),
    );
  }

  /** Settles when the module of the request has ended. `onWatching`: its end will be heard of, with its last state. */
  async follow(onWatching: () => void): Promise<void> {
    this.#look();
    onWatching();
    while (this.#modules.length > 0) {
      await pause(100);
      this.#look();
    }
  }

  /** Ends all connections. */
  close(): void {
    clearInterval(this.#timer);
    for (const observer of this.#observers.values()) observer.close();
  }

  #look(): void {
    const { module, roots } = this.#request;
    this.#modules = listModules(roots).filter(
      ({ root, entry }) => module === undefined || (root === module.root && entry.name === module.name),
    );
    for (const listener of this.#listeners) listener();
  }
}

function mayAsk({ uid }: ListedModule): boolean {
  const own = process.geteuid?.() ?? 0;
  return own === 0 || own === uid;
}
