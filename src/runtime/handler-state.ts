import type { HandlerContext, ProcessContext, SessionFacts } from './handler-context.ts';
import type { KernelEvent } from './kernel-event.ts';
import { ProcfsValue } from './procfs-value.ts';

/** What the engine does for a running handler. */
export interface HandlerServices {
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly requestExit: () => void;
  readonly system: (command: string) => void;
  readonly switchFile: () => void;
}

/** The one handler context of an engine, reset at each handler entry. */
export class HandlerState implements HandlerContext {
  readonly session: SessionFacts;
  readonly procfs = new ProcfsValue();
  process: ProcessContext;
  event: KernelEvent | undefined;
  pp = '';
  pn = '';
  probeType = '';
  lastMatch: readonly string[] | undefined;
  tokenizer: { text: string; delimiters: string } | undefined;
  readonly #services: HandlerServices;
  readonly #stores = new Map<string, unknown>();

  constructor(session: SessionFacts, ownProcess: ProcessContext, services: HandlerServices) {
    this.session = session;
    this.process = ownProcess;
    this.#services = services;
  }

  /** Prepares for a handler of that probe. */
  enter(
    probe: { readonly pp: string; readonly pn: string; readonly probeType: string },
    process: ProcessContext,
    event?: KernelEvent,
  ): void {
    this.pp = probe.pp;
    this.pn = probe.pn;
    this.probeType = probe.probeType;
    this.process = process;
    this.event = event;
    this.lastMatch = undefined;
    this.tokenizer = undefined;
  }

  print(text: string): void {
    this.#services.print(text);
  }

  warn(text: string): void {
    this.#services.warn(text);
  }

  requestExit(): void {
    this.#services.requestExit();
  }

  system(command: string): void {
    this.#services.system(command);
  }

  switchFile(): void {
    this.#services.switchFile();
  }

  /** What library functions remember, for `restoreStores`. */
  stores(): readonly (readonly [string, unknown])[] {
    return [...this.#stores];
  }

  /** Goes on with what library functions of another process remembered. */
  restoreStores(stores: readonly (readonly [string, unknown])[]): void {
    for (const [key, content] of stores) this.#stores.set(key, content);
  }

  store<T>(key: string, create: () => T): T {
    if (!this.#stores.has(key)) this.#stores.set(key, create());
    return this.#stores.get(key) as T;
  }
}
