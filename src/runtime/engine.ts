import type { CompiledModule, CompiledProbe } from '../module/compiled-module.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import type { EngineOptions, EnginePorts, RuntimeMessage } from './engine-ports.ts';
import type { CodeFactory, GeneratedCode } from './generated-code.ts';
import { GlobalStore } from './global-store.ts';
import type { GlobalView } from './global-store.ts';
import { HandlerAbort, ScriptError } from './handler-context.ts';
import type { ProcessContext } from './handler-context.ts';
import { asScriptFailure, handlerErrorText } from './handler-error.ts';
import { HandlerState } from './handler-state.ts';
import { HandlerTimer, timingReport } from './handler-timing.ts';
import type { HandlerTiming } from './handler-timing.ts';
import { OutputChannel } from './output.ts';
import { procfsFiles } from './procfs-files.ts';
import type { RunOutcome } from './procfs-files.ts';
import type { HandlerGate, PseudoFile } from './pseudo-file.ts';
import { createGeneratedRuntime } from './runtime-for-code.ts';
import { Scheduler } from './scheduler.ts';
import type { PeriodicTimer } from './scheduler.ts';
import type { Value } from './value.ts';

/** Session states of SystemTap's run time. */
export type SessionState = 'UNINITIALIZED' | 'STARTING' | 'RUNNING' | 'ERROR' | 'STOPPING' | 'STOPPED';

/** What a finished run tells about itself. */
export interface RunFacts {
  /** Uncaught run-time errors, also those not reported. */
  readonly errorCount: number;
  readonly skippedCount: number;
  /** An `ERROR:` message was given: the run counts as failed. */
  readonly errorReported: boolean;
  /** Nobody reads the output any more. */
  readonly outputBroken: boolean;
  /** Bytes of output that nobody took because of that; final after `stop`. */
  readonly lostBytes: number;
}

/** Ticks per second of `timer.profile` without a frequency. */
const PROFILE_HZ = 250;
const NS_PER_SECOND = 1_000_000_000;
/** Different warnings kept to recognise repeats; when there are more, all are forgotten. */
const REMEMBERED_WARNINGS_MAX = 1024;

/**
 * One running module. Order of use: construct, perhaps `assignGlobal`, `start`, `activate` (and serve
 * `files`), and when `onExitRequested` calls back or the outside wants an end, `stop`. Handlers run one at a
 * time, to completion, on the caller's stack or from a timer.
 */
export class Engine {
  /** Closed while so much output waits that handlers should wait too. */
  readonly gate: HandlerGate;
  readonly #module: CompiledModule;
  readonly #ports: EnginePorts;
  readonly #options: EngineOptions;
  readonly #globals: GlobalStore;
  readonly #context: HandlerState;
  readonly #output: OutputChannel;
  readonly #scheduler: Scheduler;
  readonly #timings: ReadonlyMap<CompiledProbe, HandlerTimer>;
  readonly #disabled = new Set<CompiledProbe>();
  readonly #warned = new Set<string>();
  readonly #exitCallbacks: (() => void)[] = [];
  #code: GeneratedCode | undefined;
  #files: readonly PseudoFile[] | undefined;
  #state: SessionState = 'UNINITIALIZED';
  #exitRequested = false;
  #commands: string[] = [];
  #errorCount = 0;
  #errorReported = false;
  #outputBroken = false;
  #stopping: Promise<void> | undefined;

  /** Nothing of the script runs yet. */
  constructor(module: CompiledModule, ports: EnginePorts, options: EngineOptions) {
    this.#module = module;
    this.#ports = ports;
    this.#options = options;
    this.#globals = new GlobalStore(module);
    this.#output = new OutputChannel(
      ports.output,
      () => {
        this.#outputBroken = true;
        this.requestExit();
      },
      options.outputBufferBytes,
    );
    this.gate = {
      ready: () => this.#output.ready(),
      whenReady: (callback) => {
        this.#output.whenReady(callback);
      },
    };
    this.#context = this.#newContext();
    this.#scheduler = new Scheduler({
      timers: ports.timers,
      monotonicNs: () => ports.clock.monotonicNs(),
      random: ports.random,
      gate: this.gate,
    });
    this.#timings = new Map(module.probes.map((probe) => [probe, new HandlerTimer(probe)]));
    if (this.#globals.allocationProblem() === undefined) this.#code = this.#load();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Counts for the exit status; final after `stop`. */
  get facts(): RunFacts {
    return {
      errorCount: this.#errorCount,
      skippedCount: 0,
      errorReported: this.#errorReported,
      outputBroken: this.#outputBroken,
      lostBytes: this.#output.lostBytes,
    };
  }

  /** Sets a scalar global from text (`-G`), before `start`. False: there is none, or the text is not such a value. */
  assignGlobal(name: string, text: string): boolean {
    return this.#globals.assignText(name, text);
  }

  /** All globals with their present content. */
  globals(): readonly GlobalView[] {
    return this.#globals.views();
  }

  /** Sets a scalar, or with keys an array element, between handlers. False when name, keys or type do not fit. */
  setGlobal(name: string, keys: readonly Value[], value: Value): boolean {
    return this.#globals.assign(name, keys, value);
  }

  /** How often and how long each handler ran, in module order; collected with the `timing` option only. */
  timings(): readonly HandlerTiming[] {
    return [...this.#timings.values()].map((timer) => timer.timing());
  }

  /** Switches a probe off or on, by index of the module's probes; off, its handler is passed over as by `next`. */
  enableProbe(index: number, enabled: boolean): void {
    const probe = this.#module.probes[index];
    if (probe === undefined) return;
    if (enabled) this.#disabled.delete(probe);
    else this.#disabled.add(probe);
  }

  /**
   * Runs the begin probes. False: the module could not start, which has been reported; there is nothing to
   * stop. True also when a begin probe failed or asked for the end, see `state`.
   */
  start(): boolean {
    const problem = this.#globals.allocationProblem();
    if (problem !== undefined) {
      this.#message({ kind: 'warning', text: problem.warning });
      this.#message({ kind: 'error', text: `global variable '${problem.mangledName}' allocation failed` });
      this.#state = 'STOPPED';
      return false;
    }
    this.#state = 'STARTING';
    for (const probe of this.#byPriority('begin')) this.#run(probe, this.#ports.ownProcess);
    return true;
  }

  /** One file per path of the procfs probes. Handlers run while the state is RUNNING, otherwise EIO is answered. */
  files(): readonly PseudoFile[] {
    this.#files ??= procfsFiles(this.#module, {
      read: (probe, accessor, capacity) => {
        this.#context.procfs.open(capacity);
        const outcome = this.#run(probe, this.#ports.processOf(accessor));
        return { outcome, content: this.#context.procfs.value };
      },
      write: (probe, accessor, data) => {
        this.#context.procfs.present(data);
        return this.#run(probe, this.#ports.processOf(accessor));
      },
    });
    return this.#files;
  }

  /** Lets file and timer handlers run, unless a begin probe already asked for the end. */
  activate(): void {
    if (this.#state !== 'STARTING') return;
    this.#state = 'RUNNING';
    this.#scheduler.start(this.#module.probes.flatMap((probe) => this.#timerOf(probe)));
  }

  /**
   * Calls back, never from inside a handler, when the script, an error or the loss of the output asks for
   * the end. Once; at the next occasion if it was asked already.
   */
  onExitRequested(callback: () => void): void {
    if (this.#exitRequested) queueMicrotask(callback);
    else this.#exitCallbacks.push(callback);
  }

  /** What exit() does: no further handler starts, the end is asked for. */
  requestExit(): void {
    if (this.#state === 'STARTING' || this.#state === 'RUNNING') this.#state = 'STOPPING';
    this.#askForEnd();
  }

  /**
   * Runs the end or error probes and reports; settles when all output is out. Later calls settle with the
   * first.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  #load(): GeneratedCode {
    // Only code that our own translator wrote is evaluated here.
    const factory = this.#ports.evaluate(this.#module.code) as CodeFactory;
    const { intrinsics, compileRegex } = this.#ports;
    const code = factory(
      createGeneratedRuntime(this.#module, this.#context, this.#globals, intrinsics, compileRegex),
    );
    this.#globals.attachScalars(code.scalars);
    return code;
  }

  #newContext(): HandlerState {
    const { moduleName, stapPid, target, scriptArguments } = this.#options;
    const { clock, ownProcess, switchOutputFile, files } = this.#ports;
    const { limits } = this.#module;
    const session = { moduleName, stapPid, target, scriptArguments, clock, limits, files };
    return new HandlerState(session, ownProcess, {
      print: (text) => {
        this.#output.write(text);
      },
      warn: (text) => {
        this.#warn(text);
      },
      requestExit: () => {
        this.requestExit();
      },
      system: (command) => {
        this.#commands.push(command);
      },
      switchFile: switchOutputFile,
    });
  }

  /** One invocation of a handler, from the state check to the report of its error. */
  #run(probe: CompiledProbe, process: ProcessContext): RunOutcome {
    if (this.#state !== stateFor(probe.event)) return 'refused';
    if (this.#disabled.has(probe)) return 'done';
    this.#context.enter(probe, process);
    const startedNs = this.#options.timing ? this.#ports.clock.monotonicNs() : 0n;
    const failure = this.#invoke(probe);
    if (this.#options.timing) this.#timings.get(probe)?.add(this.#ports.clock.monotonicNs() - startedNs);
    this.#output.flush();
    if (failure !== undefined) this.#reportError(failure, probe);
    for (const command of this.#commands.splice(0)) this.#ports.runCommand(command);
    return failure === undefined ? 'done' : 'failed';
  }

  #invoke(probe: CompiledProbe): ScriptError | undefined {
    const { handlers, conditions } = this.#loadedCode();
    const condition = probe.condition === undefined ? undefined : conditions[probe.condition];
    try {
      if (condition === undefined || condition() !== 0) handlers[probe.handler]?.();
      return undefined;
    } catch (thrown) {
      const failure = asScriptFailure(thrown);
      if (failure instanceof HandlerAbort) return undefined;
      return failure instanceof ScriptError ? failure : this.#ourMistake(failure);
    }
  }

  /** The script goes down in good order, files and all, and the report tells where to look. */
  #ourMistake(thrown: unknown): ScriptError {
    const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const [first, place] = text.split('\n').map((line) => line.trim());
    this.#state = 'ERROR';
    this.#askForEnd();
    return new ScriptError(`internal error (please report this, with the script): ${first} ${place}`, false);
  }

  #loadedCode(): GeneratedCode {
    if (this.#code === undefined) throw new Error('the module has not been loaded');
    return this.#code;
  }

  #reportError(error: ScriptError, probe: CompiledProbe): void {
    this.#errorCount += 1;
    if (this.#options.suppressHandlerErrors) return;
    const text = handlerErrorText(error, probe.pp, this.#module.limits.MAXSTRINGLEN);
    this.#message({ kind: 'error', text });
    if (this.#errorCount <= this.#module.limits.MAXERRORS) return;
    this.#state = 'ERROR';
    this.#askForEnd();
  }

  /** Identical warnings are given once, as long as there are not too many different ones to remember. */
  #warn(text: string): void {
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    if (this.#warned.has(line)) return;
    if (this.#warned.size >= REMEMBERED_WARNINGS_MAX) this.#warned.clear();
    this.#warned.add(line);
    this.#message({ kind: 'warning', text: line });
  }

  #message(message: RuntimeMessage): void {
    if (message.kind === 'error') this.#errorReported = true;
    this.#ports.message(message);
  }

  #askForEnd(): void {
    if (this.#exitRequested) return;
    this.#exitRequested = true;
    for (const callback of this.#exitCallbacks.splice(0)) queueMicrotask(callback);
  }

  async #shutDown(): Promise<void> {
    this.#scheduler.stop();
    if (this.#state === 'STARTING' || this.#state === 'RUNNING') this.#state = 'STOPPING';
    for (const family of ['end', 'error'] as const) {
      for (const probe of this.#byPriority(family)) this.#run(probe, this.#ports.ownProcess);
    }
    this.#state = 'STOPPED';
    if (this.#options.timing) this.#output.write(timingReport(this.timings()));
    await this.#output.drained();
    if (this.#errorCount > 0) {
      const text = `Number of errors: ${this.#errorCount}, skipped probes: 0`;
      this.#message({ kind: 'warning', text });
    }
  }

  /** The probes of a family by ascending priority, in module order where equal. */
  #byPriority(family: 'begin' | 'end' | 'error'): readonly CompiledProbe[] {
    const probes = this.#module.probes.filter((probe) => probe.event.family === family);
    return probes.sort((left, right) => comparePriority(left.event, right.event));
  }

  #timerOf(probe: CompiledProbe): PeriodicTimer[] {
    const { event } = probe;
    const fire = (): void => {
      this.#run(probe, this.#ports.ownProcess);
    };
    if (event.family === 'timer')
      return [{ intervalNs: event.intervalNs, randomizeNs: event.randomizeNs, fire }];
    if (event.family === 'profile')
      return [{ intervalNs: Math.ceil(NS_PER_SECOND / (event.hz ?? PROFILE_HZ)), randomizeNs: 0, fire }];
    return [];
  }
}

/** The only state in which handlers of the event run. */
function stateFor(event: ProbeEvent): SessionState | undefined {
  switch (event.family) {
    case 'begin':
      return 'STARTING';
    case 'end':
      return 'STOPPING';
    case 'error':
      return 'ERROR';
    case 'never':
      return undefined;
    case 'timer':
    case 'profile':
    case 'procfs':
      return 'RUNNING';
  }
}

function comparePriority(left: ProbeEvent, right: ProbeEvent): number {
  if (!('priority' in left) || !('priority' in right)) return 0;
  return left.priority < right.priority ? -1 : left.priority > right.priority ? 1 : 0;
}
