import type { CompiledModule } from '../module/compiled-module.ts';
import { EngineGate } from './engine-gate.ts';
import { kernelGlobals, loadCode, newMessages, sessionFacts } from './engine-assembly.ts';
import type { EngineMessages } from './engine-messages.ts';
import type { EngineOptions, EnginePorts } from './engine-ports.ts';
import type { EngineState, GlobalState } from './engine-state.ts';
import type { GeneratedCode } from './generated-code.ts';
import { adoptGlobals } from './global-adoption.ts';
import type { GlobalAdoption } from './global-adoption.ts';
import { GlobalStore } from './global-store.ts';
import type { GlobalSelection, GlobalView, SetRefusal } from './global-store.ts';
import type { KernelEvent } from './kernel-event.ts';
import { HandlerRunner } from './handler-runner.ts';
import { HandlerState } from './handler-state.ts';
import { timingReport } from './handler-timing.ts';
import { KernelPause } from './kernel-pause.ts';
import { KernelSide } from './kernel-side.ts';
import { OutputChannel } from './output.ts';
import type { ProbeRecord, ProbeView } from './probe-record.ts';
import { ProbeRecords } from './probe-records.ts';
import { ProbeTimers } from './probe-timers.ts';
import { procfsFiles } from './procfs-files.ts';
import type { RunOutcome } from './procfs-files.ts';
import type { HandlerGate, PseudoFile } from './pseudo-file.ts';
import type { RunFacts } from './run-facts.ts';
import { ScriptPrinter } from './script-printer.ts';
import { SessionLife } from './session-life.ts';
import type { SessionState } from './session-state.ts';

/** Who may want handlers to be measured. */
export type TimingRequester = 'monitor' | 'watchers';

/**
 * One running module. Order of use: construct, perhaps `assignGlobal`, `start`, `activate` (and serve
 * `files`), and when `onExitRequested` calls back or the outside wants an end, `stop`. Handlers run one at a
 * time, to completion, on the caller's stack or from a timer. A running engine can be frozen and its state given to an
 * engine of the same module elsewhere, which takes it by `thaw` in place of `start`.
 */
export class Engine {
  /** Closed while so much output waits that handlers should wait too. */
  readonly gate: HandlerGate;
  readonly #gate: EngineGate;
  readonly #module: CompiledModule;
  readonly #ports: EnginePorts;
  readonly #options: EngineOptions;
  readonly #globals: GlobalStore;
  readonly #context: HandlerState;
  readonly #output: OutputChannel;
  readonly #printer: ScriptPrinter;
  readonly #records: ProbeRecords;
  readonly #timers: ProbeTimers;
  readonly #messages: EngineMessages;
  readonly #kernel: KernelSide;
  readonly #pause: KernelPause;
  readonly #life: SessionLife;
  readonly #runner: HandlerRunner;
  readonly #timingRequests = new Set<TimingRequester>();
  #code: GeneratedCode | undefined;
  #files: readonly PseudoFile[] | undefined;
  #stopping: Promise<void> | undefined;

  /** Nothing of the script runs yet. */
  constructor(module: CompiledModule, ports: EnginePorts, options: EngineOptions) {
    this.#module = module;
    this.#ports = ports;
    this.#options = options;
    this.#pause = new KernelPause(ports.kernelProbes);
    this.#globals = new GlobalStore(module, kernelGlobals(module, ports, this.#pause));
    this.#life = new SessionLife(() => {
      this.#pause.keep('ending', true);
    });
    this.#output = new OutputChannel(ports.output, () => this.#exit(), options.outputBufferBytes);
    this.#printer = new ScriptPrinter(this.#output, options.outputFormat, ports.clock);
    this.#gate = new EngineGate(this.#output);
    this.gate = this.#gate;
    this.#context = this.#newContext();
    const { kernelProbes } = ports;
    this.#records = new ProbeRecords(module.probes, (index) => kernelProbes?.kernelHits(index) ?? 0);
    this.#timers = new ProbeTimers(this.#records.all, {
      timers: ports.timers,
      monotonicNs: () => ports.clock.monotonicNs(),
      random: ports.random,
      gate: this.gate,
    });
    this.#messages = newMessages(module, ports, options);
    this.#runner = this.#newRunner();
    this.#kernel = this.#newKernelSide();
    if (this.#globals.allocationProblem() === undefined)
      this.#code = loadCode(module, ports, this.#context, this.#globals);
  }

  get state(): SessionState {
    return this.#life.state;
  }

  /** Counts for the exit status; final after `stop`. */
  get facts(): RunFacts {
    return {
      errorCount: this.#messages.errorCount,
      errorReported: this.#messages.errorReported,
      lostBytes: this.#output.lostBytes,
      warningCount: this.#messages.warningCount,
      outputBytes: this.#output.writtenBytes,
      skipped: this.#kernel.skipped,
    };
  }

  /** Sets a scalar global from text (`-G`), before `start`. False: there is none, or the text is not such a value. */
  assignGlobal(name: string, text: string): boolean {
    return this.#globals.assignText(name, text);
  }

  /** All globals with their present content, or as much of it as is wanted. */
  globals(selection?: GlobalSelection): readonly GlobalView[] {
    return this.#releasing(() => this.#globals.views(selection));
  }

  /**
   * An array with the one element of these keys, given as for `setGlobal`; without elements when there is none.
   */
  globalElement(name: string, keys: readonly string[]): GlobalView | SetRefusal {
    return this.#releasing(() => this.#globals.element(name, keys));
  }

  /**
   * Sets a scalar, or with keys an array element, between handlers. Texts are as `-G` takes them; strings are cut to
   * MAXSTRINGLEN. Statistics cannot be set. Never throws.
   */
  setGlobal(name: string, keys: readonly string[], value: string): 'set' | SetRefusal {
    return this.#releasing(() => this.#globals.setText(name, keys, value));
  }

  /**
   * The script's globals go back to what they were before the first handler, `-G` included; arrays and statistics
   * become empty. Globals of the library stay, begin probes made them.
   */
  clearGlobals(): void {
    this.#releasing(() => {
      this.#globals.clear();
    });
  }

  /**
   * For a script that takes the place of another one, after `start`: globals of the same name and types take over what
   * `previous`, from the other's `freeze`, holds. The others keep what the begin probes made.
   */
  adoptGlobals(previous: readonly GlobalState[]): GlobalAdoption {
    return this.#releasing(() => adoptGlobals(this.#globals, this.#module, previous));
  }

  /** All probes in module order, with hits always and times when some were taken. */
  probes(): readonly ProbeView[] {
    return this.#records.views();
  }

  /** Whether `who` wants handlers to be measured; they are while anybody does, and with `-t` always. */
  requestTiming(who: TimingRequester, isWanted: boolean): void {
    if (isWanted) this.#timingRequests.add(who);
    else this.#timingRequests.delete(who);
    this.#runner.timing = this.#options.timing || this.#timingRequests.size > 0;
  }

  /** Switches a probe off or on, by index of the module's probes; off, its handler is passed over as by `next`. */
  enableProbe(index: number, enabled: boolean): void {
    const record = this.#records.all[index];
    if (record !== undefined) record.on = enabled;
    this.#pauseForSwitchedOff();
  }

  /**
   * Stops running handlers and returns everything this engine knows, for `thaw` elsewhere. Timers stop, requests wait at
   * the gate. Afterwards `resume` undoes it; `requestExit` and `stop` end the module here as usual.
   * Throws when the state is not RUNNING.
   */
  freeze(): EngineState {
    if (this.state !== 'RUNNING') throw new Error(`a module that is ${this.state} cannot be frozen`);
    this.#kernel.stop();
    this.#kernel.drain();
    this.#pause.keep('frozen', true);
    this.#gate.freeze();
    this.#life.state = 'FROZEN';
    return {
      globals: this.#releasing(() => this.#globals.state()),
      ...this.#messages.state(),
      outputBytes: this.#output.writtenBytes,
      ...this.#records.state(),
      timerDueNs: this.#timers.freeze(),
      stores: this.#context.stores(),
      ...(this.#printer.unfinished && { unfinishedLine: this.#printer.unfinished }),
    };
  }

  /** Goes on after `freeze` as if nothing had happened; timers keep their time line. */
  resume(): void {
    if (this.state !== 'FROZEN') return;
    this.#pause.keep('frozen', false);
    this.#runHandlers();
    this.#gate.thaw();
  }

  /**
   * In place of `start`: takes over from an engine of the same module. No begin probe runs; `activate` then starts the
   * timers for the times they were due. Throws when the state is of another module.
   */
  thaw(state: EngineState): void {
    this.#releasing(() => {
      this.#globals.restoreAll(state.globals);
    });
    this.#messages.restore(state);
    this.#output.addWritten(state.outputBytes);
    this.#records.restore(state);
    this.#pauseForSwitchedOff();
    this.#timers.restore(state.timerDueNs);
    this.#context.restoreStores(state.stores);
    this.#printer.restore(state.unfinishedLine);
    this.#life.state = 'STARTING';
  }

  /**
   * Runs the begin probes. False: the module could not start, which has been reported; there is nothing to
   * stop. True also when a begin probe failed or asked for the end, see `state`.
   */
  start(): boolean {
    const problem = this.#globals.allocationProblem();
    if (problem !== undefined) {
      this.#messages.warn(problem.warning);
      this.#messages.error(`global variable '${problem.mangledName}' allocation failed`);
      this.#life.state = 'STOPPED';
      return false;
    }
    this.#life.state = 'STARTING';
    this.#globals.initialize();
    for (const record of this.#records.byPriority('begin')) this.#run(record);
    return true;
  }

  /** One file per path of the procfs probes. Handlers run while the state is RUNNING, otherwise EIO is answered. */
  files(): readonly PseudoFile[] {
    this.#files ??= procfsFiles(this.#module, {
      read: (probe, accessor, capacity) => {
        this.#context.procfs.open(capacity);
        const outcome = this.#run(this.#records.of(probe), this.#ports.processOf(accessor));
        return { outcome, content: this.#context.procfs.value };
      },
      write: (probe, accessor, data) => {
        this.#context.procfs.present(data);
        return this.#run(this.#records.of(probe), this.#ports.processOf(accessor));
      },
    });
    return this.#files;
  }

  /** Serves further files beside the script's own, before `files` are served; those of the same paths stay the script's. */
  addFiles(added: readonly PseudoFile[]): void {
    const own = this.files();
    const taken = new Set(own.map(({ path }) => path));
    this.#files = [...own, ...added.filter(({ path }) => !taken.has(path))];
  }

  /**
   * Lets file, timer and kernel handlers run, unless a begin probe already asked for the end. Throws what the kernel
   * probes throw when they cannot be attached.
   */
  activate(): void {
    if (this.state !== 'STARTING') return;
    this.#kernel.attach();
    this.#runHandlers();
  }

  /**
   * Calls back, never from inside a handler, when the script, an error or the loss of the output asks for
   * the end. Once; at the next occasion if it was asked already.
   */
  onExitRequested(callback: () => void): void {
    this.#life.onExitRequested(callback);
  }

  /** Runs the handler of an event in the kernel, by index of the module's probes. */
  fire(probe: number, event: KernelEvent): RunOutcome {
    return this.#kernel.fire(probe, event);
  }

  /**
   * Does what a record of the kernel asks for; for the kernel probes of the ports to call, from their `drain`. False: no
   * further one is wanted in the same `drain`. The record must stay as it is until it returns. Never throws for what a
   * record holds.
   */
  takeRecord(record: Uint8Array): boolean {
    return this.#kernel.take(record);
  }

  /** What exit() does, for the outside: no further handler starts, the end is asked for. */
  requestExit(): void {
    this.#kernel.drain();
    this.#exit();
  }

  /**
   * No handler prints any more: with output in JSON, a line whose end is missing is told as it is. `stop` does it; for an
   * engine whose place another one takes.
   */
  endLine(): void {
    this.#printer.end();
  }

  /** Settles when all output of handlers so far has been taken by the port. */
  outputDrained(): Promise<void> {
    return this.#output.drained();
  }

  /**
   * Runs the end or error probes and reports; settles when all output is out. Later calls settle with the
   * first.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  #newContext(): HandlerState {
    const { ownProcess, switchOutputFile } = this.#ports;
    const session = sessionFacts(this.#module, this.#ports, this.#options);
    return new HandlerState(session, ownProcess, {
      print: this.#printer.ofHandlers(() => this.#context),
      warn: (text) => this.#messages.warnOnce(text),
      requestExit: () => this.#exit(),
      system: (command) => this.#runner.queueCommand(command),
      switchFile: switchOutputFile,
    });
  }

  #newRunner(): HandlerRunner {
    const { clock, runCommand } = this.#ports;
    const code = (): GeneratedCode => {
      if (this.#code === undefined) throw new Error('the module has not been loaded');
      return this.#code;
    };
    const [context, output, messages, life] = [this.#context, this.#output, this.#messages, this.#life];
    return new HandlerRunner(
      { code, context, output, messages, life, clock, pause: this.#pause, runCommand },
      this.#options.timing,
    );
  }

  #newKernelSide(): KernelSide {
    return new KernelSide(this.#module.kernel, {
      ports: this.#ports,
      probes: this.#records.all,
      runner: this.#runner,
      life: this.#life,
      output: this.#output,
      lines: this.#printer.lines,
      messages: this.#messages,
      gate: this.#gate,
      pause: this.#pause,
      printBytesMax: this.#module.limits.STP_BUFFER_SIZE,
    });
  }

  /** Runs a handler that is not of an event in the kernel, after those of events that came before. */
  #run(record: ProbeRecord, process = this.#ports.ownProcess): RunOutcome {
    this.#kernel.drain();
    return this.#runner.run(record, process);
  }

  /** For work on globals outside handlers: a pause that it requested ends with it. */
  #releasing<T>(work: () => T): T {
    try {
      return work();
    } finally {
      this.#pause.release();
    }
  }

  /** Handlers in the kernel cannot be passed over there; deferred, they can. */
  #pauseForSwitchedOff(): void {
    const placements = this.#module.kernel?.placements;
    const isOff = this.#records.all.some(({ on, index }) => !on && placements?.[index]?.where === 'kernel');
    this.#pause.keep('probe-off', isOff);
  }

  #exit(): void {
    const wasFrozen = this.state === 'FROZEN';
    this.#life.exit();
    if (wasFrozen) this.#gate.thaw();
  }

  async #shutDown(): Promise<void> {
    const wasFrozen = this.state === 'FROZEN';
    this.#timers.stop();
    this.#kernel.detach();
    this.#life.leaveRunning();
    if (wasFrozen) this.#gate.thaw();
    for (const family of ['end', 'error'] as const) {
      for (const record of this.#records.byPriority(family)) this.#run(record);
    }
    this.#life.state = 'STOPPED';
    if (this.#options.timing) this.#printer.report(timingReport(this.#records.timings()));
    this.endLine();
    await this.#output.drained();
    this.#messages.summarize(this.#kernel.skipped, this.#options.timing);
  }

  /** From here on file, timer and kernel handlers run. */
  #runHandlers(): void {
    this.#life.state = 'RUNNING';
    this.#timers.start((record) => this.#run(record));
    this.#kernel.start();
  }
}
