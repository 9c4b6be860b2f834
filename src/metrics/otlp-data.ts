import { ValueType, type HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  type MetricData,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import {
  isHistogramFamily,
  type HistogramFamily,
  type HistogramSample,
  type MetricFamily,
  type ScalarFamily,
} from './metric-family.ts';

const MILLISECONDS = 1e3;
const NANOSECONDS_PER_MILLISECOND = 1e6;

/** The codes of base units in The Unified Code for Units of Measure, which OpenTelemetry uses. */
const UNIT_CODES: Readonly<Record<string, string>> = { seconds: 's', bytes: 'By' };

/**
 * Families as OpenTelemetry's metrics at the time `nowMs`, milliseconds since 1970: counters as cumulative monotonic sums
 * since the module started, histograms and summaries as histograms with explicit bounds, a summary without any. Integers
 * beyond 2^53 are rounded: OpenTelemetry's packages know numbers of JavaScript only.
 */
export function otlpMetrics(families: readonly MetricFamily[], nowMs: number): MetricData[] {
  const now = hrTime(nowMs);
  return families.map((family) =>
    isHistogramFamily(family) ? histogramData(family, now) : scalarData(family, now),
  );
}

function scalarData(family: ScalarFamily, endTime: HrTime): MetricData {
  const { kind, name, samples } = family;
  const dataPoints = samples.map(({ labels, value, startMs }) => ({
    startTime: startMs === undefined ? endTime : hrTime(startMs),
    endTime,
    attributes: labels,
    value: Number(value),
  }));
  const isInteger = dataPoints.every(({ value }) => Number.isSafeInteger(value));
  const descriptor = {
    ...descriptorOf(family, isInteger ? ValueType.INT : ValueType.DOUBLE),
    name: kind === 'info' ? `${name}_info` : name,
  };
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  if (kind !== 'counter')
    return { descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints };
  const dataPointType: SumMetricData['dataPointType'] = DataPointType.SUM;
  return { descriptor, aggregationTemporality, dataPointType, isMonotonic: true, dataPoints };
}

function histogramData(family: HistogramFamily, endTime: HrTime): HistogramMetricData {
  return {
    descriptor: descriptorOf(family, ValueType.DOUBLE),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: family.samples.map((sample) => ({
      startTime: sample.startMs === undefined ? endTime : hrTime(sample.startMs),
      endTime,
      attributes: sample.labels,
      value: histogramValue(sample),
    })),
  };
}

function histogramValue({
  buckets,
  count,
  sum,
}: HistogramSample): HistogramMetricData['dataPoints'][number]['value'] {
  const counts = buckets.map((bucket) => bucket.count);
  const bounded = counts.reduce((all, one) => all + one, 0);
  return {
    buckets: {
      boundaries: buckets.map(({ upperBound }) => upperBound),
      counts: [...counts, Math.max(0, count - bounded)],
    },
    count: Math.max(count, bounded),
    ...(sum !== undefined && { sum: Number(sum) }),
  };
}

function descriptorOf({ name, help, unit }: MetricFamily, valueType: ValueType): MetricData['descriptor'] {
  return { name, description: help, unit: unit === undefined ? '' : (UNIT_CODES[unit] ?? unit), valueType };
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / MILLISECONDS);
  return [seconds, Math.round((ms - seconds * MILLISECONDS) * NANOSECONDS_PER_MILLISECOND)];
}
