import type { CompiledModule } from '../module/compiled-module.ts';
import type { OutputPort } from '../runtime/output.ts';
import type { PseudoFile } from '../runtime/pseudo-file.ts';
import type { MemoryUse } from './memory-use.ts';
import { monitorFiles } from './monitor-files.ts';
import { MonitorScreen } from './monitor-screen.ts';
import type { MonitorTerminal } from './monitor-terminal.ts';
import { WatchedModule } from './monitored-engine.ts';
import type { MonitoredEngine, StatusFacts } from './monitored-engine.ts';
import { MonitoredOutput } from './monitored-output.ts';
import { OutputHistory } from './output-history.ts';
import type { KeyEffect } from './screen-state.ts';

/** Messages printed again when the screen has gone. */
const MESSAGE_LINES = 100;
/** Bytes of keys kept for a script that is still starting. */
const EARLY_KEYS_MAX = 4096;
/** After these the terminal belongs to whoever comes next. */
const LEAVING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** A stream of the session and whether it ends on the terminal that the screen takes. */
export interface SessionStream {
  readonly port: OutputPort;
  readonly onTerminal: boolean;
}

/** What a monitor is made of. */
export interface MonitorRequest {
  readonly moduleName: string;
  readonly uid: number;
  /** N of `--monitor=N`. */
  readonly intervalMs: number;
  /** Where the script's output goes. */
  readonly output: SessionStream;
  /** Where warnings and errors go. */
  readonly messages: SessionStream;
  /** undefined: no screen, output is printed as without a monitor. */
  readonly screen: { readonly terminal: MonitorTerminal; readonly port: OutputPort } | undefined;
  readonly monotonicNs: () => bigint;
  readonly memory: () => MemoryUse;
}

/**
 * `--monitor`: two files that show and steer a running module, and on a terminal a live screen. Order of use: construct
 * (the screen appears), give `output` and `messages` to whoever prints, `extend` and `watch` the engine, and when all
 * is over await `finished`.
 */
export class Monitor {
  /** Takes the script's output. */
  readonly output: OutputPort;
  /** Takes warnings and errors. */
  readonly messages: OutputPort;
  readonly #facts: StatusFacts;
  readonly #request: MonitorRequest;
  readonly #history = new OutputHistory();
  readonly #held: { readonly output: MonitoredOutput; readonly messages: MonitoredOutput } | undefined;
  readonly #screen: MonitorScreen | undefined;
  readonly #left: Promise<void>;
  #tellLeft: () => void = () => undefined;
  #leaving: Promise<void> | undefined;
  #watched: WatchedModule | undefined;
  #input: ((bytes: string) => void) | undefined;
  /** Keys typed before the script could take any. */
  #earlyKeys = '';
  #stopListening: () => void = () => undefined;
  readonly #leaveAtSignal = (): void => void this.leave();

  constructor(request: MonitorRequest) {
    this.#request = request;
    const { moduleName, uid, memory, monotonicNs, output, messages } = request;
    const startedNs = monotonicNs();
    this.#facts = {
      moduleName,
      uid,
      memory,
      uptimeSeconds: () => Number((monotonicNs() - startedNs) / 1_000_000_000n),
    };
    this.#left = new Promise((resolve) => (this.#tellLeft = resolve));
    this.output = output.port;
    this.messages = messages.port;
    if (request.screen === undefined) return;
    const changed = (): void => this.#screen?.outputChanged();
    this.#held = {
      output: new MonitoredOutput(output.port, this.#history, changed, output.onTerminal),
      messages: new MonitoredOutput(messages.port, this.#history, changed, messages.onTerminal),
    };
    this.output = this.#held.output;
    this.messages = this.#held.messages;
    this.#screen = this.#openScreen(request.screen.terminal, request.screen.port);
    this.#stopListening = this.#listen(this.#screen);
    this.#screen.enter();
  }

  /** Takes the screen away at signals that end or detach the module; to be called when these are handled otherwise. */
  leaveAtSignals(): void {
    if (this.#screen === undefined) return;
    // First of all listeners: what the others print shall find the terminal as it was.
    for (const signal of LEAVING_SIGNALS) process.prependListener(signal, this.#leaveAtSignal);
  }

  /** Gives an engine monitor_status and monitor_control, before its files are served. */
  extend(engine: Pick<MonitoredEngine, 'addFiles'>): void {
    engine.addFiles(monitorFiles(() => this.#watched, this.#facts));
  }

  /** The engine to show and steer from now on, with its module. */
  watch(engine: MonitoredEngine, module: CompiledModule): void {
    engine.requestTiming('monitor', true);
    this.#watched = new WatchedModule(engine, module);
    engine.onExitRequested(() => this.#held?.output.keepFromNow(this.#screenLines()));
    this.#screen?.refresh();
  }

  /**
   * A script that reads standard input gets the keys that the screen has no use for, one write each byte. False: there
   * is no screen, standard input is free.
   */
  passKeysTo(file: PseudoFile): boolean {
    if (this.#screen === undefined) return false;
    const accessor = { tid: process.pid, uid: this.#request.uid, gid: process.getgid?.() ?? 0 };
    this.#input = (bytes) => {
      for (const byte of bytes) file.write?.(accessor, byte);
    };
    this.#input(this.#earlyKeys);
    this.#earlyKeys = '';
    return true;
  }

  /** The module has ended and its output is out: the screen stays until the user leaves it. Settles after that. */
  async finished(): Promise<void> {
    if (this.#screen === undefined) return;
    this.#input = undefined;
    if (this.#leaving === undefined) this.#screen.exited();
    await this.#left;
  }

  /** Takes the screen away, prints what has to be seen after it. Settles when that is out; idempotent. */
  leave(): Promise<void> {
    this.#leaving ??= this.#takeAway();
    return this.#leaving;
  }

  async #takeAway(): Promise<void> {
    this.#stopListening();
    const lines = this.#screenLines();
    const gone = this.#screen?.leave();
    // Asked for before anything else can be written; both streams wait until the terminal is itself again.
    await gone;
    await this.#held?.output.release(lines);
    await this.#held?.messages.release(MESSAGE_LINES);
    this.#tellLeft();
  }

  #screenLines(): number {
    return Math.max(0, (this.#request.screen?.terminal.size().rows ?? 1) - 1);
  }

  #openScreen(terminal: MonitorTerminal, port: OutputPort): MonitorScreen {
    return new MonitorScreen({
      terminal,
      port,
      history: this.#history,
      intervalMs: this.#request.intervalMs,
      collect: () => this.#watched?.status(this.#facts),
      onEffect: (effect) => this.#act(effect),
      onLost: () => void this.leave(),
    });
  }

  #act(effect: KeyEffect): void {
    switch (effect.kind) {
      case 'command':
        this.#watched?.perform(effect.command);
        break;
      case 'leave':
        void this.leave();
        break;
      case 'input':
        if (this.#input !== undefined) this.#input(effect.bytes);
        else if (this.#earlyKeys.length < EARLY_KEYS_MAX) this.#earlyKeys += effect.bytes;
        break;
      case 'redraw':
        break;
    }
  }

  /** Keeps the screen right through what can happen to a process; returns what ends that. */
  #listen(screen: MonitorScreen): () => void {
    const restore = (): void => void screen.leave();
    const redraw = (): void => screen.redraw();
    const suspend = (): void => {
      restore();
      process.kill(process.pid, 'SIGSTOP');
    };
    const resume = (): void => {
      if (this.#request.screen?.terminal.isInForeground() === true) screen.enter();
    };
    process.on('SIGWINCH', redraw).on('SIGTSTP', suspend).on('SIGCONT', resume).on('exit', restore);
    return () => {
      for (const signal of LEAVING_SIGNALS) process.off(signal, this.#leaveAtSignal);
      process.off('SIGWINCH', redraw).off('SIGTSTP', suspend).off('SIGCONT', resume).off('exit', restore);
    };
  }
}
