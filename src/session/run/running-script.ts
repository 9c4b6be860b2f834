import type { ReloadRequest } from '../../control/module-control.ts';
import type { ScriptSource } from '../../control/protocol.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { Engine } from '../../runtime/engine.ts';
import type { EngineOptions } from '../../runtime/engine-ports.ts';
import { publishes, type Assignment } from '../stap-options.ts';
import { serveGlobals } from './globals-file.ts';
import type { KernelHalf } from './kernel-half.ts';
import type { ModuleRun } from './module-run.ts';
import { beginPresentProcesses } from './present-processes.ts';
import type { RunPorts } from './run-ports.ts';
import type { RunSetup } from './run-setup.ts';

/** What takes the place of a running engine. */
export interface Successor {
  readonly engine: Engine;
  readonly kernel: KernelHalf | undefined;
}

/** The script of a run: its engine, its half in the kernel, and what it was started with. Reload exchanges them. */
export class RunningScript {
  readonly #run: ModuleRun;
  #setup: RunSetup;
  #module: CompiledModule;
  #engine: Engine;
  #kernel: KernelHalf | undefined;

  /** Nothing of the script runs yet. */
  constructor(run: ModuleRun) {
    const { module, setup, ports, monitor } = run;
    this.#run = run;
    this.#setup = setup;
    this.#module = module;
    this.#kernel = ports.kernel;
    this.#engine = this.#newEngine(module, ports, setup.engineOptions);
    // Who publishes comes to watch when the begin probes have run already.
    if (setup.publishing && publishes(setup.publishing)) this.#engine.requestTiming('watchers', true);
    monitor?.watch(this.#engine, module);
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

  /** The kernel half, when the module has one. */
  get kernel(): KernelHalf | undefined {
    return this.#kernel;
  }

  /** Sets what -G asks for. Returns the first assignment that is not possible. */
  assignGlobals(): Assignment | undefined {
    return this.#setup.globals.find(({ name, value }) => !this.#engine.assignGlobal(name, value));
  }

  /** Fires the begin probes of processes that were there before. */
  beginPresentProcesses(): void {
    const target = { pid: this.#setup.engineOptions.target, isCommand: this.#run.command !== undefined };
    beginPresentProcesses(this.#module, this.#engine, target, this.#kernel?.probes);
  }

  /** An engine for another module, with ports of this run. Throws `KernelProbeError`. */
  async successor(module: CompiledModule, scriptArguments: readonly string[]): Promise<Successor> {
    const ports = await this.#run.portsFor(module);
    const engine = this.#newEngine(module, ports, { ...this.#setup.engineOptions, scriptArguments });
    return { engine, kernel: ports.kernel };
  }

  /** An engine whose begin probes have run takes the place of the present one, which is returned. */
  exchange(
    module: CompiledModule,
    { engine, kernel }: Successor,
    { script, scriptArguments }: Pick<ReloadRequest, 'script' | 'scriptArguments'>,
    sources: readonly ScriptSource[],
  ): Successor {
    const old = { engine: this.#engine, kernel: this.#kernel };
    old.engine.endLine();
    const engineOptions = { ...this.#setup.engineOptions, scriptArguments };
    this.#setup = { ...this.#setup, script, sources, engineOptions };
    this.#module = module;
    this.#engine = engine;
    this.#kernel = kernel;
    this.#run.monitor?.watch(engine, module);
    return old;
  }

  #newEngine(module: CompiledModule, ports: RunPorts, options: EngineOptions): Engine {
    const engine = new Engine(module, ports.engine, options);
    ports.kernel?.connect(engine);
    // Files beside those of the script.
    this.#run.monitor?.extend(engine);
    if (this.#setup.jsonFiles) serveGlobals(engine, options.moduleName);
    return engine;
  }
}
