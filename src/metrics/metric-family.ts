/** What a metric is, in the words of the OpenMetrics specification 1.0. `gauge` may go down, `counter` never does. */
export type MetricKind = 'gauge' | 'counter' | 'histogram' | 'info';

/** Labels of a sample: names as Prometheus allows them, values any text (UTF-8). */
export type Labels = Readonly<Record<string, string>>;

/** One number of a family. Integers of 64 bits stay exact as bigint where a double cannot hold them. */
export interface ScalarSample {
  readonly labels: Labels;
  readonly value: number | bigint;
}

/** One histogram of a family. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly count: number;
  readonly sum: number | bigint;
  /** `upperBound` is included in the bucket; counts are of this bucket alone. Ascending; values above the last are in `count` only. */
  readonly buckets: readonly { readonly upperBound: number; readonly count: number }[];
}

/** A family of samples with one name; `name` is without the `_total` that text formats add to counters. */
export type MetricFamily =
  | {
      readonly kind: 'gauge' | 'counter' | 'info';
      readonly name: string;
      readonly help: string;
      /** Base unit as in OpenMetrics: `seconds`, `bytes`; then the name ends in it. */
      readonly unit?: string;
      readonly samples: readonly ScalarSample[];
    }
  | {
      readonly kind: 'histogram';
      readonly name: string;
      readonly help: string;
      readonly unit?: string;
      readonly samples: readonly HistogramSample[];
    };
