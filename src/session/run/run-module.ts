import { setTimeout as pause } from 'node:timers/promises';
import { KernelProbeError } from '../../bpf/loader/kernel-probe-error.ts';
import type { ReloadRequest } from '../../control/module-control.ts';
import type { ControlReply, ScriptSource } from '../../control/protocol.ts';
import { MountError } from '../../fuse/mount-error.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { Engine } from '../../runtime/engine.ts';
import { ActivationGate } from './activation-gate.ts';
import type { FrozenModule } from '../detach/background-channel.ts';
import { DEVICE_FD, SUPERVISOR_FD } from '../detach/background-descriptors.ts';
import type { ModuleFiles } from '../files/module-files.ts';
import { servingProblem } from '../files/serve-files.ts';
import type { KernelHalf } from './kernel-half.ts';
import { ModuleAudience } from './module-audience.ts';
import { ModulePresence } from './module-presence.ts';
import { ModuleHandover } from './module-handover.ts';
import type { ModuleRun } from './module-run.ts';
import type { SteeredModule } from './module-steering.ts';
import type { OutputReaders } from '../output/output-readers.ts';
import { RunEnd } from './run-end.ts';
import { outputRead, releaseCompanion } from './run-farewell.ts';
import { runFiles } from './run-files.ts';
import type { RunSetup } from './run-setup.ts';
import { RunningScript, type Successor } from './running-script.ts';
import { StandardInput } from './standard-input.ts';
import { writeLastWords } from '../ports/standard-streams.ts';
import { handleSignals } from '../ports/stop-signals.ts';
import type { CommandOutcome } from './target-command.ts';

/** How long files stay after a handler ended the session, so that the reader at hand sees the end of its file. */
const LINGER_MS = 20;
/** When other processes can ask the module: not while its first readers are on their way. */
const CONTROL_DELAY_MS = 15;

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

/** One run of a module. `#start`, or `#adopt` after a handover, and `#shutDown` are the sequence of its life. */
export class RunningModule implements SteeredModule {
  readonly presence: ModulePresence;
  readonly files: ModuleFiles;
  readonly audience: ModuleAudience;
  readonly #run: ModuleRun;
  readonly #gate: ActivationGate;
  readonly #input: StandardInput;
  readonly #end = new RunEnd();
  readonly #handover = new ModuleHandover();
  readonly #script: RunningScript;
  #failed = false;
  #isLeaving = false;
  #commandOutcome: CommandOutcome | undefined;

  constructor(run: ModuleRun) {
    this.#run = run;
    this.#script = new RunningScript(run);
    this.#gate = new ActivationGate(this.engine.gate);
    this.#input = new StandardInput(run, this.#gate);
    this.presence = new ModulePresence(run.setup);
    this.files = runFiles(run.setup, run.readers.messages, this.#gate, (reason) => {
      this.error(`${reason}, ending`);
      this.#failed = true;
      this.#requestEnd();
    });
    this.audience = new ModuleAudience(this);
  }

  get setup(): RunSetup {
    return this.#script.setup;
  }

  get module(): CompiledModule {
    return this.#script.module;
  }

  get engine(): Engine {
    return this.#script.engine;
  }

  get readers(): OutputReaders {
    return this.#run.readers;
  }

  /** The kernel half, when the module has one. */
  get kernel(): KernelHalf | undefined {
    return this.#script.kernel;
  }

  /** Closed to all handlers while reload exchanges them. */
  get gate(): ActivationGate {
    return this.#gate;
  }

  get isLeaving(): boolean {
    return this.#isLeaving || this.#handover.hasBegun;
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
    this.engine.thaw(frozen.engine);
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
      await this.#handover.settled;
      if (this.#handover.isDone) return true;
      await this.#shutDown();
    } finally {
      clearInterval(keepAlive);
      stopHandling();
    }
    return this.#isGood();
  }

  /** False: the module could not start, which has been reported. */
  async #start(): Promise<boolean> {
    if (this.#run.companion !== undefined && this.setup.publishing?.dashboard !== undefined)
      await this.audience.keepOutput();
    if (!(await this.#enter()) || !this.#assignGlobals() || !this.engine.start()) return false;
    this.#watchForEnd(this.engine);
    if (this.engine.state === 'STARTING' && !(await this.#serveFiles())) return false;
    if (!this.#activate()) return false;
    this.#script.beginPresentProcesses();
    this.#gate.activate();
    await this.coverFiles();
    if (this.engine.state === 'RUNNING') this.#publish();
    await this.#announce();
    await this.#input.start(this.engine.files());
    this.#startCommand();
    return true;
  }

  /** False: the kernel does not let its half be attached; that has been reported. */
  #activate(): boolean {
    try {
      this.engine.activate();
      return true;
    } catch (error) {
      if (!(error instanceof KernelProbeError)) throw error;
      this.error(error.message);
      return false;
    }
  }

  async #adopt(frozen: FrozenModule): Promise<boolean> {
    await this.presence.adopt(frozen.claim, SUPERVISOR_FD);
    this.#failed = frozen.failed;
    this.#watchForEnd(this.engine);
    await this.files.adopt(DEVICE_FD, frozen.files, this.engine.files(), this.module.kernel?.files);
    this.engine.activate();
    this.#gate.activate();
    await this.audience.open();
    this.#run.onStarted();
    return true;
  }

  async #enter(): Promise<boolean> {
    const files = this.engine.files();
    const problem = servingProblem(this.setup.serving, files);
    const hasFiles = files.length > 0;
    const mustBeFound =
      hasFiles || this.#run.companion !== undefined || (this.#run.isBackground && this.readers.isDetached);
    const lines = problem === undefined ? await this.presence.enter(hasFiles, mustBeFound) : [problem];
    for (const line of lines) this.error(line);
    return lines.length === 0;
  }

  /** False: one of -G is not possible, which has been reported. */
  #assignGlobals(): boolean {
    const wrong = this.#script.assignGlobals();
    if (wrong === undefined) return true;
    this.error(`Couldn't set global variable '${wrong.name}' to '${wrong.value}'`);
    return false;
  }

  /** False: the files cannot be served; that has been reported. */
  async #serveFiles(): Promise<boolean> {
    try {
      await this.files.serve(this.engine.files());
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
    if (directory !== undefined && this.setup.tellsPlace)
      this.readers.messages.print({ kind: 'note', text: `Pass 5: files ready in ${directory}/` });
    const openControl = async (): Promise<void> => {
      await this.presence.supervise();
      return this.audience.open();
    };
    if (this.#run.isBackground || this.#run.companion !== undefined) await openControl();
    else if (this.engine.state === 'RUNNING') setTimeout(() => void openControl(), CONTROL_DELAY_MS).unref();
    this.#run.companion?.started((text) => this.readers.messages.print({ kind: 'warning', text }));
    this.#run.onStarted();
  }

  #publish(): void {
    this.presence.update({
      state: 'running',
      script: this.setup.script,
      directory: this.files.served?.path,
      files: this.engine.files().map(({ path, mode }) => ({ path, mode })),
    });
  }

  #startCommand(): void {
    const { command } = this.#run;
    if (command === undefined) return;
    if (this.engine.state !== 'RUNNING') {
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
    if (this.#handover.hasBegun) return;
    if (outcome.warning !== undefined) {
      this.readers.messages.print({ kind: 'warning', text: outcome.warning });
      this.#failed = true;
    }
    this.#requestEnd();
  }

  #watchForEnd(engine: Engine): void {
    engine.onExitRequested(() => {
      if (engine === this.engine) this.#end.reachByScript();
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
    await Promise.race([this.engine.stop(), this.#end.hurried]);
    await this.#run.command?.abandon();
    this.audience.finish(this.#isGood() ? 0 : 1);
    readers.reportLoss(this.engine.facts.lostBytes);
    await Promise.race([outputRead(this.#run, this.#end), this.#end.hurried]);
    await releaseCompanion(this.#run, this.#end);
    this.#isLeaving = true;
    readers.end(this.#isGood() ? 0 : 1);
    await this.presence.leave();
    await this.#run.monitor?.finished();
  }

  /** Iterators of the kernel serve the files that they can, instead of those that served some before. */
  async coverFiles(): Promise<void> {
    await this.files.cover(this.module.kernel?.files, this.kernel?.probes.iterators);
  }

  async #removeFiles(): Promise<void> {
    const holders = await this.files.remove();
    if (holders === undefined) return;
    this.readers.messages.print({ kind: 'warning', text: `module directory was in use by: ${holders}` });
  }

  #isGood(): boolean {
    return !this.#failed && !this.readers.failed && !this.engine.facts.errorReported;
  }

  requestStop(): void {
    if (this.#end.isRequested) this.#end.hurry();
    else this.#requestEnd();
  }

  /** From outside: no handler starts any more, then the end comes. */
  #requestEnd(): void {
    this.#end.request();
    // The process that takes the module over, or this one when that fails, ends it then.
    if (this.#handover.hasBegun) return;
    this.engine.requestExit();
    this.#end.reach();
  }

  /** SIGQUIT: the module goes on without a reader, and without a terminal. */
  async #detach(): Promise<void> {
    if (this.isLeaving) return;
    if (this.#run.isBackground) {
      this.readers.detachAll();
      return;
    }
    const outcome = await this.#handover.attempt(this);
    if (outcome === 'done') this.#run.companion?.release();
    if (outcome === 'lost') this.#failed = true;
    if (outcome === 'done') this.#end.reach();
    else if (outcome === 'lost' || this.#end.isRequested) this.#requestEnd();
    else if (this.#commandOutcome !== undefined) this.#commandEnded(this.#commandOutcome);
    else await this.#input.start(this.engine.files());
  }

  #abort(): void {
    this.#input.stop();
    if (!this.#handover.hasBegun) this.presence.drop();
    writeLastWords('Too many interrupts received, exiting.\n');
    process.exit(1);
  }

  async reload(request: ReloadRequest): Promise<ControlReply> {
    const { reloadModule } = await import('./reload-module.ts');
    return reloadModule(this, request);
  }

  /** For reload: an engine for another module. Throws `KernelProbeError`. */
  async successor(module: CompiledModule, scriptArguments: readonly string[]): Promise<Successor> {
    const successor = await this.#script.successor(module, scriptArguments);
    if (this.audience.wantsTiming) successor.engine.requestTiming('watchers', true);
    return successor;
  }

  /** For reload: an engine whose begin probes have run takes the place of the present one. */
  exchange(
    module: CompiledModule,
    successor: Successor,
    origin: Pick<ReloadRequest, 'script' | 'scriptArguments'>,
    sources: readonly ScriptSource[],
  ): void {
    this.#input.stop();
    const old = this.#script.exchange(module, successor, origin, sources);
    if (old.engine.facts.errorReported) this.#failed = true;
    const { engine } = successor;
    this.#watchForEnd(engine);
    engine.requestTiming('watchers', this.audience.wantsTiming);
    this.#gate.follow(engine.gate);
    engine.activate();
    old.kernel?.probes.close();
    this.#publish();
    this.audience.reloaded();
    void this.#input.start(engine.files());
  }

  /** Gives the terminal back. */
  stopInput(): void {
    this.#input.stop();
  }

  error(text: string): void {
    this.readers.messages.print({ kind: 'error', text });
  }
}
