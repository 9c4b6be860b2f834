import type { Clock, ProcessContext, TextFiles } from './handler-context.ts';
import type { IntrinsicTable } from './intrinsic-table.ts';
import type { KernelProbes } from './kernel-event.ts';
import type { OutputPort } from './output.ts';
import type { Accessor } from './pseudo-file.ts';
import type { RegexCompiler } from './regex.ts';
import type { SymbolNames } from './symbol-names.ts';

/** A pending timer. */
export interface TimerHandle {
  /** The callback will not be called. */
  cancel(): void;
}

/** Calls back on the event loop, once, not before the given time of the monotonic clock. */
export interface TimerPort {
  setTimer(atMonotonicNs: bigint, callback: () => void): TimerHandle;
}

/** A line for stderr, without prefix and without newline. `note` has no prefix. */
export interface RuntimeMessage {
  readonly kind: 'error' | 'warning' | 'note';
  /** One unit per byte; may hold newlines of its own. */
  readonly text: string;
}

/** Everything an engine needs from outside. */
export interface EnginePorts {
  /** Script output. */
  readonly output: OutputPort;
  /** Takes whole messages, in order; `ERROR: ` and `WARNING: ` and colours are its work. */
  readonly message: (message: RuntimeMessage) => void;
  readonly timers: TimerPort;
  readonly clock: Clock;
  /** Evaluates the text of one JavaScript expression in the global scope. */
  readonly evaluate: (code: string) => unknown;
  readonly intrinsics: IntrinsicTable;
  /** `await loadRegexCompiler()` for a module that needs it. */
  readonly compileRegex?: RegexCompiler;
  /** The process running the script: context of begin, end, error and timer handlers. */
  readonly ownProcess: ProcessContext;
  /** Context of a handler started by a file access. Called for each access; should be cheap until asked. */
  readonly processOf: (accessor: Accessor) => ProcessContext;
  /** What library functions such as task_utime() read /proc with. */
  readonly files?: TextFiles | undefined;
  /** What fires in the kernel; absent for a module without such probes. Its `drain` calls the engine's `fire`. */
  readonly kernelProbes?: KernelProbes | undefined;
  /** Names of addresses in stacks; absent where there is nothing to ask. */
  readonly symbols?: SymbolNames | undefined;
  /** Starts a shell command, does not wait for it. */
  readonly runCommand: (command: string) => void;
  /** Switches `-o` to its next file. */
  readonly switchOutputFile: () => void;
  /** Uniform in [0, 1), for `.randomize`. */
  readonly random: () => number;
}

/** What stays the same for one run and is not in the module. */
export interface EngineOptions {
  readonly moduleName: string;
  readonly stapPid: number;
  /** -c / -x process; 0 when none. */
  readonly target: number;
  readonly scriptArguments: readonly string[];
  /** `--suppress-handler-errors`: errors are counted, neither reported nor a reason to stop. */
  readonly suppressHandlerErrors: boolean;
  /** `-t`: measure every handler. */
  readonly timing: boolean;
  /** `-s`: queued output above which handlers wait; the default is HIGH_WATER_BYTES. */
  readonly outputBufferBytes?: number;
  /** `--output`: `json` tells each line of output as an object; otherwise it goes out as it is printed. */
  readonly outputFormat?: 'text' | 'json';
}
