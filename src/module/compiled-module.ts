import type { HistogramShape } from './histogram-shape.ts';
import type { KernelPart } from './kernel-part.ts';
import type { Limits } from './limits.ts';
import type { ProbeEvent } from './probe-event.ts';

/** Types a value can have once a program is checked. */
export type ScalarType = 'long' | 'string';

/** A global variable: a scalar, an array, a statistic or an array of statistics. */
export interface CompiledGlobal {
  readonly name: string;
  /** `__global_x`, `__private_<file>_x`: what start-up failures and dumps name. */
  readonly mangledName: string;
  readonly type: ScalarType | 'stats';
  /** Empty for a scalar. */
  readonly keyTypes: readonly ScalarType[];
  /** `[N]` as declared; MAXMAPENTRIES otherwise. */
  readonly maxSize?: number;
  /** `%`: the first element gives way when the array is full. */
  readonly wrap: boolean;
  readonly histogram?: HistogramShape;
  /** Bit shift of `@variance`; absent when nothing asks for a variance. */
  readonly varianceShift?: number;
  readonly isPrivate: boolean;
  readonly origin: 'script' | 'library';
  /** The comment above its declaration, or behind it on the same line, as one line without comment signs. */
  readonly documentation?: string;
  /**
   * For an array, a name for each key, from the expressions that the script uses as keys: `hits[execname(), fd]` gives
   * `execname`, `fd`. Lower case letters, digits and `_`, not beginning with a digit, all different; `key1`, `key2`… where
   * nothing better is known.
   */
  readonly keyNames?: readonly string[];
  /**
   * The script only ever adds to it (`++`, `+=` of a constant that is not negative), so it is a counter, of one number or
   * of each element. Never for statistics, which are known by their type. False for what a handler also assigns or deletes.
   */
  readonly onlyGrows?: true;
}

/** One handler: a derived probe with everything merged into it. */
export interface CompiledProbe {
  readonly event: ProbeEvent;
  /** Resolved point, what pp() prints. */
  readonly pp: string;
  /** Script-level point of the first body, what pn() prints. */
  readonly pn: string;
  /** What probe_type() prints: `begin`, `timer`, `hrtimer`, `procfs`… */
  readonly probeType: string;
  /** `FILE:LINE:COLUMN` of the keyword `probe`. */
  readonly location: string;
  /** Points as the script writes them, from the resolved one outwards, for the `from:` items of a timing report. */
  readonly derivation: readonly string[];
  /** Made by the translator (automatic display of globals), not by the user. */
  readonly synthetic: boolean;
  /** Index into the `handlers` of the code. */
  readonly handler: number;
  /** Index into the `conditions` of the code; absent: always armed. */
  readonly condition?: number;
  /** The handler (or a function it calls) writes to the output. */
  readonly prints: boolean;
  /**
   * The JavaScript handler (or a function it calls) reads globals that live in the kernel and writes or deletes what it
   * read: the module is paused while it runs, so that nothing is lost between. Not needed for plain reads, `<<<`, and for
   * `add` of a cell; `foreach`, `delete` and writes of array elements pause by themselves.
   */
  readonly pausesKernel?: boolean;
}

/**
 * A translated script: plain data that a run time loads without any part of the compiler.
 * `moduleText` and `parseModuleText` (compiled-module-text.ts) give its JSON form.
 */
export interface CompiledModule {
  /** Raised with every change of this structure or of what the code asks of the run time. */
  readonly formatVersion: 3;
  readonly globals: readonly CompiledGlobal[];
  readonly probes: readonly CompiledProbe[];
  /** The limits the code was translated for, baked into it. */
  readonly limits: Limits;
  /** Number of nested function calls allowed: `-DMAXNESTING`, or what the call chains need. */
  readonly maxNesting: number;
  /** `--suppress-time-limits`: the code counts no actions. */
  readonly suppressTimeLimits: boolean;
  readonly needs: {
    /** `=~` or `!~` is used. */
    readonly regex: boolean;
    /** A probe on the file `__stdin` exists: standard input is to be forwarded into it. */
    readonly stdin: boolean;
  };
  /** What runs in the kernel; absent when no probe fires there. */
  readonly kernel?: KernelPart;
  /** JavaScript text of one expression, `(rt) => ({ handlers, conditions, globals })`; see runtime/generated-code.ts. */
  readonly code: string;
}
