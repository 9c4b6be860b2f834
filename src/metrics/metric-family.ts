/**
 * What a metric is, in the words of the OpenMetrics specification 1.0. `gauge` may go down, `counter` never does; `summary`
 * is a count and a sum; `unknown` where families of different kinds share a name.
 */
export type MetricKind = 'gauge' | 'counter' | 'histogram' | 'summary' | 'info' | 'unknown';

/** Labels of a sample: names as Prometheus allows them, values any text (UTF-8). */
export type Labels = Readonly<Record<string, string>>;

/** One number of a family. Integers of 64 bits stay exact as bigint where a double cannot hold them. */
export interface ScalarSample {
  readonly labels: Labels;
  readonly value: number | bigint;
  /** When a counter began to count, milliseconds since 1970. */
  readonly startMs?: number;
}

/** One histogram of a family, or one summary: that has no buckets. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly count: number;
  /** Undefined when values below zero are in it: then it may go down, and the formats do not allow it. */
  readonly sum?: number | bigint;
  /** `upperBound` is included in the bucket; counts are of this bucket alone. Ascending; values above the last are in `count` only. */
  readonly buckets: readonly { readonly upperBound: number; readonly count: number }[];
  /** When it began to count, milliseconds since 1970. */
  readonly startMs?: number;
}

interface FamilyFacts {
  /** Without the `_total` of counters and the `_info` of infos, which belong to their samples. */
  readonly name: string;
  /** One line of UTF-8. */
  readonly help: string;
  /** Base unit as in OpenMetrics: `seconds`, `bytes`; then the name ends in it. */
  readonly unit?: string;
}

/** A family of numbers. */
export interface ScalarFamily extends FamilyFacts {
  readonly kind: 'gauge' | 'counter' | 'info' | 'unknown';
  readonly samples: readonly ScalarSample[];
}

/** A family of histograms or summaries. */
export interface HistogramFamily extends FamilyFacts {
  readonly kind: 'histogram' | 'summary';
  readonly samples: readonly HistogramSample[];
}

/** Samples of one name, and what they mean. */
export type MetricFamily = ScalarFamily | HistogramFamily;

/** Whether its samples are histograms or summaries. */
export function isHistogramFamily(family: MetricFamily): family is HistogramFamily {
  return family.kind === 'histogram' || family.kind === 'summary';
}
