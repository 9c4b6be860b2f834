import type { Int64 } from '../int64/int64.ts';
import type { ScalarType } from '../module/compiled-module.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { UnfinishedLine } from './json-lines.ts';
import type { Value } from './value.ts';

/** Content of a statistic, all of it: what it takes to go on counting elsewhere. */
export interface StatisticState {
  readonly count: number;
  readonly sum: Int64;
  readonly min: Int64;
  readonly max: Int64;
  readonly scaledMean: Int64;
  readonly squares: Int64;
  readonly buckets: readonly number[] | undefined;
}

/** Content of a global. Elements in list order, so that order, wrapping and sorting go on as before. */
export interface GlobalState {
  readonly name: string;
  readonly mangledName: string;
  readonly type: ScalarType | 'stats';
  readonly keyTypes: readonly ScalarType[];
  /** Globals of the library are its own business: they neither move to another script nor are they cleared. */
  readonly origin: 'script' | 'library';
  /** Of statistics: the histogram and the variance that were kept. */
  readonly histogram?: HistogramShape;
  readonly varianceShift?: number;
  /** A scalar's value before the begin probes, what clearing the globals goes back to. */
  readonly initial?: Value;
  readonly value?: Value | StatisticState;
  readonly elements?: readonly { readonly keys: readonly Value[]; readonly value: Value | StatisticState }[];
}

/** How often and how long a handler ran. */
export interface TimingState {
  readonly hits: number;
  /** How many of the hits the times are about: those that came while times were taken. */
  readonly timedHits: number;
  readonly totalNs: bigint;
  readonly minNs: bigint;
  readonly maxNs: bigint;
}

/**
 * Everything a running engine knows that its module does not: with it another process goes on where this one stopped,
 * without begin probes. Plain data for v8.serialize (64-bit integers may be bigint).
 */
export interface EngineState {
  readonly globals: readonly GlobalState[];
  readonly errorCount: number;
  readonly errorReported: boolean;
  readonly warningCount: number;
  readonly outputBytes: number;
  readonly warned: readonly string[];
  /** Indexes of probes that are switched off. */
  readonly disabled: readonly number[];
  /** In module order. */
  readonly timings: readonly TimingState[];
  /** Next expiry on CLOCK_MONOTONIC by index of the probe, for the timers. */
  readonly timerDueNs: readonly (readonly [number, bigint])[];
  /** What library functions remember over the whole session, by function family; plain data. */
  readonly stores: readonly (readonly [string, unknown])[];
  /** With output in JSON: the line whose end has not been printed. */
  readonly unfinishedLine?: UnfinishedLine;
}
