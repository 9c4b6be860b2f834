import type { Int64 } from '../int64/int64.ts';

/** Histogram of a statistic, one kind and parameter set per variable. */
export type HistogramShape =
  | { readonly kind: 'log' }
  | { readonly kind: 'linear'; readonly low: Int64; readonly high: Int64; readonly width: Int64 };
