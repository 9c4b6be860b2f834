import type { Int64 } from '../int64/int64.ts';
import type { Limits } from '../module/limits.ts';
import type { KernelEvent, MemoryRead } from './kernel-event.ts';
import type { SymbolNames } from './symbol-names.ts';

export type { Limits } from '../module/limits.ts';

/** The process in whose context a handler runs: the accessor of a file, or stap itself. */
export interface ProcessContext {
  readonly tid: number;
  pid(): number;
  ppid(): number;
  pgrp(): number;
  sid(): number;
  uid(): number;
  euid(): number;
  gid(): number;
  egid(): number;
  /** At most 15 bytes. */
  execname(): string;
  pexecname(): string;
}

/** Wall and monotonic time in nanoseconds since their epochs. The only way the run time reads a clock. */
export interface Clock {
  realtimeNs(): bigint;
  monotonicNs(): bigint;
  /** Wall time minus monotonic time; the same number until the wall clock is stepped. */
  wallMinusMonotonicNs(): bigint;
}

/**
 * Small texts such as the files of /proc, read whole as byte strings; undefined when unreadable. The only way
 * the run time reads a file. Never asked for anything below the session's own mount.
 */
export interface TextFiles {
  read(path: string): string | undefined;
  /** Target of a symbolic link. */
  readLink(path: string): string | undefined;
}

/** What stays the same for a whole run. */
export interface SessionFacts {
  readonly moduleName: string;
  readonly stapPid: number;
  /** -c / -x process; 0 when none. */
  readonly target: number;
  readonly scriptArguments: readonly string[];
  readonly clock: Clock;
  /** `-D` values by name, numbers only. */
  readonly limits: Limits;
  /** Without it the library functions that read /proc answer as for a process that is gone. */
  readonly files?: TextFiles | undefined;
  /** Names of addresses. Absent: none has a name. */
  readonly symbols?: SymbolNames | undefined;
  /** Memory of the kernel or of a process, for handlers without an event in the kernel. Absent: all of it faults. */
  readonly readMemory?:
    ((space: 'kernel' | 'user', pid: number, address: Int64, size: number) => MemoryRead) | undefined;
}

/**
 * What one running handler offers to the functions it calls. One object per engine, reset at each handler
 * entry; intrinsics get it as first argument.
 */
export interface HandlerContext {
  readonly session: SessionFacts;
  readonly process: ProcessContext;
  /** The event in the kernel that made the handler fire; absent for all other handlers. */
  readonly event?: KernelEvent | undefined;
  /** Resolved probe point, script-level point and probe type of the running handler. */
  readonly pp: string;
  readonly pn: string;
  readonly probeType: string;
  /** $value of a procfs handler: data written, or text to be read. */
  readonly procfs: { readonly value: string; set(text: string): void; append(text: string): void };
  /** Result of the last =~ or !~ of this handler run: groups, undefined after a failed match. */
  lastMatch: readonly string[] | undefined;
  /** State of tokenize(). */
  tokenizer: { text: string; delimiters: string } | undefined;
  /** Script output. */
  print(text: string): void;
  /** `WARNING: text` on stderr, repeats dropped. */
  warn(text: string): void;
  /** exit(): state becomes STOPPING, the handler goes on. */
  requestExit(): void;
  /**
   * Session-wide state of library functions (stopwatches, speculation, indentation), by function family. Plain data,
   * because it moves with the module to another process.
   */
  store<T>(key: string, create: () => T): T;
  /** Runs a shell command after the handler, output not captured. */
  system(command: string): void;
  /** Switches -o to its next file. */
  switchFile(): void;
}

/** A run-time error of the script: catchable by try/catch unless `catchable` is false. */
export class ScriptError extends Error {
  readonly catchable: boolean;
  /** Tokens of the active statements from the innermost frame outwards; grows while the error unwinds. */
  readonly trace: string[] = [];
  constructor(message: string, catchable = true) {
    super(message);
    this.catchable = catchable;
  }
}

/** Thrown by abort() after `requestExit`: ends the handler at once, cannot be caught, is not counted as an error. */
export class HandlerAbort extends Error {
  constructor() {
    super('abort');
  }
}

/** A library function written in TypeScript. */
export type Intrinsic = (context: HandlerContext, ...args: never[]) => Int64 | string | undefined;
