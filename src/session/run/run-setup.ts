import type { CompanionProcess } from '../../companion/companion-process.ts';
import type { ScriptSource } from '../../control/protocol.ts';
import type { Colors } from '../../diagnostic/colors.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { EngineOptions } from '../../runtime/engine-ports.ts';
import { fileServing } from '../files/file-serving.ts';
import { isTerminal } from '../ports/is-terminal.ts';
import type { FileServing } from '../files/serve-files.ts';
import type { Assignment, OutputRotation, Publishing, StapOptions } from '../stap-options.ts';
import type { Environment } from '../ports/environment.ts';

const STDOUT = 1;
const BYTES_PER_MB = 1 << 20;
/** SystemTap's default of -s, megabytes. */
const DEFAULT_BUFFER_MB = 16;

/** The options that matter once a script is translated. */
export type RunOptions = Pick<
  StapOptions,
  | 'scriptArguments'
  | 'suppressHandlerErrors'
  | 'suppressWarnings'
  | 'timing'
  | 'definitions'
  | 'bufferSizeMb'
  | 'procfsRoot'
  | 'procfsMethod'
  | 'procfsGroup'
  | 'globals'
  | 'outputFile'
  | 'outputRotation'
  | 'command'
  | 'targetPid'
  | 'outputFormat'
  | 'jsonFiles'
  | 'verbosity'
  | 'monitorIntervalMs'
> &
  Partial<Pick<StapOptions, 'publishing'>>;

/** What is asked for: a module, and how it is to run. */
export interface RunRequest {
  readonly module: CompiledModule;
  /** Name under which it runs. */
  readonly moduleName: string;
  /** How messages about its start name it; default: the module's name. */
  readonly insertedAs?: string;
  /** Name of the script as messages show it. */
  readonly script: string;
  /** Texts of the script. */
  readonly sources: readonly ScriptSource[];
  readonly version: string;
  /** Directory of the installation, with dist/. */
  readonly directory: string;
  readonly options: RunOptions;
  readonly environment: Environment;
  readonly colors: Colors | undefined;
  /** The process that is to serve metrics and the dashboard. */
  readonly companion?: CompanionProcess | undefined;
  /** Called once the probes are active. */
  readonly onStarted?: () => void;
}

/** All that a run depends on besides its module and its state: plain data, so that another process can go on with it. */
export interface RunSetup {
  readonly insertedAs: string;
  readonly script: string;
  /** Texts of the script. */
  readonly sources: readonly ScriptSource[];
  readonly version: string;
  readonly directory: string;
  /** Words of the command line. */
  readonly commandLine: readonly string[];
  readonly engineOptions: EngineOptions;
  readonly serving: FileServing;
  /** -G NAME=VALUE, in order. */
  readonly globals: readonly Assignment[];
  readonly outputFile: string | undefined;
  readonly outputRotation: OutputRotation | undefined;
  /** Most output kept while nobody reads it, bytes. */
  readonly ringBytes: number;
  readonly hideWarnings: boolean;
  readonly colors: Colors | undefined;
  readonly environment: Environment;
  /** --json-files: the module serves its globals. */
  readonly jsonFiles: boolean;
  /** --monitor: time between two refreshes. */
  readonly monitorIntervalMs: number | undefined;
  /** What is served or sent; undefined: nothing. */
  readonly publishing: Publishing | undefined;
  /** -vvvvv: say where the files are. */
  readonly tellsPlace: boolean;
}

/** The setup of a run whose target process is known. */
export function runSetup(request: RunRequest, target: number): RunSetup {
  const { options, moduleName, environment } = request;
  const { bufferSizeMb } = options;
  return {
    insertedAs: request.insertedAs ?? moduleName,
    script: request.script,
    sources: request.sources,
    version: request.version,
    directory: request.directory,
    commandLine: process.argv.slice(2),
    engineOptions: {
      moduleName,
      stapPid: process.pid,
      target,
      scriptArguments: options.scriptArguments,
      suppressHandlerErrors: options.suppressHandlerErrors,
      timing: options.timing && showsTimingReport(options),
      outputFormat: options.outputFormat,
      ...(bufferSizeMb === undefined ? {} : { outputBufferBytes: bufferSizeMb * BYTES_PER_MB }),
    },
    serving: fileServing(options, environment),
    globals: options.globals,
    outputFile: options.outputFile,
    outputRotation: options.outputRotation,
    ringBytes: (bufferSizeMb ?? DEFAULT_BUFFER_MB) * BYTES_PER_MB,
    hideWarnings: options.suppressWarnings,
    colors: request.colors,
    // A copy: process.env itself cannot be sent to another process.
    environment: { ...environment },
    jsonFiles: options.jsonFiles,
    monitorIntervalMs: options.monitorIntervalMs,
    publishing: options.publishing,
    tellsPlace: options.verbosity[4] > 0,
  };
}

/** The same run under another name and, as stap_pid() tells, in another process. */
export function withName(setup: RunSetup, moduleName: string): RunSetup {
  const { insertedAs, engineOptions } = setup;
  return {
    ...setup,
    insertedAs: insertedAs === engineOptions.moduleName ? moduleName : insertedAs,
    engineOptions: { ...engineOptions, moduleName },
  };
}

/** The report of -t goes to a terminal only, unless -DSTP_FORCE_STDOUT_TTY says otherwise; see stap(1), -t. */
function showsTimingReport(options: RunOptions): boolean {
  return isTerminal(STDOUT) || options.definitions.some(({ name }) => name === 'STP_FORCE_STDOUT_TTY');
}
