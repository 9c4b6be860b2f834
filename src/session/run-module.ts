import { MountError } from '../fuse/mount-error.ts';
import type { CompiledModule } from '../module/compiled-module.ts';
import { Engine } from '../runtime/engine.ts';
import type { EnginePorts } from '../runtime/engine-ports.ts';
import { ActivationGate } from './activation-gate.ts';
import { ModulePresence } from './module-presence.ts';
import type { OutputReaders } from './output-readers.ts';
import type { NativeLoader } from './run-ports.ts';
import type { RunSetup } from './run-setup.ts';
import { serveFiles, servingProblem } from './serve-files.ts';
import type { ServedFiles } from './serve-files.ts';
import { StdinForwarder } from './stdin-forwarder.ts';
import { writeLastWords } from './standard-streams.ts';
import { handleSignals } from './stop-signals.ts';
import type { TargetCommand } from './target-command.ts';

/** How long files stay after a handler ended the session, so that the reader at hand sees the end of its file. */
const LINGER_MS = 20;

/** What a run is made of. */
export interface ModuleRun {
  readonly module: CompiledModule;
  readonly setup: RunSetup;
  readonly ports: EnginePorts;
  readonly readers: OutputReaders;
  readonly command: TargetCommand | undefined;
  readonly loadNative: NativeLoader;
  /** Called once the probes are active. */
  readonly onStarted: () => void;
}

/** Runs a module from its begin probes to its end probes. Resolves to true when the run counts as good. */
export async function runModule(run: ModuleRun): Promise<boolean> {
  return new RunningModule(run).run();
}

/** One run; the steps in `run` are its order. */
class RunningModule {
  readonly #run: ModuleRun;
  readonly #engine: Engine;
  readonly #gate: ActivationGate;
  readonly #presence: ModulePresence;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  readonly #hurried: Promise<void>;
  #hurry: () => void = () => undefined;
  #directory: ServedFiles | undefined;
  #stdin: StdinForwarder | undefined;
  #failed = false;
  #linger = false;
  /** The end was asked for from outside: nobody is waited for who might still want to read the output. */
  #stopRequested = false;

  constructor(run: ModuleRun) {
    this.#run = run;
    this.#engine = new Engine(run.module, run.ports, run.setup.engineOptions);
    this.#gate = new ActivationGate(this.#engine.gate);
    this.#presence = new ModulePresence(run.setup);
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#hurried = new Promise((resolve) => (this.#hurry = resolve));
  }

  async run(): Promise<boolean> {
    const stopHandling = handleSignals({
      stop: () => this.#requestEnd(),
      hurry: () => this.#hurry(),
      abort: () => this.#abort(),
      detach: () => this.#requestEnd(),
      rotate: () => this.#run.readers.rotate(),
    });
    // Nothing else may be pending: a script of timers that never fire shall wait as well.
    const keepAlive = setInterval(() => undefined, 1 << 30);
    try {
      if (await this.#start()) await this.#ended;
      else this.#fail();
      await this.#shutDown();
    } finally {
      clearInterval(keepAlive);
      stopHandling();
    }
    return !this.#failed && !this.#run.readers.failed && !this.#engine.facts.errorReported;
  }

  /** False: the module could not start, which has been reported. */
  async #start(): Promise<boolean> {
    if (!this.#enter() || !this.#assignGlobals() || !this.#engine.start()) return false;
    this.#engine.onExitRequested(() => {
      // The program whose read or write ended the session shall get its answer and leave.
      this.#linger = this.#directory !== undefined;
      this.#end();
    });
    if (this.#engine.state === 'STARTING' && !(await this.#serveFiles())) return false;
    this.#activate();
    await this.#forwardStdin();
    this.#startCommand();
    return true;
  }

  #fail(): void {
    this.#failed = true;
    this.#run.command?.kill();
  }

  #enter(): boolean {
    const unservable = servingProblem(this.#run.setup.serving, this.#engine.files());
    const problem =
      unservable === undefined
        ? this.#presence.enter(this.#engine.files().length > 0)
        : { lines: [unservable] };
    for (const line of problem?.lines ?? []) this.#error(line);
    return problem === undefined;
  }

  #assignGlobals(): boolean {
    for (const { name, value } of this.#run.setup.globals) {
      if (this.#engine.assignGlobal(name, value)) continue;
      this.#error(`Couldn't set global variable '${name}' to '${value}'`);
      return false;
    }
    return true;
  }

  #activate(): void {
    this.#engine.activate();
    this.#gate.activate();
    if (this.#engine.state !== 'RUNNING') return;
    const directory = this.#directory?.path;
    this.#presence.update({
      state: 'running',
      directory,
      files: this.#engine.files().map(({ path, mode }) => ({ path, mode })),
    });
    if (directory !== undefined && this.#run.setup.tellsPlace)
      this.#run.readers.messages.print({ kind: 'note', text: `Pass 5: files ready in ${directory}/` });
    this.#run.onStarted();
  }

  /** False: the files cannot be served; that has been reported. */
  async #serveFiles(): Promise<boolean> {
    const files = this.#engine.files();
    if (files.length === 0) return true;
    const { setup, readers } = this.#run;
    try {
      this.#directory = await serveFiles(setup.serving, {
        moduleName: setup.engineOptions.moduleName,
        files,
        gate: this.#gate,
        warn: (text) => readers.messages.print({ kind: 'warning', text }),
        ...(setup.tellsPlace && {
          note: (text: string) => readers.messages.print({ kind: 'note', text }),
        }),
        onLost: (reason) => {
          this.#error(`${reason}, ending`);
          this.#failed = true;
          this.#requestEnd();
        },
      });
      return true;
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      this.#error(error.message);
      return false;
    }
  }

  async #forwardStdin(): Promise<void> {
    const file = this.#engine.files().find((candidate) => candidate.path === '__stdin');
    if (file?.write === undefined || !this.#run.module.needs.stdin) return;
    const native = await this.#run.loadNative();
    if (native === undefined) return;
    const forwarder = new StdinForwarder(file, this.#gate, native);
    this.#stdin = forwarder;
    process.once('exit', () => forwarder.stop());
    forwarder.start();
  }

  #startCommand(): void {
    const { command, readers } = this.#run;
    if (command === undefined) return;
    if (this.#engine.state !== 'RUNNING') {
      // A begin probe, or a signal meanwhile, ended the session: it shall not run at all.
      command.kill();
      return;
    }
    command.release();
    void command.ended.then(({ warning }) => {
      if (warning !== undefined) {
        readers.messages.print({ kind: 'warning', text: warning });
        this.#failed = true;
      }
      this.#requestEnd();
    });
  }

  /** From outside: no handler starts any more, then the end comes. */
  #requestEnd(): void {
    this.#stopRequested = true;
    this.#engine.requestExit();
    this.#linger = false;
    this.#end();
  }

  /** Files go first, then end probes run: nobody can see a file of a module that has ended. */
  async #shutDown(): Promise<void> {
    const { readers, command } = this.#run;
    this.#presence.update({ state: 'ending' });
    this.#stdin?.stop();
    if (this.#linger) await Promise.race([sleep(LINGER_MS), this.#hurried]);
    await this.#removeFiles();
    await Promise.race([this.#engine.stop(), this.#hurried]);
    await command?.abandon();
    readers.reportLoss(this.#engine.facts.lostBytes);
    await Promise.race([readers.messages.drained(), this.#hurried]);
    this.#presence.leave();
  }

  async #removeFiles(): Promise<void> {
    const holders = (await this.#directory?.remove()) ?? [];
    if (holders.length === 0) return;
    const names = holders.map((holder) => `${holder.pid} (${holder.command})`).join(', ');
    this.#run.readers.messages.print({
      kind: 'warning',
      text: `module directory was in use by: ${names}`,
    });
  }

  #abort(): void {
    this.#stdin?.stop();
    void this.#directory?.remove();
    this.#presence.leave();
    writeLastWords('Too many interrupts received, exiting.\n');
    process.exit(1);
  }

  #error(text: string): void {
    this.#run.readers.messages.print({ kind: 'error', text });
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
