import { closeSync } from 'node:fs';
import type {
  AttachedClient,
  AttachRequest,
  ModuleControl,
  ReloadRequest,
} from '../../control/module-control.ts';
import {
  MAX_DESCRIBED_ELEMENTS,
  type ControlReply,
  type GlobalDescription,
  type ModuleDescription,
} from '../../control/protocol.ts';
import { WatchHub, type WatchingClient, type WatchRequest } from '../../control/watch-hub.ts';
import { holdersText } from '../../fuse/holder.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { Engine } from '../../runtime/engine.ts';
import { describeGlobal, describeModule } from './describe-module.ts';
import type { ModulePresence } from './module-presence.ts';
import type { OutputReaders } from '../output/output-readers.ts';
import { leadsInto } from '../output/own-directory.ts';
import { probeMatcher } from './probe-matcher.ts';
import type { RunSetup } from './run-setup.ts';

/** A running module, as far as other processes steer it. */
export interface SteeredModule {
  readonly setup: RunSetup;
  /** The present ones: reload exchanges them. */
  readonly module: CompiledModule;
  readonly engine: Engine;
  readonly presence: ModulePresence;
  readonly readers: OutputReaders;
  /** Number of open file descriptions. */
  readonly files: { readonly openCount: number };
  /** The module has run its end probes, or is being handed to another process. */
  readonly isLeaving: boolean;
  /** Asks for the end; asked again, stops waiting for anybody. */
  requestStop(): void;
  reload(request: ReloadRequest): Promise<ControlReply>;
}

/** What the control socket of a running module does. */
export class ModuleSteering implements ModuleControl {
  /** Everybody who watches the module. */
  readonly watchers: WatchHub;
  readonly #module: SteeredModule;
  #lastReload: Promise<unknown> = Promise.resolve();

  /** `keepsOutput`: for the first one who watches. */
  constructor(module: SteeredModule, keepsOutput: boolean) {
    this.#module = module;
    this.watchers = new WatchHub({
      onTiming: (isWanted) => module.engine.requestTiming('watchers', isWanted),
      keepsOutput,
    });
  }

  /** The end probes have run. */
  finish(status: 0 | 1): void {
    this.watchers.finish(() => ({ event: 'finished', status, module: this.describe() }));
  }

  describe(): ModuleDescription {
    return describeModule(this.#module);
  }

  stop(force: boolean): ControlReply {
    const { readers, setup } = this.#module;
    const clients = readers.list();
    if (!force && clients.length > 0) {
      const text = `Module ${setup.engineOptions.moduleName} is in use by: ${holdersText(clients)}`;
      return { ok: false, code: 'in-use', text };
    }
    this.#module.requestStop();
    return { ok: true };
  }

  mayAttach(): ControlReply {
    const { readers, isLeaving } = this.#module;
    const [reader] = readers.list();
    if (reader !== undefined) {
      const text = `Its output is read by process ${holdersText([reader])}.`;
      return { ok: false, code: 'attached', text };
    }
    return isLeaving ? { ok: false, code: 'ending', text: 'The module is ending.' } : { ok: true };
  }

  attach(client: AttachedClient, request: AttachRequest, outFd: number, errFd: number): ControlReply {
    const { presence, readers } = this.#module;
    const { directory } = presence.entry;
    if (directory === undefined || !leadsInto(directory, [outFd, errFd], request.outputFile?.format))
      return readers.attach(client, request, outFd, errFd);
    for (const fd of new Set([outFd, errFd])) closeSync(fd);
    return { ok: false, code: 'not-possible', text: 'Its output cannot go to one of its own files' };
  }

  detach(client: AttachedClient): void {
    this.#module.readers.detach(client);
  }

  rotate(): void {
    this.#module.readers.rotate();
  }

  globals(name: string | undefined, keys: readonly string[]): readonly GlobalDescription[] | ControlReply {
    if (name !== undefined && keys.length > 0) {
      const found = this.#module.engine.globalElement(name, keys);
      if ('code' in found) return { ok: false, code: found.code, text: `${found.text}.` };
      return [describeGlobal(found)];
    }
    const views = this.#module.engine.globals({ name, maxElements: MAX_DESCRIBED_ELEMENTS });
    if (name !== undefined && views.length === 0)
      return { ok: false, code: 'unknown-global', text: `There is no global variable '${name}'.` };
    return views.map(describeGlobal);
  }

  source(): ControlReply {
    const { sources } = this.#module.setup;
    if (sources.length > 0) return { ok: true, sources };
    return { ok: false, code: 'not-possible', text: 'The text of the script is not known.' };
  }

  watch(client: WatchingClient, request: WatchRequest): ControlReply {
    const answer = this.watchers.watch(client, request);
    if (!answer.ok) return answer;
    return { ok: true, position: this.#module.readers.passedBytes - answer.earlierBytes };
  }

  unwatch(client: WatchingClient): void {
    this.watchers.unwatch(client);
  }

  set(name: string, keys: readonly string[], value: string): ControlReply {
    const outcome = this.#module.engine.setGlobal(name, keys, value);
    return outcome === 'set' ? { ok: true } : { ok: false, code: outcome.code, text: `${outcome.text}.` };
  }

  switchProbe(probe: string, on: boolean): ControlReply {
    const { engine } = this.#module;
    const matches = probeMatcher(probe);
    const found = engine.probes().filter(({ index, pp }) => matches(index, pp));
    if (found.length === 0)
      return { ok: false, code: 'unknown-probe', text: `There is no probe '${probe}'.` };
    for (const { index } of found) engine.enableProbe(index, on);
    return { ok: true, probes: found.map(({ pp }) => pp) };
  }

  /** One after the other: each takes over from the script that runs then. */
  reload(request: ReloadRequest): Promise<ControlReply> {
    const reload = this.#lastReload.then(() => this.#module.reload(request));
    this.#lastReload = reload.catch(() => undefined);
    return reload;
  }
}
