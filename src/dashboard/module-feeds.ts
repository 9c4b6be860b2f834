import { mayAsk } from '../control/may-ask.ts';
import { textOfBytes } from '../monitor/byte-text.ts';
import type { ListedModule } from '../registry/module-list.ts';
import type { EventStream } from '../web/event-stream.ts';
import { WebProblem } from '../web/route.ts';
import type { ApiHistory, ApiModule } from './api.ts';
import { apiModule } from './api-module.ts';
import type { ServedModules } from './dashboard-options.ts';
import { ModuleFeed } from './module-feed.ts';
import { ModuleFiles } from './module-files.ts';

/** Names of modules that have ended, the last ones. */
const MAX_ENDED = 1000;
/** Until the one module that is served is there, it is looked for that often: what it prints first shall not be missed. */
const SEARCH_MS = 100;
/** Lines of output in a millisecond that a server could tell without reaching the ids of the next one; 15 digits in all. */
const IDS_PER_MS = 100;

/** A stream of events, and what it was opened for. */
interface Subscription {
  readonly stream: EventStream;
  readonly module: string | undefined;
  readonly files: readonly string[];
  readonly lastLine: number;
  /** The feed that it watches, or has watched to its end. */
  feed: ModuleFeed | undefined;
}

/** What an event stream was asked for. Texts are UTF-8. */
export interface EventsRequest {
  readonly module: string | undefined;
  readonly files: readonly string[];
  readonly lastLine: number;
}

/** The modules as the clients of the server see them. Names are texts. */
export class ModuleFeeds {
  readonly #modules: ServedModules;
  readonly #onlyModule: string | undefined;
  readonly #files = new ModuleFiles();
  readonly #feeds = new Map<string, ModuleFeed>();
  readonly #ended = new Set<string>();
  /** When those started that have said that they end, while they are still listed. */
  readonly #ending = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #stopListening: () => void;
  #search: NodeJS.Timeout | undefined;
  #lastList = '';
  /** Greater than all ids of a server before: who comes back with one of those is told everything that is remembered. */
  #lastLine = Date.now() * IDS_PER_MS;

  constructor(modules: ServedModules, onlyModule: string | undefined) {
    this.#modules = modules;
    this.#onlyModule = onlyModule;
    this.#stopListening = modules.onChange(() => this.#changed());
    if (onlyModule !== undefined) this.#search = setInterval(() => this.#changed(), SEARCH_MS);
    this.#changed();
  }

  /** All modules that are served. */
  list(): readonly ApiModule[] {
    return this.#listed().map(apiModule);
  }

  /**
   * The feed of a running module.
   * @throws {WebProblem} not-found, ended, denied
   */
  feed(name: string): ModuleFeed {
    const listed = this.#find(name);
    if (!mayAsk(listed))
      throw new WebProblem(
        403,
        'denied',
        `The module belongs to user ${listed.uid}; only he and root may ask it`,
      );
    if (this.#ending.get(name) === listed.entry.startedAtMs) throw endedProblem();
    const feed = this.#feeds.get(name) ?? this.#open(name, listed);
    if (feed === undefined) throw new WebProblem(503, 'no-answer', 'The module cannot be asked yet');
    return feed;
  }

  /** What is known of a module without asking it. @throws {WebProblem} */
  history(name: string): ApiHistory {
    const { listed } = this.feed(name);
    const { timesMs, series } = this.#modules.history(listed.entry.name) ?? { timesMs: [], series: [] };
    return { timesMs, series: series.map((one) => ({ ...one, name: textOfBytes(one.name) })) };
  }

  /** Tells a stream what it was opened for, until it is closed. */
  subscribe(stream: EventStream, request: EventsRequest): void {
    const subscription: Subscription = { stream, ...request, feed: undefined };
    this.#subscriptions.add(subscription);
    stream.onClosed(() => this.#subscriptions.delete(subscription));
    stream.send('modules', JSON.stringify(this.list()));
    this.#attach(subscription);
    const { module, feed } = subscription;
    if (module !== undefined && feed === undefined && this.#ended.has(module)) stream.send('ended', '{}');
  }

  /** Lets go of all modules. */
  close(): void {
    this.#stopListening();
    clearInterval(this.#search);
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
  }

  #listed(): readonly ListedModule[] {
    const all = this.#modules.list();
    return this.#onlyModule === undefined ? all : all.filter(({ entry }) => entry.name === this.#onlyModule);
  }

  #find(name: string): ListedModule {
    const found = this.#listed().find(({ entry }) => textOfBytes(entry.name) === name);
    if (found !== undefined) return found;
    if (this.#ended.has(name)) throw endedProblem();
    throw new WebProblem(404, 'not-found', 'There is no such module');
  }

  #open(name: string, listed: ListedModule): ModuleFeed | undefined {
    const observer = this.#modules.observer(listed.entry.name);
    if (observer === undefined) return undefined;
    const feed: ModuleFeed = new ModuleFeed(
      listed,
      observer,
      this.#files,
      () => ++this.#lastLine,
      () => {
        if (this.#feeds.get(name) === feed) this.#feeds.delete(name);
        this.#ending.set(name, listed.entry.startedAtMs);
      },
    );
    this.#feeds.set(name, feed);
    return feed;
  }

  #changed(): void {
    const listed = this.#listed();
    if (listed.length > 0) clearInterval(this.#search);
    this.#noteNames(listed);
    for (const module of listed) {
      const name = textOfBytes(module.entry.name);
      const feed = this.#feeds.get(name);
      if (feed !== undefined) feed.listed = module;
      // What it prints before the first client comes is remembered as well.
      else if (this.#onlyModule !== undefined && mayAsk(module) && !this.#ending.has(name))
        this.#open(name, module);
    }
    for (const subscription of this.#subscriptions) this.#attach(subscription);
    const list = JSON.stringify(this.list());
    if (list === this.#lastList) return;
    this.#lastList = list;
    for (const { stream } of this.#subscriptions) stream.send('modules', list);
  }

  #noteNames(listed: readonly ListedModule[]): void {
    const names = new Set(listed.map(({ entry }) => textOfBytes(entry.name)));
    for (const name of this.#seen) {
      if (names.has(name)) continue;
      this.#seen.delete(name);
      this.#ending.delete(name);
      this.#ended.add(name);
    }
    for (const name of names) {
      this.#seen.add(name);
      this.#ended.delete(name);
    }
    for (const name of this.#ended) if (this.#ended.size > MAX_ENDED) this.#ended.delete(name);
  }

  /** Joins a stream to the module it is for, as soon as that runs; also to the next one of that name. */
  #attach(subscription: Subscription): void {
    const { module, stream, files, lastLine } = subscription;
    if (module === undefined) return;
    let feed: ModuleFeed;
    try {
      feed = this.feed(module);
    } catch {
      return;
    }
    if (subscription.feed === feed) return;
    const isFirst = subscription.feed === undefined;
    subscription.feed = feed;
    if (!isFirst) stream.send('reloaded', '{}');
    feed.watch(stream, files, isFirst ? lastLine : 0);
  }
}

function endedProblem(): WebProblem {
  return new WebProblem(410, 'ended', 'The module has ended');
}
