import type { Int64 } from '../int64/int64.ts';

/**
 * What makes a derived probe fire, decided at compile time. Plain data: it is written into compiled modules
 * and read by the run time, one variant per family.
 */
export type ProbeEvent =
  | { readonly family: 'begin' | 'end' | 'error'; readonly priority: Int64 }
  | { readonly family: 'never' }
  | {
      readonly family: 'timer';
      /** `hrtimer` for s…hz, `timer` for jiffies (what probe_type() answers). */
      readonly clock: 'hrtimer' | 'jiffies';
      readonly intervalNs: number;
      /** Next interval is uniformly intervalNs ± randomizeNs; 0 when not asked for. */
      readonly randomizeNs: number;
    }
  | { readonly family: 'profile'; readonly hz?: number }
  | {
      readonly family: 'procfs';
      readonly access: 'read' | 'write';
      /** Relative path of the file, `command` when none was given. */
      readonly path: string;
      /** As given in `.umask(N)`. */
      readonly umask?: Int64;
      /** As given in `.maxsize(N)`. */
      readonly maxSize?: Int64;
    }
  | KernelProbeEvent;

/** What fires in the kernel: an eBPF program is attached there, see kernel-part.ts. */
export type KernelProbeEvent =
  /** `kernel.trace`; `name` is that of the tracepoint without its group. */
  | { readonly family: 'tracepoint'; readonly name: string }
  | {
      readonly family: 'syscall';
      readonly name: string;
      readonly number: number;
      readonly access: SyscallAccess;
    }
  | {
      readonly family: 'kernel-function';
      readonly symbol: string;
      readonly isReturn: boolean;
      /** Absent: the way that the kernel has for most of its functions. */
      readonly by?: 'kprobe';
      /** Kernel module that it is in; absent for the kernel itself. */
      readonly module?: string;
    }
  | UserProbeEvent
  | ProcessProbeEvent
  | PerfProbeEvent;

export type SyscallAccess = 'enter' | 'exit';

/** An instruction of a program or library: a function's entry or return, or the place of a mark. */
export interface UserProbeEvent {
  readonly family: 'user';
  /** Canonical path of the file that holds the instruction. */
  readonly path: string;
  /** Hexadecimal build id of that file, where it has one: another file at the path is refused. */
  readonly buildId?: string;
  /** Offset of the instruction in the file, in bytes. */
  readonly offset: number;
  readonly isReturn: boolean;
  /** Symbol for functions, name of the mark for marks; what ppfunc() and messages tell. */
  readonly symbol: string;
  /** Marks only: name of the provider. */
  readonly provider?: string;
  /** Marks with a semaphore: its offset in the file, for the kernel to raise. */
  readonly semaphoreOffset?: number;
  /** `process(PID)`: fires for that process only. */
  readonly pid?: number;
}

/** Begin and end of processes and threads, and their system calls; of all processes, of one, or of a program. */
export interface ProcessProbeEvent {
  readonly family: 'process';
  readonly what: 'begin' | 'end' | 'thread.begin' | 'thread.end' | 'syscall' | 'syscall.return';
  /** `process(PID)`. */
  readonly pid?: number;
  /** `process("PATH")`: canonical path of the program. Neither this nor `pid`: all processes, or -c's. */
  readonly path?: string;
}

/** A counter of the kernel or the processor; linux/perf_event.h. */
export interface PerfProbeEvent {
  readonly family: 'perf';
  readonly type: number;
  readonly config: number;
  /** One of both. */
  readonly sampleEvery?: number;
  readonly frequencyHz?: number;
  /** `.process("PATH")`; `.process` alone is the process of -c. */
  readonly process?: string;
  /** `timer.profile`. */
  readonly isProfileTimer?: boolean;
  /** `.counter("name")`: what @perf("name") reads; the event itself does not fire. */
  readonly counter?: string;
}

/** Whether something in the kernel makes it fire. */
export function isKernelEvent(event: ProbeEvent): event is KernelProbeEvent {
  switch (event.family) {
    case 'tracepoint':
    case 'syscall':
    case 'kernel-function':
    case 'user':
    case 'process':
    case 'perf':
      return true;
    case 'begin':
    case 'end':
    case 'error':
    case 'never':
    case 'timer':
    case 'profile':
    case 'procfs':
      return false;
  }
}
