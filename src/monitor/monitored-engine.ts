import type { CompiledModule, CompiledProbe } from '../module/compiled-module.ts';
import { isAboutSession } from '../module/session-probe.ts';
import type { GlobalView } from '../runtime/global-store.ts';
import type { PseudoFile } from '../runtime/pseudo-file.ts';
import type { ProbeView } from '../runtime/probe-record.ts';
import type { ControlCommand } from './control-command.ts';
import type { MemoryUse } from './memory-use.ts';
import type { MonitorStatus } from './monitor-status.ts';

/** What the monitor asks of a running engine. Calls come between handlers. */
export interface MonitoredEngine {
  globals(): readonly GlobalView[];
  probes(): readonly ProbeView[];
  enableProbe(index: number, enabled: boolean): void;
  requestTiming(who: 'monitor', isWanted: boolean): void;
  /** Every global gets its first value back; arrays and statistics become empty. */
  clearGlobals(): void;
  requestExit(): void;
  /** Serves further files beside the script's own; those of the same paths stay the script's. */
  addFiles(files: readonly PseudoFile[]): void;
  /** Calls back once the end is asked for, before end probes run. */
  onExitRequested(callback: () => void): void;
}

/** What a status holds besides what the engine knows. */
export interface StatusFacts {
  readonly moduleName: string;
  readonly uid: number;
  readonly uptimeSeconds: () => number;
  readonly memory: () => MemoryUse;
}

/** One engine with its module as the monitor sees them: only what the user wrote. */
export class WatchedModule {
  readonly #engine: MonitoredEngine;
  readonly #module: CompiledModule;

  constructor(engine: MonitoredEngine, module: CompiledModule) {
    this.#engine = engine;
    this.#module = module;
  }

  /** The present state. */
  status(facts: StatusFacts): MonitorStatus {
    const { moduleName, uid } = facts;
    return {
      moduleName,
      uid,
      uptimeSeconds: facts.uptimeSeconds(),
      memory: facts.memory(),
      globals: this.#engine.globals().filter(({ definition }) => definition.origin === 'script'),
      probes: this.#engine
        .probes()
        .filter(({ index }) => this.#userProbe(index) !== undefined)
        .map(({ index, pp, on, hits, minNs = 0, avgNs = 0, maxNs = 0 }) => {
          return { index, name: pp, on, hits, minNs, avgNs, maxNs };
        }),
    };
  }

  /** False: there is no such probe. Everything else is always done. */
  perform(command: ControlCommand): boolean {
    switch (command.kind) {
      case 'clear':
        this.#engine.clearGlobals();
        return true;
      case 'resume':
        this.#switchAll(true);
        return true;
      case 'pause':
        this.#switchAll(false);
        return true;
      case 'quit':
        this.#engine.requestExit();
        return true;
      case 'toggle':
        return this.#toggle(command.index);
    }
  }

  #switchAll(on: boolean): void {
    for (const { index } of this.#engine.probes()) {
      const probe = this.#userProbe(index);
      if (probe === undefined) continue;
      if (on || !isAboutSession(probe.event.family)) this.#engine.enableProbe(index, on);
    }
  }

  #toggle(index: number): boolean {
    if (this.#userProbe(index) === undefined) return false;
    const view = this.#engine.probes().find((probe) => probe.index === index);
    if (view === undefined) return false;
    this.#engine.enableProbe(index, !view.on);
    return true;
  }

  #userProbe(index: number): CompiledProbe | undefined {
    const probe = this.#module.probes[index];
    return probe === undefined || probe.synthetic ? undefined : probe;
  }
}
