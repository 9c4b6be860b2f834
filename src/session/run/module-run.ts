import type { CompanionProcess } from '../../companion/companion-process.ts';
import type { Monitor } from '../../monitor/monitor.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { OutputReaders } from '../output/output-readers.ts';
import type { NativeLoader, RunPorts } from './run-ports.ts';
import type { RunSetup } from './run-setup.ts';
import type { TargetCommand } from './target-command.ts';

/** What a run is made of. */
export interface ModuleRun {
  readonly module: CompiledModule;
  readonly setup: RunSetup;
  readonly ports: RunPorts;
  readonly readers: OutputReaders;
  readonly command: TargetCommand | undefined;
  /** --monitor. */
  readonly monitor?: Monitor | undefined;
  /** The process that serves metrics and the dashboard. */
  readonly companion?: CompanionProcess | undefined;
  readonly loadNative: NativeLoader;
  /** No terminal waits for this process: what nobody has read when the script ends waits for a reader. */
  readonly isBackground: boolean;
  /** The ports of the engine of another module, for reload. */
  readonly portsFor: (module: CompiledModule) => Promise<RunPorts>;
  /** Called once the probes are active. */
  readonly onStarted: () => void;
}
