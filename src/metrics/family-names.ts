import type { MetricFamily, MetricKind } from './metric-family.ts';

const SUFFIXES: Readonly<Record<MetricKind, readonly string[]>> = {
  gauge: [''],
  unknown: [''],
  counter: ['_total'],
  info: ['_info'],
  summary: ['_count', '_sum'],
  histogram: ['_bucket', '_count', '_sum'],
};

/** The names that samples of the family have, and its own: OpenMetrics 1.0 lets no other family have any of them. */
export function claimedNames({ kind, name }: Pick<MetricFamily, 'kind' | 'name'>): readonly string[] {
  const names = SUFFIXES[kind].map((suffix) => name + suffix);
  return kind === 'gauge' || kind === 'unknown' ? names : [name, ...names];
}
