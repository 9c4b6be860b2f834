import type { CompiledModule } from '../module/compiled-module.ts';
import type { MountedDirectory } from '../procfs/mounted-directory.ts';
import { Engine } from '../runtime/engine.ts';
import type { EngineOptions, EnginePorts } from '../runtime/engine-ports.ts';
import { ActivationGate } from './activation-gate.ts';
import type { MessagePrinter } from './message-printer.ts';
import { OutputFile } from './output-file.ts';
import type { NativeCalls } from './ports/native-calls.ts';
import { serveFiles } from './serve-files.ts';
import type { FileServing } from './serve-files.ts';
import { StdinForwarder } from './stdin-forwarder.ts';
import { handleSignals } from './stop-signals.ts';
import type { TargetCommand } from './target-command.ts';

/** How long files stay after a handler ended the session, so that the reader at hand sees the end of its file. */
const LINGER_MS = 20;

/** What a run is made of. */
export interface ModuleRun {
  readonly module: CompiledModule;
  readonly ports: EnginePorts;
  readonly engineOptions: EngineOptions;
  /** How and where the files are served. */
  readonly serving: FileServing;
  /** -G NAME=VALUE, in order. */
  readonly globals: readonly { readonly name: string; readonly value: string }[];
  readonly messages: MessagePrinter;
  readonly command: TargetCommand | undefined;
  readonly loadNative: () => Promise<NativeCalls | undefined>;
  /** Called once the probes are active, with the path of the module's directory when there are files. */
  readonly onStarted: (path: string | undefined) => void;
}

/** Runs a module from its begin probes to its end probes. Resolves to true when the run counts as good. */
export async function runModule(run: ModuleRun): Promise<boolean> {
  const lifeCycle = new RunLifeCycle(run);
  return lifeCycle.run();
}

/** One run; the steps in `run` are its order. */
class RunLifeCycle {
  readonly #run: ModuleRun;
  readonly #engine: Engine;
  readonly #gate: ActivationGate;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #hurry: () => void = () => undefined;
  readonly #hurried: Promise<void>;
  #directory: MountedDirectory | undefined;
  #stdin: StdinForwarder | undefined;
  #failed = false;
  #linger = false;

  constructor(run: ModuleRun) {
    this.#run = run;
    this.#engine = new Engine(run.module, run.ports, run.engineOptions);
    this.#gate = new ActivationGate(this.#engine.gate);
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#hurried = new Promise((resolve) => (this.#hurry = resolve));
  }

  async run(): Promise<boolean> {
    const { output } = this.#run.ports;
    const stopHandling = handleSignals(
      {
        stop: () => this.#requestEnd(),
        hurry: () => this.#hurry(),
        abort: () => this.#abort(),
      },
      () => {
        if (output instanceof OutputFile) output.switchFile();
      },
    );
    try {
      if (this.#assignGlobals() && this.#engine.start()) await this.#serveUntilEnd();
      else this.#fail();
      await this.#shutDown();
    } finally {
      stopHandling();
    }
    return !this.#failed && !this.#engine.facts.errorReported;
  }

  #fail(): void {
    this.#failed = true;
    this.#run.command?.kill();
  }

  #assignGlobals(): boolean {
    for (const { name, value } of this.#run.globals) {
      if (this.#engine.assignGlobal(name, value)) continue;
      this.#error(`Couldn't set global variable '${name}' to '${value}'`);
      return false;
    }
    return true;
  }

  async #serveUntilEnd(): Promise<void> {
    this.#engine.onExitRequested(() => {
      // The program whose read or write ended the session shall get its answer and leave.
      this.#linger = this.#directory !== undefined;
      this.#end();
    });
    if (this.#engine.state === 'STARTING' && !(await this.#mount())) return;
    this.#engine.activate();
    this.#gate.activate();
    if (this.#engine.state === 'RUNNING')
      this.#run.onStarted(this.#directory === undefined ? undefined : `${this.#directory.path}/`);
    await this.#forwardStdin();
    this.#startCommand();
    // Nothing else may be pending: a script of timers that never fire shall wait as well.
    const keepAlive = setInterval(() => undefined, 1 << 30);
    await this.#ended;
    clearInterval(keepAlive);
  }

  /** False: the files cannot be served; that has been reported. */
  async #mount(): Promise<boolean> {
    const files = this.#engine.files();
    if (files.length === 0) return true;
    const { serving, engineOptions, messages } = this.#run;
    try {
      this.#directory = await serveFiles(serving, {
        moduleName: engineOptions.moduleName,
        files,
        gate: this.#gate,
        warn: (text) => messages.print({ kind: 'warning', text }),
        onLost: (reason) => {
          this.#error(`${reason}, ending`);
          this.#failed = true;
          this.#requestEnd();
        },
      });
      return true;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'MountError') throw error;
      this.#error(error.message);
      this.#fail();
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
    const { command } = this.#run;
    if (command === undefined) return;
    command.release();
    void command.ended.then(({ warning }) => {
      if (warning !== undefined) {
        this.#run.messages.print({ kind: 'warning', text: warning });
        this.#failed = true;
      }
      this.#requestEnd();
    });
  }

  /** From outside: no handler starts any more, then the end comes. */
  #requestEnd(): void {
    this.#engine.requestExit();
    this.#linger = false;
    this.#end();
  }

  /** Files go first, then end probes run: nobody can see a file of a module that has ended. */
  async #shutDown(): Promise<void> {
    this.#stdin?.stop();
    if (this.#linger) await Promise.race([sleep(LINGER_MS), this.#hurried]);
    const holders = (await this.#directory?.remove()) ?? [];
    if (holders.length > 0) {
      const names = holders.map((holder) => `${holder.pid} (${holder.command})`).join(', ');
      this.#run.messages.print({ kind: 'warning', text: `module directory was in use by: ${names}` });
    }
    await Promise.race([this.#engine.stop(), this.#hurried]);
    this.#run.command?.abandon();
    await Promise.race([this.#run.messages.drained(), this.#hurried]);
  }

  #abort(): void {
    this.#stdin?.stop();
    void this.#directory?.remove();
    process.stderr.write('Too many interrupts received, exiting.\n');
    process.exit(1);
  }

  #error(text: string): void {
    this.#run.messages.print({ kind: 'error', text });
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
