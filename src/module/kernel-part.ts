import type { FormatPart } from './format.ts';
import type { RecordLayout } from './event-record.ts';

/**
 * The half of a compiled module that runs in the kernel. Plain data, made for one kernel: types and offsets of
 * `release` are in the code. Programs are loaded and attached by bpf/loader when the begin probes have run.
 */
export interface KernelPart {
  /** `uname -r` of the kernel it was made for. */
  readonly release: string;
  readonly maps: readonly KernelMap[];
  readonly programs: readonly KernelProgram[];
  /** Where programs are attached; several sites may share a program. */
  readonly sites: readonly KernelSite[];
  /** By index of the module's probes; how records of kind `event` are read. Absent for probes of other families. */
  readonly layouts: Readonly<Record<number, RecordLayout>>;
  /** By index of the module's probes: where the handler runs, and for `deferred` why, as -v tells. */
  readonly placements: Readonly<Record<number, HandlerPlacement>>;
  /** Globals that live in maps, because a handler in the kernel uses them. */
  readonly globals: readonly KernelGlobal[];
  /** What handlers in the kernel print. */
  readonly prints: readonly KernelPrint[];
  /** What can go wrong in handlers in the kernel. */
  readonly errors: readonly KernelError[];
  /** Files of read probes that an iterator was asked to serve; absent when nobody asked. */
  readonly files?: readonly KernelFile[];
}

/** A file, and the program of type `iterator` that writes its text; or why its handler has to serve it. */
export type KernelFile = {
  /** Index of the module's probe. */
  readonly probe: number;
  /** Relative to the module directory. */
  readonly path: string;
} & ({ readonly program: number } | { readonly reason: string });

export type HandlerPlacement =
  { readonly where: 'kernel' } | { readonly where: 'deferred'; readonly reason: string };

/** By index; the well-known ones come first, see WELL_KNOWN_MAPS. */
export interface KernelMap {
  readonly name: string;
  readonly type: 'array' | 'per-cpu-array' | 'hash' | 'per-cpu-hash' | 'ring-buffer' | 'program-array';
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  /** Mapped into the process of the engine. */
  readonly mapped: boolean;
}

/** Indexes of the maps that every kernel part begins with. @public */
export const WELL_KNOWN_MAPS = {
  /** One element: CELLS, then the scalar globals that live in the kernel. Mapped. */
  cells: 0,
  /** Records for the engine. */
  ring: 1,
  /** Per-CPU room to build a record or a string in: SCRATCH_SLOTS elements of SCRATCH_BYTES. */
  scratch: 2,
  /** Dispatch by number of the system call, 0 … SYSCALL_SLOTS - 1 enter, then as many exit. */
  syscalls: 3,
} as const;

/** @public */
export const SYSCALL_SLOTS = 1024;
/** @public */
export const SCRATCH_SLOTS = 4;
/** @public */
export const SCRATCH_BYTES = 32_768;

/** Offsets in the one element of the map `cells`. */
export const CELLS = {
  /** u32, MODULE_STATE: written by the engine, read by every program first. */
  state: 0,
  /** u64 counters, added to by programs. */
  lostRecords: 8,
  skippedNested: 16,
  /** Order of creation of array elements. */
  sequence: 24,
  /** i64, what target() answers: written by the engine before anything is attached. */
  target: 32,
  /** i64, CLOCK_REALTIME minus CLOCK_MONOTONIC in nanoseconds: written by the engine. */
  realtimeOffset: 40,
  /** i64, process of the engine, where functions and marks are not probed. */
  engine: 48,
  /** Runs of handlers in the kernel, by index of the module's probes, 8 bytes each, from `hits` on. */
  hits: 64,
} as const;

/** Value of CELLS.state. @public */
export const MODULE_STATE = {
  /** Programs do nothing. */
  off: 0,
  /** Handlers run where they are placed. */
  running: 1,
  /** A handler of the engine is at work on globals of the kernel: all handlers are deferred. */
  paused: 2,
} as const;

export interface KernelProgram {
  /** At most 15 bytes, letters, digits and `_`. */
  readonly name: string;
  /**
   * `tracing`: BPF_PROG_TYPE_TRACING with expected attach type `attach` and BTF id; `raw-tracepoint`; `kprobe` for
   * uprobes and kprobes; `perf-event`; `iterator` behind a file.
   */
  readonly type: 'tracing' | 'raw-tracepoint' | 'kprobe' | 'perf-event' | 'iterator';
  /** `tracing` only. */
  readonly expectedAttach?: 'tracepoint' | 'fentry' | 'fexit' | 'iterator';
  /** `tracing` only: BTF id of the tracepoint's type or of the function, in vmlinux. */
  readonly btfId?: number;
  /** `kprobe` only: attached to many places at once where the kernel can. */
  readonly isMulti?: boolean;
  /** Runs where memory may be paged in. */
  readonly sleepable?: boolean;
  /** Instructions of 8 bytes, base64. */
  readonly code: string;
  readonly relocations: readonly KernelRelocation[];
  /** Place in the script of instruction ranges, ascending by `from`: for the verifier's complaints. */
  readonly places: readonly { readonly from: number; readonly text: string }[];
}

/** A 64-bit load whose constant the loader puts in. */
export interface KernelRelocation {
  /** Index of the first of its two instructions. */
  readonly instruction: number;
  /** `map`: its descriptor; `map-value`: address `offset` bytes into the one element of a mapped array. */
  readonly kind: 'map' | 'map-value';
  readonly map: number;
  readonly offset?: number;
}

/** One attachment. `probe` is the index of the module's probe that fires. */
export type KernelSite =
  | { readonly kind: 'tracepoint'; readonly program: number; readonly probe: number; readonly name: string }
  | {
      readonly kind: 'syscall';
      readonly program: number;
      readonly probe: number;
      readonly number: number;
      readonly access: 'enter' | 'exit';
      /**
       * Where the program goes in the map `syscalls`; absent: the slot of `number` and `access`. The second and further
       * probes of a system call are in slots from 2 * SYSCALL_SLOTS on, entered from the one before.
       */
      readonly slot?: number;
    }
  | {
      readonly kind: 'user';
      readonly program: number;
      readonly probe: number;
      readonly path: string;
      readonly buildId?: string;
      readonly offset: number;
      readonly isReturn: boolean;
      readonly semaphoreOffset?: number;
      readonly pid?: number;
    }
  | {
      readonly kind: 'kernel-function';
      readonly program: number;
      readonly probe: number;
      readonly symbol: string;
      readonly isReturn: boolean;
      /** `fentry`: `program` is of type tracing; `kprobe`: attached by symbol. */
      readonly by: 'fentry' | 'kprobe';
    }
  | {
      readonly kind: 'perf';
      readonly program: number;
      readonly probe: number;
      readonly type: number;
      readonly config: number;
      readonly sampleEvery?: number;
      readonly frequencyHz?: number;
      readonly pid?: number;
      readonly process?: string;
    };

/** A global variable in a map; `global` is its index in the module. */
export type KernelGlobal =
  /** A long at `offset` in the element of `cells`. */
  | { readonly kind: 'cell'; readonly global: number; readonly offset: number }
  /** A statistic in a per-CPU array of one element (STATISTIC layout). */
  | { readonly kind: 'statistic'; readonly global: number; readonly map: number }
  /**
   * Keys side by side: a long takes 8 bytes, a string its entry of `keyBytes`, filled with NUL. Value: u64 order of
   * creation, then a long, `valueBytes - 8` bytes of a string filled with NUL, or a statistic (then the map is per CPU).
   */
  | {
      readonly kind: 'array';
      readonly global: number;
      readonly map: number;
      readonly keyBytes: readonly number[];
      readonly value: 'long' | 'string' | 'statistic';
    };

/**
 * A statistic of one processor: i64 count, sum, min, max (both meaningless while count is 0), then a u64 for each
 * bucket of the histogram, in the order of runtime/histogram-buckets.ts.
 * @public
 */
export const STATISTIC = { count: 0, sum: 8, min: 16, max: 24, buckets: 32 } as const;

/** A print statement of a handler in the kernel: what its record's words 1… are. */
export interface KernelPrint {
  /** Index of the module's probe. */
  readonly probe: number;
  /** Conversions and literal text, as of printf; print and println are given in this form too. */
  readonly parts: readonly FormatPart[];
  /** A string argument's word is offset << 32 | length of its data in the record. */
  readonly arguments: readonly ('long' | 'string')[];
}

export interface KernelError {
  readonly probe: number;
  /** Message; `%d`, `%x` and so on stand for the record's words 1…, as for printf. */
  readonly parts: readonly FormatPart[];
  readonly arguments: readonly ('long' | 'string')[];
  /** The statement, as error reports name it: `operator '/' at FILE:L:C`. */
  readonly statement: string;
}
