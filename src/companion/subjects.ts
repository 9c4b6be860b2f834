import { setTimeout as pause } from 'node:timers/promises';
import type { ModuleDescription } from '../control/protocol.ts';
import { mayAsk } from '../control/may-ask.ts';
import type { ApiHistory } from '../dashboard/api.ts';
import type { ServedModules } from '../dashboard/dashboard-options.ts';
import { acceptedFormat, type TextFormat } from '../metrics/accepted-format.ts';
import type { MetricFamily } from '../metrics/metric-family.ts';
import { metricsText, type MetricsText } from '../metrics/metrics-text.ts';
import { metricsOfModules, type ServedModule } from '../metrics/module-metrics.ts';
import { warnOnceOfDropped } from '../metrics/series-limit.ts';
import { ModuleHistory } from '../observe/module-history.ts';
import type { ModuleObserver } from '../observe/module-observer.ts';
import { observeModule } from '../observe/observed-module.ts';
import { RunningModules } from '../observe/running-modules.ts';
import { findModule, knownRoots, type ListedModule } from '../registry/module-list.ts';
import type { CompanionRequest } from './companion-channel.ts';

/** States that scrapes are answered with are at most that old. */
const MAX_AGE_MS = 50;

/** A module that does not answer within that time is down: whoever scrapes has patience for so much, but not for all. */
const ANSWER_MS = 2000;

/** One module that is asked. */
interface Subject {
  readonly startedAtMs: number;
  readonly observer: ModuleObserver;
  readonly history: ModuleHistory | undefined;
}

/** A text, and the states it was made of. */
interface SharedText {
  readonly modules: readonly ServedModule[];
  readonly text: Promise<MetricsText>;
}

/** The modules that a companion is about: the one of its run, or all that run. */
export class Subjects implements ServedModules {
  readonly #request: CompanionRequest;
  readonly #running: RunningModules;
  readonly #subjects = new Map<string, Subject>();
  readonly #onDropped: ReturnType<typeof warnOnceOfDropped>;
  /** What was answered last in each format. */
  readonly #texts = new Map<TextFormat, SharedText>();
  /** The module of the request, as it was seen last. */
  #own: ListedModule | undefined;
  #isOver = false;
  /** Its state at its end. */
  #last: ModuleDescription | undefined;
  #tellEnded: () => void = () => undefined;

  constructor(request: CompanionRequest, warn: (text: string) => void) {
    const { module, roots } = request;
    const [own = ''] = roots;
    this.#request = request;
    // Modules of others may come up in places that were not known at first.
    this.#running = new RunningModules(() =>
      module === undefined && roots.length > 1 ? knownRoots(own) : roots,
    );
    this.#onDropped = warnOnceOfDropped(warn);
    this.#running.onChange(() => this.#observeAll());
    this.#observeAll();
  }

  list(): readonly ListedModule[] {
    const { module } = this.#request;
    if (module === undefined) return this.#running.list();
    // One that moves to another process cannot be found for a moment.
    this.#own = findModule([module.root], module.name) ?? (this.#isOver ? undefined : this.#own);
    return this.#own === undefined ? [] : [this.#own];
  }

  observer(name: string): ModuleObserver | undefined {
    return this.#subject(name)?.observer;
  }

  history(name: string): ApiHistory | undefined {
    return this.#subject(name)?.history?.view();
  }

  onChange(listener: () => void): () => void {
    return this.#running.onChange(listener);
  }

  /** What a scrape is answered. Those that are answered with the same states share the text. */
  async metricsText(accept: string | undefined): Promise<MetricsText> {
    const modules = await this.#describeAll();
    const format = acceptedFormat(accept);
    const known = this.#texts.get(format);
    if (known !== undefined && areSame(known.modules, modules)) return known.text;
    const text = metricsText(metricsOfModules(modules, { onDropped: this.#onDropped }), accept);
    this.#texts.set(format, { modules, text });
    return text;
  }

  /** The metrics of all modules as they are now, or of a module that has ended as they were last. */
  async families(): Promise<readonly MetricFamily[]> {
    return metricsOfModules(await this.#describeAll(), { onDropped: this.#onDropped });
  }

  /** Settles when the module of the request has ended. `onWatching`: its end will be heard of, with its last state. */
  async follow(onWatching: () => void): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#tellEnded = resolve));
    const [module] = this.list();
    const observer = module && this.#observed(module)?.observer;
    // The first answer comes over the connection that the end will be told on.
    await observer?.describe(0).catch(() => undefined);
    onWatching();
    if (observer !== undefined) await ended;
  }

  /** Ends all connections. */
  close(): void {
    this.#running.close();
    for (const subject of this.#subjects.values()) closeSubject(subject);
    this.#subjects.clear();
  }

  async #describeAll(): Promise<readonly ServedModule[]> {
    if (this.#last !== undefined) return [{ entry: this.#last.entry, description: this.#last }];
    // What another user runs cannot be asked, and is no fault of it.
    const asked = this.list().filter(mayAsk);
    return Promise.all(
      asked.map(async (module) => ({ entry: module.entry, description: await this.#stateOf(module) })),
    );
  }

  async #stateOf(module: ListedModule): Promise<ModuleDescription | undefined> {
    const patience = new AbortController();
    const late = pause(ANSWER_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    try {
      return await Promise.race([this.#observed(module)?.observer.describe(MAX_AGE_MS), late]);
    } catch {
      return undefined;
    } finally {
      patience.abort();
    }
  }

  #observeAll(): void {
    const running = new Set(this.list().map(({ entry }) => entry.name));
    // The one of the request tells its end itself, with its last state.
    if (this.#request.module === undefined)
      for (const [name, subject] of this.#subjects) if (!running.has(name)) this.#drop(name, subject);
    for (const name of running) this.#subject(name);
  }

  /** The newest module of that name. */
  #subject(name: string): Subject | undefined {
    const module = this.list().find(({ entry }) => entry.name === name);
    return module && this.#observed(module);
  }

  #observed(module: ListedModule): Subject | undefined {
    if (!mayAsk(module)) return undefined;
    const { name, startedAtMs } = module.entry;
    const known = this.#subjects.get(name);
    if (known?.startedAtMs === startedAtMs) return known;
    if (known !== undefined) this.#drop(name, known);
    const observer = observeModule(module, {
      timing: true,
      fromStart: this.#request.module !== undefined,
      onEnded: (last) => this.#ended(last),
    });
    const history = this.#request.dashboard && new ModuleHistory(observer);
    const subject = { startedAtMs, observer, history };
    this.#subjects.set(name, subject);
    return subject;
  }

  #ended(last: ModuleDescription | undefined): void {
    if (this.#request.module === undefined) return;
    this.#isOver = true;
    this.#last = last;
    this.#tellEnded();
  }

  #drop(name: string, subject: Subject): void {
    closeSubject(subject);
    this.#subjects.delete(name);
  }
}

/** A description that was not asked anew is the same object. */
function areSame(left: readonly ServedModule[], right: readonly ServedModule[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ entry, description }, index) => {
      const other = right[index];
      return description === other?.description && entry.name === other?.entry.name;
    })
  );
}

function closeSubject({ observer, history }: Subject): void {
  history?.close();
  observer.close();
}
