import { setTimeout as pause } from 'node:timers/promises';
import { ControlClient, ControlError } from '../control/control-client.ts';
import { askedUser, mayAsk } from '../control/may-ask.ts';
import { parseDescription } from '../control/parse-description.ts';
import type { ReceivedWatchEvent } from '../control/parse-watch-event.ts';
import type { ControlReply, ControlRequest, ModuleDescription } from '../control/protocol.ts';
import type { ModuleEntry } from '../registry/module-entry.ts';
import { findModule, stillRuns, type ListedModule } from '../registry/module-list.ts';
import { ListenerSet } from './listener-set.ts';
import type { ModuleObserver, ObserverListener } from './module-observer.ts';

/** States are asked for no more often than that, whoever asks. */
const DESCRIBE_INTERVAL_MS = 50;
/** How long a request may take, with the connection. */
const ANSWER_MS = 5000;
/** Between two attempts to connect. */
const RETRY_MS = 250;
/** Between two attempts to watch, when too many others do. */
const REFUSED_MS = 2000;
/** Longest answer of another user's module, bytes: JSON takes many times that much memory when it is read. */
const MAX_FOREIGN_REPLY_BYTES = 16 << 20;
/** A module is gone when its entry has not been there for so long. */
const GONE_MS = 100;

/** What an observer wants beside its listeners. */
export interface ObserverOptions {
  /** Handlers are measured as long as the observer is open. */
  readonly timing?: boolean;
  /** The first listener is told what the module kept of its output from its start, where it did; see `watch`. */
  readonly fromStart?: boolean;
  /** Told once about the end of the module, with its last state where it could tell; unlike a listener it needs no output. */
  readonly onEnded?: (last: ModuleDescription | undefined) => void;
}

/** Observes a running module from now on, until it has ended or close() is called. Never throws. */
export function observeModule(module: ListedModule, options: ObserverOptions = {}): ModuleObserver {
  return new ObservedModule(module, options);
}

interface Wishes {
  readonly output: boolean;
  readonly timing: boolean;
}

class ObservedModule implements ModuleObserver {
  readonly name: string;
  readonly root: string;
  readonly #timing: boolean;
  readonly #fromStart: boolean;
  readonly #onEnded: ObserverOptions['onEnded'];
  readonly #listeners = new ListenerSet();
  #module: ListedModule;
  #client: ControlClient | undefined;
  #waiting: (() => void)[] = [];
  #problem: ControlError | undefined;
  /** What the module knows of our wishes on this connection. */
  #told: Wishes | undefined;
  #isTelling = false;
  /** Events that came before the answer to `watch` was looked at. */
  #held: ReceivedWatchEvent[] | undefined;
  /** Number of bytes that the output has passed, as far as listeners know; undefined while there are none. */
  #position: number | undefined;
  #last: { readonly state: ModuleDescription; readonly askedAtMs: number } | undefined;
  #asking: Promise<ModuleDescription> | undefined;
  #isOver = false;

  constructor(module: ListedModule, { timing = false, fromStart = false, onEnded }: ObserverOptions) {
    this.name = module.entry.name;
    this.root = module.root;
    this.#module = module;
    this.#timing = timing;
    this.#fromStart = fromStart;
    this.#onEnded = onEnded;
    void this.#follow();
  }

  get isConnected(): boolean {
    return this.#client !== undefined && this.#told !== undefined;
  }

  async describe(maxAgeMs: number): Promise<ModuleDescription> {
    const last = this.#last;
    const ageMs = performance.now() - (last?.askedAtMs ?? -Infinity);
    if (last !== undefined && !this.#isOver && ageMs <= Math.max(maxAgeMs, DESCRIBE_INTERVAL_MS))
      return last.state;
    this.#asking ??= this.#askState().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async request(request: ControlRequest, withinMs = ANSWER_MS): Promise<ControlReply> {
    const deadlineMs = performance.now() + withinMs;
    const client = await this.#connection(withinMs);
    return client.request(request, Math.max(1, deadlineMs - performance.now()));
  }

  listen(listener: ObserverListener): () => void {
    this.#listeners.add(listener);
    void this.#tellWishes();
    return () => {
      this.#listeners.delete(listener);
      void this.#tellWishes();
    };
  }

  close(): void {
    this.#isOver = true;
    this.#listeners.clear();
    this.#client?.close();
    this.#wakeAll();
  }

  async #askState(): Promise<ModuleDescription> {
    const askedAtMs = performance.now();
    const state = this.#stateOf(await this.request({ op: 'describe' }));
    if (state === undefined) throw new ControlError('no-answer', 'The module does not answer');
    this.#last = { state, askedAtMs };
    return state;
  }

  /** Its entry is read from the registry, where everybody else sees it too. */
  #stateOf(reply: ControlReply): ModuleDescription | undefined {
    const reported = parseDescription(reply);
    return reported && { entry: this.#entry(), ...reported };
  }

  #entry(): ModuleEntry {
    const now = findModule([this.root], this.name);
    if (now?.entry.startedAtMs === this.#module.entry.startedAtMs) this.#module = now;
    return this.#module.entry;
  }

  /** The connection, once there is one. */
  async #connection(withinMs: number): Promise<ControlClient> {
    const timeout = new AbortController();
    const isLate = pause(withinMs, true, { signal: timeout.signal }).catch(() => true);
    try {
      for (;;) {
        if (this.#isOver) throw new ControlError('not-running', 'The module is not running');
        if (this.#client !== undefined) return this.#client;
        if (this.#problem !== undefined) throw this.#problem;
        const change = new Promise<false>((resolve) => this.#waiting.push(() => resolve(false)));
        if (await Promise.race([change, isLate]))
          throw new ControlError('no-answer', 'The module does not answer');
      }
    } finally {
      timeout.abort();
    }
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Keeps a connection, to whatever process the module is in, until it has ended. */
  async #follow(): Promise<void> {
    while (!this.#isOver) {
      const client = await this.#connect();
      await client?.closed;
      this.#client = undefined;
      this.#told = undefined;
      this.#held = undefined;
      if (await this.#isGone()) this.#end(undefined);
      else await pause(this.#problem === undefined ? RETRY_MS : REFUSED_MS);
    }
  }

  /** Undefined: there is no connection now. */
  async #connect(): Promise<{ readonly closed: Promise<void> } | undefined> {
    try {
      if (!mayAsk(this.#module)) throw new ControlError('denied', 'Permission denied');
      const uid = askedUser(this.#module);
      const maxReplyBytes = this.#module.uid === process.geteuid?.() ? undefined : MAX_FOREIGN_REPLY_BYTES;
      const client = await ControlClient.connect(this.#module.home, { retryMs: 0, uid, maxReplyBytes });
      if (this.#isOver) client.close();
      const closed = new Promise<void>((resolve) => (client.onClosed = resolve));
      client.onWatchEvent = (event) => this.#onEvent(event);
      this.#client = client;
      this.#problem = undefined;
      void this.#tellWishes();
      this.#wakeAll();
      return { closed };
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      // Nobody has to wait for what will not change by itself.
      this.#problem = error.code === 'denied' ? error : undefined;
      this.#wakeAll();
      return undefined;
    }
  }

  async #isGone(): Promise<boolean> {
    if (this.#isOver || stillRuns(this.#module)) return false;
    await pause(GONE_MS);
    return !stillRuns(this.#module);
  }

  /** Tells the module what is wanted, until that is what it knows. */
  async #tellWishes(): Promise<void> {
    const client = this.#client;
    if (client === undefined || this.#isTelling) return;
    this.#isTelling = true;
    try {
      while (this.#client === client && !this.#isOver) {
        const wishes = { output: this.#listeners.size > 0, timing: this.#timing };
        if (this.#told?.output === wishes.output) break;
        if (!(await this.#watch(client, wishes))) await pause(REFUSED_MS);
      }
    } catch {
      // The connection has ended, which #follow sees.
    } finally {
      this.#isTelling = false;
      // Another connection may have come meanwhile.
      if (this.#client !== undefined && this.#client !== client) void this.#tellWishes();
    }
  }

  async #watch(client: ControlClient, wishes: Wishes): Promise<boolean> {
    const held: ReceivedWatchEvent[] = [];
    if (wishes.output) this.#held = held;
    const reply = await client.request({ op: 'watch', ...wishes, fromStart: this.#fromStart }, ANSWER_MS);
    if (this.#client !== client) return false;
    this.#held = undefined;
    if (reply.ok) {
      this.#told = wishes;
      this.#takePosition(wishes.output ? Number(reply['position']) : undefined);
    }
    for (const event of held) this.#onEvent(event);
    return reply.ok;
  }

  /** What was written while the module moved from one process to another was told to nobody. */
  #takePosition(position: number | undefined): void {
    const missedBytes = (position ?? 0) - (this.#position ?? position ?? 0);
    this.#position = position;
    if (missedBytes > 0) this.#listeners.tell((listener) => listener.outputMissed(missedBytes));
  }

  #onEvent(event: ReceivedWatchEvent): void {
    if (this.#held !== undefined && event.event === 'output') {
      this.#held.push(event);
      return;
    }
    switch (event.event) {
      case 'output': {
        const { stream, text, timeMs } = event;
        this.#position = (this.#position ?? 0) + text.length;
        this.#listeners.tell((listener) => listener.output(stream, text, timeMs));
        return;
      }
      case 'output-missed': {
        const { bytes } = event;
        this.#position = (this.#position ?? 0) + bytes;
        this.#listeners.tell((listener) => listener.outputMissed(bytes));
        return;
      }
      case 'reloaded':
        this.#last = undefined;
        this.#listeners.tell((listener) => listener.reloaded());
        return;
      case 'finished':
        this.#end(this.#stateOf({ ok: true, module: event.module }));
        return;
    }
  }

  #end(last: ModuleDescription | undefined): void {
    if (this.#isOver) return;
    this.#listeners.tell((listener) => listener.ended(last));
    this.close();
    this.#onEnded?.(last);
  }
}
