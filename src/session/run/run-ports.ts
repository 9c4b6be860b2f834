import { Script } from 'node:vm';
import type { KernelDescriptors } from '../../bpf/loader/open-kernel-probes.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { EnginePorts } from '../../runtime/engine-ports.ts';
import { intrinsics } from '../../runtime/intrinsics/table.ts';
import { loadRegexCompiler } from '../../runtime/regex.ts';
import type { SymbolNames } from '../../runtime/symbol-names.ts';
import type { OutputReaders } from '../output/output-readers.ts';
import type { EventTimers } from '../ports/event-timers.ts';
import type { NativeCalls } from '../ports/native-calls.ts';
import { ProcessInformation } from '../ports/process-information.ts';
import { SystemClock } from '../ports/system-clock.ts';
import { textFiles } from '../ports/text-files.ts';
import { startShellCommand } from '../ports/shell-command.ts';
import type { Environment } from '../ports/environment.ts';
import { openKernelHalf, type KernelHalf } from './kernel-half.ts';

/** Loads the native calls once, when first asked for; undefined when the machine offers none. */
export type NativeLoader = () => Promise<NativeCalls | undefined>;

/** A loader that remembers. */
export function nativeLoader(): NativeLoader {
  let loading: Promise<NativeCalls | undefined> | undefined;
  return () => (loading ??= loadNative());
}

async function loadNative(): Promise<NativeCalls | undefined> {
  try {
    const { loadNativeCalls } = await import('../ports/native-calls.ts');
    return loadNativeCalls();
  } catch {
    return undefined;
  }
}

/** What engines of a run get from this process. */
export interface PortSources {
  readonly readers: OutputReaders;
  readonly timers: EventTimers;
  /** Environment of commands that the script starts. */
  readonly environment: Environment;
  /** Process of -c or -x; 0 when none. */
  readonly target: number;
}

/** What one engine of a run is made with. */
export interface RunPorts {
  readonly engine: EnginePorts;
  /** Behind `kernelProbes` of the engine's ports; to be connected with the engine. */
  readonly kernel: KernelHalf | undefined;
}

/** The ports of one engine of a run. `inherited`: its kernel half in another process. Throws `KernelProbeError`. */
export async function createPorts(
  module: CompiledModule,
  sources: PortSources,
  inherited?: KernelDescriptors,
): Promise<RunPorts> {
  const { target, readers } = sources;
  const warn = (text: string): void => readers.messages.print({ kind: 'warning', text });
  const kernel = await openKernelHalf(module, { target, warn }, inherited);
  return { kernel, engine: await enginePorts(module, sources, kernel) };
}

async function enginePorts(
  module: CompiledModule,
  { readers, timers, environment }: PortSources,
  kernel: KernelHalf | undefined,
): Promise<EnginePorts> {
  const compileRegex = module.needs.regex ? await loadRegexCompiler() : undefined;
  const symbols = module.kernel === undefined ? undefined : await loadSymbolNames();
  return {
    output: readers.out,
    message: (message) => readers.messages.print(message),
    timers,
    clock: new SystemClock(),
    evaluate: evaluateGlobally,
    intrinsics,
    ...(compileRegex === undefined ? {} : { compileRegex }),
    ...(kernel === undefined ? {} : { kernelProbes: kernel.probes }),
    ownProcess: new ProcessInformation(process.pid),
    processOf: (accessor) => new ProcessInformation(accessor.tid, accessor),
    files: textFiles,
    ...(symbols === undefined ? {} : { symbols }),
    runCommand: (command) => startShellCommand(command, environment),
    switchOutputFile: () => readers.rotate(),
    random: Math.random,
  };
}

/** Only scripts with probes in the kernel see addresses. */
async function loadSymbolNames(): Promise<SymbolNames> {
  const { symbolNames } = await import('../../symbols/symbol-names.ts');
  return symbolNames();
}

/** The code is our own translator's; its name shows in stack traces. */
function evaluateGlobally(code: string): unknown {
  return new Script(code, { filename: 'stap-module.js' }).runInThisContext();
}
