import type { CompanionProcess } from '../../companion/companion-process.ts';
import type { Monitor } from '../../monitor/monitor.ts';
import { KernelProbeError } from '../../bpf/loader/kernel-probe-error.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { RuntimeMessage } from '../../runtime/engine-ports.ts';
import { OutputFileError } from '../output/output-file.ts';
import { OutputReaders } from '../output/output-readers.ts';
import { EventTimers } from '../ports/event-timers.ts';
import { DescriptorOutput } from '../ports/descriptor-output.ts';
import { runModule } from './run-module.ts';
import { createPorts, nativeLoader, type NativeLoader, type RunPorts } from './run-ports.ts';
import { runSetup, type RunOptions, type RunRequest, type RunSetup } from './run-setup.ts';
import { ScriptOutput } from '../output/script-output.ts';
import { createTargetCommand, TargetCommandError, type TargetCommand } from './target-command.ts';
import { childEnvironment } from '../ports/environment.ts';
import { nameProcess } from '../ports/process-name.ts';

const STDERR = 2;

/**
 * Pass 5: runs a module in this process until it ends, or until Ctrl-\ hands it to another process. Resolves to true
 * when the run counts as good.
 */
export async function runInProcess(request: RunRequest): Promise<boolean> {
  nameProcess('stap');
  const loadNative = nativeLoader();
  const setup = runSetup(request, 0);
  const readers = new OutputReaders(setup, loadNative);
  const command = openOutput(request.options, readers, loadNative) ? startTarget(request, readers) : 'failed';
  if (command === 'failed') {
    await readers.messages.drained();
    return false;
  }
  const target = command?.pid ?? request.options.targetPid ?? 0;
  const environment = childEnvironment(request.environment, request.moduleName);
  const sources = { readers, loadNative, environment, timers: new EventTimers(loadNative), target };
  const portsFor = (module: CompiledModule): Promise<RunPorts> => createPorts(module, sources);
  const served = serveCompanion(request.companion, setup, (message) => readers.messages.print(message));
  const ports = await firstPorts(portsFor(request.module), readers);
  // Before any handler runs, and before the monitor takes the terminal.
  if (!(await served) || ports === undefined) {
    request.companion?.dismiss();
    command?.kill();
    await readers.messages.drained();
    return false;
  }
  // Where it is served, with the token, is not for those who look at the output there.
  if (request.companion !== undefined) await readers.messages.drained();
  const monitor = await monitorOf(setup, readers, loadNative);
  return runModule({
    monitor,
    module: request.module,
    setup: { ...setup, engineOptions: { ...setup.engineOptions, target } },
    ports,
    portsFor,
    isBackground: false,
    readers,
    command,
    companion: request.companion,
    loadNative,
    onStarted: () => request.onStarted?.(),
  });
}

/** Undefined: the kernel refuses what the module needs of it, which has been reported. */
export async function firstPorts(
  ports: Promise<RunPorts>,
  readers: OutputReaders,
): Promise<RunPorts | undefined> {
  try {
    return await ports;
  } catch (error) {
    if (!(error instanceof KernelProbeError)) throw error;
    readers.messages.print({ kind: 'error', text: error.message });
    return undefined;
  }
}

/** The monitor of a run, when --monitor asks for one. */
export async function monitorOf(
  setup: RunSetup,
  readers: OutputReaders,
  loadNative: NativeLoader,
): Promise<Monitor | undefined> {
  const { monitorIntervalMs } = setup;
  if (monitorIntervalMs === undefined) return undefined;
  const { openMonitor } = await import('./open-monitor.ts');
  return openMonitor({ ...setup, monitorIntervalMs }, readers, loadNative);
}

/** False: what was to be served cannot be, which has been reported. Resolves once it is. */
export async function serveCompanion(
  companion: CompanionProcess | undefined,
  { publishing, serving, engineOptions, directory }: RunSetup,
  tell: (message: RuntimeMessage) => void,
): Promise<boolean> {
  if (companion === undefined || publishing === undefined) return true;
  const { root } = serving;
  const module = { root, name: engineOptions.moduleName };
  const start = await companion.serve({ ...publishing, module, roots: [root], directory });
  if (start.kind === 'failed') tell({ kind: 'error', text: start.text });
  else for (const text of start.lines) tell({ kind: 'note', text });
  return start.kind === 'listening';
}

/** False: it cannot be opened, which has been reported. */
function openOutput(options: RunOptions, readers: OutputReaders, loadNative: NativeLoader): boolean {
  const err = new DescriptorOutput(STDERR, loadNative);
  const open = (choice: Pick<RunOptions, 'outputFile' | 'outputRotation'>): void =>
    readers.attachOwn({
      out: new ScriptOutput(choice, loadNative, (message) => readers.messages.print(message)),
      err,
      endsRun: true,
    });
  try {
    if (options.outputFile !== undefined || options.outputRotation === undefined) {
      open(options);
      return true;
    }
    throw new OutputFileError("You have to specify output FILE with '-S' option.");
  } catch (error) {
    if (!(error instanceof OutputFileError)) throw error;
    open({ outputFile: undefined, outputRotation: undefined });
    readers.messages.print({ kind: 'error', text: error.message });
    return false;
  }
}

function startTarget(request: RunRequest, readers: OutputReaders): TargetCommand | undefined | 'failed' {
  try {
    return createTargetCommand(request);
  } catch (error) {
    if (!(error instanceof TargetCommandError)) throw error;
    readers.messages.print({ kind: 'error', text: error.message });
    return 'failed';
  }
}
