/**
 * What a kernel program writes into the ring buffer for one event, and how the run time finds its way in it. All
 * numbers are in the byte order of the machine; offsets are in bytes from the start of the record.
 *
 *     0  u32  index of the probe in the module
 *     4  u32  kind (RECORD_KIND)
 *     8  u64  time of the event, CLOCK_MONOTONIC in nanoseconds
 *    16  u32  process (tgid)         20  u32  thread (tid)
 *    24  u32  processor              28  u32  length of the whole record
 *    32  u64  one word for each entry of `layout.words`
 *     …  16 bytes for each entry of `layout.pieces`: u64 address, i32 status, u32 offset of the data in the record
 *     …  data of the pieces, each at a multiple of 8
 *
 * Status of a piece: number of bytes captured (of a string without its NUL), or a negative errno of the fault.
 */
export const RECORD_HEADER_BYTES = 32;
export const PIECE_BYTES = 16;

/** Second field of a record. */
export const RECORD_KIND = {
  /** A handler is to run with what was captured. */
  event: 0,
  /** A handler in the kernel printed: word 0 is an index into `prints`, the rest are the arguments. */
  print: 1,
  /** A handler in the kernel failed: word 0 is an index into `errors`, then the arguments of the message. */
  error: 2,
  /** A handler in the kernel called exit(). */
  exit: 3,
} as const;

/**
 * A 64-bit value of the event, by the name that context functions ask for:
 * `argument:N` N-th argument of a tracepoint or of fentry, `syscall:N` argument of a system call (0 to 5),
 * `syscall:number`, `syscall:result`, `register:N` the DWARF register N of the probed program or kernel code,
 * `result` the return value of a function, or a fact of the current task from `FACT_NAMES`.
 */
export type WordName =
  | `argument:${number}`
  | `syscall:${number}`
  | 'syscall:number'
  | 'syscall:result'
  | `register:${number}`
  | 'result'
  | FactName;

/**
 * Facts of the task at the event besides those of the header. Names (`execname:0` and `execname:1` hold 16 bytes of
 * comm) are text in memory order. `task` is the address of its task_struct.
 */
export type FactName =
  | 'uid'
  | 'gid'
  | 'euid'
  | 'egid'
  | 'ppid'
  | 'pgrp'
  | 'sid'
  | 'execname:0'
  | 'execname:1'
  | 'pexecname:0'
  | 'pexecname:1'
  | 'task'
  | 'cgroup'
  | 'ns_pid'
  | 'ns_tid'
  | 'instruction-pointer'
  | 'user-mode'
  | 'perf-counter';

/** Memory captured at the event, because a handler is expected to read it. */
export interface CapturedPiece {
  readonly space: 'kernel' | 'user';
  /** `bytes`: exactly `size`; `string`: up to a NUL, at most `size` bytes with it; `stack`: return addresses of 8 bytes. */
  readonly kind: 'bytes' | 'string' | 'stack';
  readonly size: number;
}

export interface RecordLayout {
  readonly words: readonly WordName[];
  readonly pieces: readonly CapturedPiece[];
}
