/** A function that generated code may call. */
export interface GeneratedFunction {
  readonly name: string;
  /** The first parameter of a recursive function is its depth, which ends it at 0. */
  readonly isRecursive: boolean;
  readonly parameters: readonly ('long' | 'string')[];
  /** Arrays that it or what it calls changes or sorts. */
  readonly changes: Set<string>;
}

/** What generated code may use at one place. */
export interface GeneratedScope {
  readonly body: 'probe' | 'function';
  /** Names of longs that may be assigned, and those that may only be read. */
  readonly longs: readonly string[];
  readonly counters: readonly string[];
  readonly strings: readonly string[];
  readonly functions: readonly GeneratedFunction[];
  /** The function being written, which may call itself with `depth - 1`. */
  readonly self?: GeneratedFunction;
  /** Arrays that a foreach around is going through. */
  readonly iterated: readonly string[];
  /** Arrays changed so far in the body being written. */
  readonly changes: Set<string>;
  readonly isInLoop: boolean;
}

/** An array global of generated programs. */
export interface GeneratedArray {
  readonly name: string;
  readonly declaration: string;
  readonly keys: readonly ('long' | 'string')[];
  readonly element: 'long' | 'string' | 'statistic';
}

export const ARRAYS: readonly GeneratedArray[] = [
  { name: 'na', declaration: 'na', keys: ['long'], element: 'long' },
  { name: 'nb', declaration: 'nb', keys: ['long', 'string'], element: 'long' },
  { name: 'sa', declaration: 'sa', keys: ['string'], element: 'string' },
  { name: 'nc', declaration: 'nc[4]', keys: ['long'], element: 'long' },
  { name: 'nw', declaration: 'nw%[3]', keys: ['long'], element: 'long' },
  { name: 'sd', declaration: 'sd%[5]', keys: ['long', 'long', 'string'], element: 'string' },
  { name: 'qa', declaration: 'qa', keys: ['long'], element: 'statistic' },
  { name: 'qb', declaration: 'qb', keys: ['string', 'long'], element: 'statistic' },
];

/** Scalar statistics, each with the histogram and the shift of the variance that it is always asked with. */
export const STATISTICS = [
  { name: 'qs', histogram: '@hist_log(qs)', variance: '@variance(qs)' },
  { name: 'qt', histogram: '@hist_linear(qt, -10, 50, 7)', variance: '@variance(qt, 3)' },
] as const;

export const GLOBAL_LONGS = ['n0', 'n1'] as const;
export const GLOBAL_STRINGS = ['s0', 's1'] as const;
