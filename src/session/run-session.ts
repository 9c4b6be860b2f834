import { writeFileSync } from 'node:fs';
import { Script } from 'node:vm';
import type { Colors } from '../diagnostic/colors.ts';
import type { CompiledModule } from '../module/compiled-module.ts';
import type { EnginePorts } from '../runtime/engine-ports.ts';
import { intrinsics } from '../runtime/intrinsics/table.ts';
import type { OutputPort } from '../runtime/output.ts';
import { loadRegexCompiler } from '../runtime/regex.ts';
import { isTerminal } from './is-terminal.ts';
import { MessagePrinter } from './message-printer.ts';
import { fileServing } from './file-serving.ts';
import { OutputFile, OutputFileError } from './output-file.ts';
import { DescriptorOutput } from './ports/descriptor-output.ts';
import { EventTimers } from './ports/event-timers.ts';
import type { NativeCalls } from './ports/native-calls.ts';
import { ProcessInformation } from './ports/process-information.ts';
import { SystemClock } from './ports/system-clock.ts';
import { textFiles } from './ports/text-files.ts';
import { runModule } from './run-module.ts';
import { startShellCommand } from './shell-command.ts';
import type { StapOptions } from './stap-options.ts';
import { TargetCommand, TargetCommandError } from './target-command.ts';
import type { Environment } from './word-expansion.ts';

const STDOUT = 1;
const STDERR = 2;
const BYTES_PER_MB = 1 << 20;

/** What pass 5 needs besides the options. */
export interface RunRequest {
  readonly module: CompiledModule;
  /** Name under which it runs. */
  readonly moduleName: string;
  readonly options: StapOptions;
  readonly environment: Environment;
  readonly colors: Colors | undefined;
  /** Called once the probes are active. */
  readonly onStarted?: () => void;
}

/** Pass 5: runs a module in this process until it ends. Resolves to true when the run counts as good. */
export async function runInProcess(request: RunRequest): Promise<boolean> {
  const { module, options, environment, moduleName } = request;
  nameProcess();
  const loadNative = nativeLoader();
  const messages = new MessagePrinter(
    new DescriptorOutput(STDERR, loadNative),
    request.colors,
    options.suppressWarnings,
  );
  const output = openOutput(options, messages, loadNative);
  const childEnvironment = { ...environment, SYSTEMTAP_MODULE: moduleName };
  const command = startTarget(options, childEnvironment, module.needs.stdin, messages);
  if (output === undefined || command === 'failed') {
    await messages.drained();
    return false;
  }
  const stapPid = process.pid;
  return runModule({
    module,
    ports: await createPorts(module, output, messages, loadNative, childEnvironment),
    engineOptions: {
      moduleName,
      stapPid,
      target: command?.pid ?? options.targetPid ?? 0,
      scriptArguments: options.scriptArguments,
      suppressHandlerErrors: options.suppressHandlerErrors,
      timing: options.timing && showsTimingReport(options),
      ...(options.bufferSizeMb === undefined
        ? {}
        : { outputBufferBytes: options.bufferSizeMb * BYTES_PER_MB }),
    },
    serving: fileServing(options, environment),
    globals: options.globals,
    messages,
    command,
    loadNative,
    onStarted: (path) => {
      request.onStarted?.();
      if (path !== undefined && options.verbosity[4] > 0)
        messages.print({ kind: 'note', text: `Pass 5: files ready in ${path}` });
    },
  });
}

/** `ps` and `killall` shall know it as stap; unlike process.title this leaves the command line alone. */
function nameProcess(): void {
  try {
    writeFileSync('/proc/self/comm', 'stap');
  } catch {
    // Only a convenience.
  }
}

/** The report of -t goes to a terminal only, unless -DSTP_FORCE_STDOUT_TTY says otherwise; see stap(1), -t. */
function showsTimingReport(options: StapOptions): boolean {
  return isTerminal(STDOUT) || options.definitions.some(({ name }) => name === 'STP_FORCE_STDOUT_TTY');
}

type NativeLoader = () => Promise<NativeCalls | undefined>;

/** Loads the native calls once, when first asked for. */
function nativeLoader(): NativeLoader {
  let loading: Promise<NativeCalls | undefined> | undefined;
  return () => (loading ??= loadNative());
}

async function loadNative(): Promise<NativeCalls | undefined> {
  try {
    const { loadNativeCalls } = await import('./ports/native-calls.ts');
    return loadNativeCalls();
  } catch {
    return undefined;
  }
}

/** undefined: it cannot be opened, which has been reported. */
function openOutput(
  options: StapOptions,
  messages: MessagePrinter,
  loadNative: NativeLoader,
): OutputPort | undefined {
  if (options.outputFile === undefined) {
    if (options.outputRotation === undefined) return new DescriptorOutput(STDOUT, loadNative);
    messages.print({ kind: 'error', text: "You have to specify output FILE with '-S' option." });
    return undefined;
  }
  const open = (fd: number): OutputPort => new DescriptorOutput(fd, loadNative);
  try {
    return new OutputFile(options.outputFile, options.outputRotation, open, () => new Date());
  } catch (error) {
    if (!(error instanceof OutputFileError)) throw error;
    messages.print({ kind: 'error', text: error.message });
    return undefined;
  }
}

function startTarget(
  options: StapOptions,
  environment: Environment,
  stdinForwarded: boolean,
  messages: MessagePrinter,
): TargetCommand | undefined | 'failed' {
  if (options.command === undefined) return undefined;
  try {
    return new TargetCommand(options.command, environment, stdinForwarded);
  } catch (error) {
    if (!(error instanceof TargetCommandError)) throw error;
    messages.print({ kind: 'error', text: error.message });
    return 'failed';
  }
}

async function createPorts(
  module: CompiledModule,
  output: OutputPort,
  messages: MessagePrinter,
  loadNative: NativeLoader,
  environment: Environment,
): Promise<EnginePorts> {
  const compileRegex = module.needs.regex ? await loadRegexCompiler() : undefined;
  return {
    output,
    message: (message) => messages.print(message),
    timers: new EventTimers(loadNative),
    clock: new SystemClock(),
    evaluate: evaluateGlobally,
    intrinsics,
    ...(compileRegex === undefined ? {} : { compileRegex }),
    ownProcess: new ProcessInformation(process.pid),
    processOf: (accessor) => new ProcessInformation(accessor.tid, accessor),
    files: textFiles,
    runCommand: (command) => startShellCommand(command, environment),
    switchOutputFile: () => {
      if (output instanceof OutputFile) output.switchFile();
    },
    random: Math.random,
  };
}

/** The code is our own translator's; its name shows in stack traces. */
function evaluateGlobally(code: string): unknown {
  return new Script(code, { filename: 'stap-module.js' }).runInThisContext();
}
