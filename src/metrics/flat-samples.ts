import type { HistogramSample, Labels, MetricFamily } from './metric-family.ts';

/** A sample under its own name, as a text format writes it. */
export interface FlatSample {
  /** With `_total`, `_bucket`… */
  readonly name: string;
  readonly labels: Labels;
  readonly value: number | bigint;
}

/**
 * The samples of a family in the order of the text formats; counts of buckets add up there, to `+Inf`. A histogram
 * `withoutLoneCount` has no `_count` where it has no sum, as OpenMetrics 1.0 demands; the bucket `+Inf` is the same number.
 */
export function flatSamples(family: MetricFamily, withoutLoneCount = false): readonly FlatSample[] {
  const { kind, name } = family;
  switch (kind) {
    case 'gauge':
    case 'unknown':
      return family.samples.map(({ labels, value }) => ({ name, labels, value }));
    case 'counter':
      return family.samples.map(({ labels, value }) => ({ name: `${name}_total`, labels, value }));
    case 'info':
      return family.samples.map(({ labels, value }) => ({ name: `${name}_info`, labels, value }));
    case 'summary':
      return family.samples.flatMap((sample) => sumAndCount(name, sample));
    case 'histogram':
      return family.samples.flatMap((sample) =>
        withoutLoneCount && sample.sum === undefined
          ? buckets(name, sample)
          : [...buckets(name, sample), ...sumAndCount(name, sample)],
      );
  }
}

function buckets(name: string, { labels, buckets, count }: HistogramSample): readonly FlatSample[] {
  let total = 0;
  const bounded = buckets.map(({ upperBound, count }) => {
    total += count;
    return { name: `${name}_bucket`, labels: { ...labels, le: boundText(upperBound) }, value: total };
  });
  // A bucket beyond the last bound is in the count only; none of those before may be larger.
  const all = Math.max(total, count);
  return [...bounded, { name: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: all }];
}

function sumAndCount(name: string, { labels, sum, count, buckets }: HistogramSample): readonly FlatSample[] {
  const total = buckets.reduce((all, bucket) => all + bucket.count, 0);
  const counted = { name: `${name}_count`, labels, value: Math.max(total, count) };
  return sum === undefined ? [counted] : [{ name: `${name}_sum`, labels, value: sum }, counted];
}

/**
 * A bound as a label: canonical numbers of OpenMetrics 1.0, that is Go's `%g` with `.0` where neither point nor exponent is.
 * Newer versions of Prometheus write every bound so, and with it both text formats and all versions have the same series.
 */
export function boundText(bound: number): string {
  const [digits = '0', exponent = '0'] = bound.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) {
    const text = String(bound);
    return text.includes('.') ? text : `${text}.0`;
  }
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
