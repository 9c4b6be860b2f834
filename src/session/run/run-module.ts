import { setTimeout as pause } from 'node:timers/promises';
import { KernelProbeError } from '../../bpf/loader/kernel-probe-error.ts';
import type { ReloadRequest } from '../../control/module-control.ts';
import type { ControlReply, ScriptSource } from '../../control/protocol.ts';
import { WatchHub } from '../../control/watch-hub.ts';
import { MountError } from '../../fuse/mount-error.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { Engine } from '../../runtime/engine.ts';
import { ActivationGate } from './activation-gate.ts';
import type { FrozenModule } from '../detach/background-channel.ts';
import { DEVICE_FD, SUPERVISOR_FD } from '../detach/background-descriptors.ts';
import { ModuleFiles } from '../files/module-files.ts';
import { servingProblem } from '../files/serve-files.ts';
import { describeModule } from './describe-module.ts';
import type { KernelHalf } from './kernel-half.ts';
import { serveGlobals } from './globals-file.ts';
import { beginPresentProcesses } from './present-processes.ts';
import { ModulePresence } from './module-presence.ts';
import type { ModuleRun } from './module-run.ts';
import { ModuleSteering, type SteeredModule } from './module-steering.ts';
import type { OutputReaders } from '../output/output-readers.ts';
import { RunEnd } from './run-end.ts';
import type { RunSetup } from './run-setup.ts';
import { StandardInput } from './standard-input.ts';
import { publishes } from '../stap-options.ts';
import { writeLastWords } from '../ports/standard-streams.ts';
import { handleSignals } from '../ports/stop-signals.ts';
import type { CommandOutcome } from './target-command.ts';

/** How long files stay after a handler ended the session, so that the reader at hand sees the end of its file. */
const LINGER_MS = 20;
/** When other processes can ask the module: not while its first readers are on their way. */
const CONTROL_DELAY_MS = 15;

/** How long the end of a script waits for the process that is to send its last numbers. */
const COMPANION_MS = 1000;

/** Runs a module from its begin probes to its end probes. Resolves to true when the run counts as good. */
export function runModule(run: ModuleRun): Promise<boolean> {
  return new RunningModule(run).run();
}

/**
 * Goes on with a module that another process froze. `committed` settles when that process has given it away, to false when
 * it keeps it. Resolves as runModule().
 */
export function continueModule(
  run: ModuleRun,
  frozen: FrozenModule,
  committed: () => Promise<boolean>,
): Promise<boolean> {
  return new RunningModule(run).takeOver(frozen, committed);
}

/** What takes the place of a running engine. */
export interface Successor {
  readonly engine: Engine;
  readonly kernel: KernelHalf | undefined;
}

/** One run of a module. `#start`, or `#adopt` after a handover, and `#shutDown` are the sequence of its life. */
export class RunningModule implements SteeredModule {
  readonly presence: ModulePresence;
  readonly files: ModuleFiles;
  readonly watchers: WatchHub;
  readonly #run: ModuleRun;
  readonly #gate: ActivationGate;
  readonly #input: StandardInput;
  readonly #end = new RunEnd();
  #setup: RunSetup;
  #module: CompiledModule;
  #engine: Engine;
  #kernel: KernelHalf | undefined;
  #failed = false;
  #isLeaving = false;
  #handover: 'none' | 'under-way' | 'done' = 'none';
  #handingOver: Promise<unknown> = Promise.resolve();
  #commandOutcome: CommandOutcome | undefined;

  constructor(run: ModuleRun) {
    this.#run = run;
    this.#setup = run.setup;
    this.#module = run.module;
    this.#engine = new Engine(run.module, run.ports.engine, run.setup.engineOptions);
    // Who publishes comes to watch when the begin probes have run already.
    if (run.setup.publishing && publishes(run.setup.publishing)) this.#engine.requestTiming('watchers', true);
    this.#kernel = run.ports.kernel;
    this.#kernel?.connect(this.#engine);
    this.#addFiles(this.#engine);
    run.monitor?.watch(this.#engine, run.module);
    this.#gate = new ActivationGate(this.#engine.gate);
    this.#input = new StandardInput(run, this.#gate);
    this.presence = new ModulePresence(run.setup);
    this.files = this.#newFiles();
    this.watchers = new WatchHub({
      onTiming: (isWanted) => this.#engine.requestTiming('watchers', isWanted),
      keepsOutput: run.companion !== undefined && run.setup.publishing?.dashboard !== undefined,
    });
    this.readers.onPassed = (stream, bytes) => this.watchers.takeOutput(stream, bytes);
  }

  get setup(): RunSetup {
    return this.#setup;
  }

  get module(): CompiledModule {
    return this.#module;
  }

  get engine(): Engine {
    return this.#engine;
  }

  get readers(): OutputReaders {
    return this.#run.readers;
  }

  /** The kernel half, when the module has one. */
  get kernel(): KernelHalf | undefined {
    return this.#kernel;
  }

  /** Closed to all handlers while reload exchanges them. */
  get gate(): ActivationGate {
    return this.#gate;
  }

  get isLeaving(): boolean {
    return this.#isLeaving || this.#handover !== 'none';
  }

  /** The end was asked for from outside. */
  isStopRequested(): boolean {
    return this.#end.isRequested;
  }

  /** The end has come, by the script or from outside. */
  isEnding(): boolean {
    return this.#end.isReached;
  }

  run(): Promise<boolean> {
    return this.#live(() => this.#start());
  }

  takeOver(frozen: FrozenModule, committed: () => Promise<boolean>): Promise<boolean> {
    this.#engine.thaw(frozen.engine);
    return this.#live(async () => {
      if (!(await committed())) process.exit(1);
      return this.#adopt(frozen);
    });
  }

  /** From one end of the life to the other, however it began. */
  async #live(begin: () => Promise<boolean>): Promise<boolean> {
    const stopHandling = handleSignals({
      stop: () => this.#requestEnd(),
      hurry: () => this.#end.hurry(),
      abort: () => this.#abort(),
      detach: () => void this.#detach(),
      rotate: () => this.readers.rotate(),
    });
    this.#run.monitor?.leaveAtSignals();
    // Nothing else may be pending: a script of timers that never fire shall wait as well.
    const keepAlive = setInterval(() => undefined, 1 << 30);
    try {
      if (await begin()) await this.#end.reached;
      else this.#fail();
      // A handler of an event that had waited may have ended the script when the module was frozen.
      await this.#handingOver;
      if (this.#handover === 'done') return true;
      await this.#shutDown();
    } finally {
      clearInterval(keepAlive);
      stopHandling();
    }
    return this.#isGood();
  }

  /** False: the module could not start, which has been reported. */
  async #start(): Promise<boolean> {
    if (!(await this.#enter()) || !this.#assignGlobals() || !this.#engine.start()) return false;
    this.#watchForEnd(this.#engine);
    if (this.#engine.state === 'STARTING' && !(await this.#serveFiles())) return false;
    if (!this.#activate()) return false;
    this.#beginPresentProcesses();
    this.#gate.activate();
    await this.coverFiles();
    if (this.#engine.state === 'RUNNING') this.#publish();
    await this.#announce();
    await this.#input.start(this.#engine.files());
    this.#startCommand();
    return true;
  }

  /** False: the kernel does not let its half be attached; that has been reported. */
  #activate(): boolean {
    try {
      this.#engine.activate();
      return true;
    } catch (error) {
      if (!(error instanceof KernelProbeError)) throw error;
      this.error(error.message);
      return false;
    }
  }

  #beginPresentProcesses(): void {
    const target = { pid: this.#setup.engineOptions.target, isCommand: this.#run.command !== undefined };
    beginPresentProcesses(this.#module, this.#engine, target, this.#kernel?.probes);
  }

  async #adopt(frozen: FrozenModule): Promise<boolean> {
    await this.presence.adopt(frozen.claim, SUPERVISOR_FD);
    this.#failed = frozen.failed;
    this.#watchForEnd(this.#engine);
    await this.files.adopt(DEVICE_FD, frozen.files, this.#engine.files(), this.#module.kernel?.files);
    this.#engine.activate();
    this.#gate.activate();
    await this.presence.openControl(new ModuleSteering(this));
    this.#run.onStarted();
    return true;
  }

  async #enter(): Promise<boolean> {
    const files = this.#engine.files();
    const problem = servingProblem(this.#setup.serving, files);
    const hasFiles = files.length > 0;
    const mustBeFound =
      hasFiles || this.#run.companion !== undefined || (this.#run.isBackground && this.readers.isDetached);
    const lines = problem === undefined ? await this.presence.enter(hasFiles, mustBeFound) : [problem];
    for (const line of lines) this.error(line);
    return lines.length === 0;
  }

  #assignGlobals(): boolean {
    for (const { name, value } of this.#setup.globals) {
      if (this.#engine.assignGlobal(name, value)) continue;
      this.error(`Couldn't set global variable '${name}' to '${value}'`);
      return false;
    }
    return true;
  }

  /** False: the files cannot be served; that has been reported. */
  async #serveFiles(): Promise<boolean> {
    try {
      await this.files.serve(this.#engine.files());
      return true;
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      this.error(error.message);
      return false;
    }
  }

  /** Others can see that it runs, and steer it. */
  async #announce(): Promise<void> {
    const directory = this.files.served?.path;
    if (directory !== undefined && this.#setup.tellsPlace)
      this.readers.messages.print({ kind: 'note', text: `Pass 5: files ready in ${directory}/` });
    const openControl = async (): Promise<void> => {
      await this.presence.supervise();
      return this.presence.openControl(new ModuleSteering(this));
    };
    if (this.#run.isBackground || this.#run.companion !== undefined) await openControl();
    else if (this.#engine.state === 'RUNNING') setTimeout(() => void openControl(), CONTROL_DELAY_MS).unref();
    this.#run.companion?.started((text) => this.readers.messages.print({ kind: 'warning', text }));
    this.#run.onStarted();
  }

  #publish(): void {
    this.presence.update({
      state: 'running',
      script: this.#setup.script,
      directory: this.files.served?.path,
      files: this.#engine.files().map(({ path, mode }) => ({ path, mode })),
    });
  }

  #startCommand(): void {
    const { command } = this.#run;
    if (command === undefined) return;
    if (this.#engine.state !== 'RUNNING') {
      // A begin probe, or a signal meanwhile, ended the session: it shall not run at all.
      command.kill();
      return;
    }
    command.release();
    void command.ended.then((outcome) => this.#commandEnded(outcome));
  }

  /** Ctrl-\ in a terminal ends the command too; the module is then handed over without it. */
  #commandEnded(outcome: CommandOutcome): void {
    this.#commandOutcome = outcome;
    if (this.#handover !== 'none') return;
    if (outcome.warning !== undefined) {
      this.readers.messages.print({ kind: 'warning', text: outcome.warning });
      this.#failed = true;
    }
    this.#requestEnd();
  }

  #watchForEnd(engine: Engine): void {
    engine.onExitRequested(() => {
      if (engine === this.#engine) this.#end.reachByScript();
    });
  }

  #fail(): void {
    this.#failed = true;
    this.#end.request();
    this.#run.command?.kill();
  }

  /** Files go first, then end probes run: nobody can see a file of a module that has ended. */
  async #shutDown(): Promise<void> {
    const { readers } = this;
    this.presence.update({ state: 'ending' });
    this.#input.stop();
    if (this.files.served !== undefined && this.#end.leavesTime)
      await Promise.race([pause(LINGER_MS), this.#end.hurried]);
    await this.#removeFiles();
    await Promise.race([this.#engine.stop(), this.#end.hurried]);
    await this.#run.command?.abandon();
    this.#tellEnd();
    readers.reportLoss(this.#engine.facts.lostBytes);
    await Promise.race([this.#outputRead(), this.#end.hurried]);
    await this.#companionWatches();
    this.#isLeaving = true;
    readers.end(this.#isGood() ? 0 : 1);
    await this.presence.leave();
    await this.#run.monitor?.finished();
  }

  /** Those who watch learn the last state now; whoever reads the output may take longer. */
  #tellEnd(): void {
    this.watchers.finish(() => ({
      event: 'finished',
      status: this.#isGood() ? 0 : 1,
      module: describeModule(this),
    }));
  }

  /** Iterators of the kernel serve the files that they can, instead of those that served some before. */
  async coverFiles(): Promise<void> {
    await this.files.cover(this.#module.kernel?.files, this.#kernel?.probes.iterators);
  }

  async #removeFiles(): Promise<void> {
    const holders = await this.files.remove();
    if (holders === undefined) return;
    this.readers.messages.print({ kind: 'warning', text: `module directory was in use by: ${holders}` });
  }

  /** A module that ended by itself keeps what it recorded until somebody has read it, or asks for its removal. */
  async #outputRead(): Promise<void> {
    const { readers } = this;
    await readers.messages.drained();
    await readers.drained();
    while (
      this.#run.isBackground &&
      !this.#end.isRequested &&
      readers.isDetached &&
      readers.bufferedBytes > 0
    ) {
      await Promise.race([new Promise<void>((resolve) => readers.onChange(resolve)), this.#end.requested]);
      await readers.drained();
    }
  }

  /** A collector is to get the last numbers of a short script, too. */
  async #companionWatches(): Promise<void> {
    const { companion } = this.#run;
    companion?.release();
    if (companion !== undefined && this.#setup.publishing?.otlp !== undefined)
      await Promise.race([companion.watching, pause(COMPANION_MS), this.#end.hurried]);
  }

  #isGood(): boolean {
    return !this.#failed && !this.readers.failed && !this.#engine.facts.errorReported;
  }

  requestStop(): void {
    if (this.#end.isRequested) this.#end.hurry();
    else this.#requestEnd();
  }

  /** From outside: no handler starts any more, then the end comes. */
  #requestEnd(): void {
    this.#end.request();
    // The process that takes the module over, or this one when that fails, ends it then.
    if (this.#handover !== 'none') return;
    this.#engine.requestExit();
    this.#end.reach();
  }

  /** SIGQUIT: the module goes on without a reader, and without a terminal. */
  async #detach(): Promise<void> {
    if (this.isLeaving) return;
    if (this.#run.isBackground) {
      this.readers.detachAll();
      return;
    }
    this.#handover = 'under-way';
    const { handOver } = await import('../detach/hand-over.ts');
    const handingOver = handOver(this);
    this.#handingOver = handingOver;
    const outcome = await handingOver;
    this.#handover = outcome === 'done' ? 'done' : 'none';
    if (outcome === 'done') this.#run.companion?.release();
    if (outcome === 'lost') this.#failed = true;
    if (outcome === 'done') this.#end.reach();
    else if (outcome === 'lost' || this.#end.isRequested) this.#requestEnd();
    else if (this.#commandOutcome !== undefined) this.#commandEnded(this.#commandOutcome);
    else await this.#input.start(this.#engine.files());
  }

  #abort(): void {
    this.#input.stop();
    if (this.#handover === 'none') this.presence.drop();
    writeLastWords('Too many interrupts received, exiting.\n');
    process.exit(1);
  }

  async reload(request: ReloadRequest): Promise<ControlReply> {
    const { reloadModule } = await import('./reload-module.ts');
    return reloadModule(this, request);
  }

  /** For reload: an engine for another module, with ports of this run. Throws `KernelProbeError`. */
  async newEngine(module: CompiledModule, scriptArguments: readonly string[]): Promise<Successor> {
    const options = { ...this.#setup.engineOptions, scriptArguments };
    const ports = await this.#run.portsFor(module);
    const engine = new Engine(module, ports.engine, options);
    if (this.watchers.wantsTiming) engine.requestTiming('watchers', true);
    ports.kernel?.connect(engine);
    this.#addFiles(engine);
    return { engine, kernel: ports.kernel };
  }

  /** For reload: an engine whose begin probes have run takes the place of the present one. */
  exchange(
    module: CompiledModule,
    { engine, kernel }: Successor,
    { script, scriptArguments }: Pick<ReloadRequest, 'script' | 'scriptArguments'>,
    sources: readonly ScriptSource[],
  ): void {
    this.#input.stop();
    this.#engine.endLine();
    const oldKernel = this.#kernel;
    this.#kernel = kernel;
    this.#setup = {
      ...this.#setup,
      script,
      sources,
      engineOptions: { ...this.#setup.engineOptions, scriptArguments },
    };
    if (this.#engine.facts.errorReported) this.#failed = true;
    this.#module = module;
    this.#engine = engine;
    this.#watchForEnd(engine);
    this.#run.monitor?.watch(engine, module);
    engine.requestTiming('watchers', this.watchers.wantsTiming);
    this.#gate.follow(engine.gate);
    engine.activate();
    oldKernel?.probes.close();
    this.#publish();
    this.watchers.tell({ event: 'reloaded' });
    void this.#input.start(this.#engine.files());
  }

  /** Gives the terminal back. */
  stopInput(): void {
    this.#input.stop();
  }

  error(text: string): void {
    this.readers.messages.print({ kind: 'error', text });
  }

  /** Files beside those of the script. */
  #addFiles(engine: Engine): void {
    this.#run.monitor?.extend(engine);
    if (this.#setup.jsonFiles) serveGlobals(engine, this.#setup.engineOptions.moduleName);
  }

  #newFiles(): ModuleFiles {
    const { serving, engineOptions, tellsPlace } = this.#setup;
    const { messages } = this.readers;
    return new ModuleFiles(serving, {
      moduleName: engineOptions.moduleName,
      gate: this.#gate,
      warn: (text) => messages.print({ kind: 'warning', text }),
      note: (text) => {
        if (tellsPlace) messages.print({ kind: 'note', text });
      },
      onLost: (reason) => {
        this.error(`${reason}, ending`);
        this.#failed = true;
        this.#requestEnd();
      },
    });
  }
}
