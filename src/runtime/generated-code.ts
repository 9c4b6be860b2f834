import type { Int64 } from '../int64/int64.ts';
import type { FormatPart } from '../module/format.ts';
import type { MapKey } from './associative-array.ts';
import type { HandlerContext, Intrinsic } from './handler-context.ts';
import type { ScriptArray } from './script-array.ts';
import type { ScriptStatistic } from './script-statistic.ts';
import type { Value } from './value.ts';

type BinaryOperation = (left: Int64, right: Int64) => Int64;

/**
 * What the code of a module gets, by the names it uses. Arguments called `at` only record, by being evaluated
 * last, which statement is about to run; implementations ignore them.
 */
export interface GeneratedRuntime {
  readonly add: BinaryOperation;
  readonly sub: BinaryOperation;
  readonly mul: BinaryOperation;
  readonly div: BinaryOperation;
  readonly rem: BinaryOperation;
  readonly and: BinaryOperation;
  readonly or: BinaryOperation;
  readonly xor: BinaryOperation;
  readonly shl: BinaryOperation;
  readonly shr: BinaryOperation;
  readonly ushr: BinaryOperation;
  readonly neg: (value: Int64) => Int64;
  readonly not: (value: Int64) => Int64;
  /** The value; throws `division by 0` when it is 0. */
  readonly nonzero: (value: Int64, at?: number) => Int64;
  /** The string cut to MAXSTRINGLEN - 1 bytes. */
  readonly clip: (text: string) => string;
  /** left . right, cut likewise. */
  readonly concat: (left: string, right: string) => string;

  readonly mapKey2: (first: Value, second: Value) => MapKey;
  readonly mapKeyN: (keys: readonly Value[]) => MapKey;
  /** Whether keys equal the pattern where it is not undefined (`*`). */
  readonly matchesKeys: (keys: readonly Value[], pattern: readonly (Value | undefined)[]) => boolean;
  /** Adds to an element of an array of longs, which is created when missing; returns the new value. */
  readonly addToElement: (
    array: ScriptArray<Int64>,
    key: MapKey,
    keys: readonly Value[],
    amount: Int64,
    at?: number,
  ) => Int64;
  /**
   * The scalar long at an index of the module's globals, when it is a cell of the kernel (`KernelGlobal`); it has its
   * initial value when the first handler runs. For another global, and without a kernel, it is a variable like others.
   */
  readonly cell: (index: number, initial: Int64) => ScalarCell;
  /** Array or array of statistics at an index of the module's globals. */
  readonly array: (index: number) => ScriptArray<never>;
  /** Scalar statistic at an index of the module's globals. */
  readonly statistic: (index: number) => ScriptStatistic;
  /** A function that returns the element of an array of statistics, created when missing. */
  readonly statisticElement: (
    index: number,
  ) => (key: MapKey, keys: readonly Value[], at?: number) => ScriptStatistic;
  /** An empty statistic of the global's shape: what a missing element reads as. */
  readonly emptyStatistic: (index: number) => ScriptStatistic;

  /** Adds to the script output; one call is cut at STP_BUFFER_SIZE. */
  readonly print: (text: string) => void;
  /** Text of a histogram; throws `empty aggregate`. */
  readonly histogram: (statistic: ScriptStatistic, at?: number) => string;
  /** Adds a histogram's text to the script output, never cut. */
  readonly printHistogram: (statistic: ScriptStatistic, at?: number) => void;
  readonly compileFormat: (parts: readonly FormatPart[]) => (...args: readonly Value[]) => string;
  readonly charText: (value: Int64) => string;
  readonly formatUnsigned: (value: Int64) => string;
  readonly formatHex: (value: Int64) => string;

  /** A function that matches the pattern, records the groups in the context and tells whether it matched. */
  readonly matcher: (pattern: string) => (text: string) => boolean;

  readonly context: HandlerContext;
  /** The library function of that name; throws when the run time has none. */
  readonly intrinsic: (name: string) => Intrinsic;
  /** Tells pn() which of several merged bodies runs. */
  readonly enterBody: (pn: string) => void;

  /** Throws `MAXACTION exceeded`, which cannot be caught. */
  readonly overrun: (at?: number) => never;
  /** Throws `MAXNESTING exceeded`. */
  readonly tooDeep: (at?: number) => never;
  /** Throws `all functions exhausted`. */
  readonly exhausted: (at?: number) => never;
  /** Adds a frame to a failure; returns what to throw on. */
  readonly addFrame: (thrown: unknown, statement: string) => unknown;
  /** Text for a catch variable; throws on what cannot be caught. */
  readonly caughtText: (thrown: unknown) => string;
  /** The error itself when one body of merged probes failed, so that the next may run; throws on what stops all. */
  readonly bodyError: (thrown: unknown) => Error;
  /** Throws the last error of merged bodies unless there is none or its text is empty. */
  readonly raiseLast: (error: Error | undefined) => void;
}

/** A long that handlers of the kernel may change at any time. */
export interface ScalarCell {
  /** Reading and writing back what was read needs a pause of the module, see `CompiledProbe.pausesKernel`. */
  value: Int64;
  /** Adds at once, so that nothing that the kernel adds is lost; the new value. Needs no pause. */
  add(amount: Int64): Int64;
}

/** Reads and writes a scalar global. */
export interface ScalarAccess {
  readonly get: () => Value;
  readonly set: (value: Value) => void;
}

/** What the code of a module evaluates to when given its run time. */
export interface GeneratedCode {
  readonly handlers: readonly (() => void)[];
  readonly conditions: readonly (() => Int64)[];
  /** By index of the module's globals; undefined for arrays and statistics. */
  readonly scalars: readonly (ScalarAccess | undefined)[];
}

/** The type of the code itself. */
export type CodeFactory = (rt: GeneratedRuntime) => GeneratedCode;
