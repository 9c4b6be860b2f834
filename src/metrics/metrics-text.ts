import { Registry } from 'prom-client';
import { acceptedFormat, type TextFormat } from './accepted-format.ts';
import { flatSamples } from './flat-samples.ts';
import type { MetricFamily, MetricKind } from './metric-family.ts';

/** The body of an answer to a scrape, and its type. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

const PROMETHEUS_TYPES: Readonly<Record<MetricKind, string>> = {
  gauge: 'gauge',
  counter: 'counter',
  histogram: 'histogram',
  summary: 'summary',
  info: 'gauge',
  unknown: 'untyped',
};

/** What prom-client's registry asks of a metric. */
interface RegisteredMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  get(): Promise<unknown>;
}

/**
 * The families as text in the format that `accept`, the header of that name, asks for: Prometheus 0.0.4 or OpenMetrics 1.0.
 * Each name must be there once: see `mergeFamilies`. Numbers are doubles in both, so integers beyond 2^53 are rounded.
 */
export async function metricsText(
  families: readonly MetricFamily[],
  accept: string | undefined,
): Promise<MetricsText> {
  const format = acceptedFormat(accept);
  const isOpenMetrics = format === 'openmetrics-1.0.0';
  const contentType = isOpenMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  const registry = new Registry<typeof contentType>();
  registry.setContentType(contentType);
  const texts: string[] = [];
  for (const family of families) {
    const metric = registered(family, format);
    registry.registerMetric(metric as never);
    const text = await registry.getSingleMetricAsString(metric.name);
    texts.push(isOpenMetrics ? withOpenMetricsHead(text, metric, family.unit) : text);
  }
  const body = texts.map((text) => `${text}\n`).join('');
  return { contentType, text: isOpenMetrics ? `${body}# EOF\n` : body };
}

function registered(family: MetricFamily, format: TextFormat): RegisteredMetric {
  const { kind, help } = family;
  const isOpenMetrics = format === 'openmetrics-1.0.0';
  const values = flatSamples(family, isOpenMetrics).map((sample) => ({
    // In OpenMetrics the registry adds `_total` itself.
    metricName: isOpenMetrics && kind === 'counter' ? family.name : sample.name,
    labels: sample.labels,
    // It takes bigint for infinite.
    value: Number(sample.value),
  }));
  const name = isOpenMetrics ? family.name : prometheusName(family);
  const type = isOpenMetrics ? kind : PROMETHEUS_TYPES[kind];
  const metric = { name, help, type, values };
  return { name, help, type, get: () => Promise.resolve(metric) };
}

/** In Prometheus' format a family is called as its samples are, where these have one name. */
function prometheusName({ kind, name }: MetricFamily): string {
  return kind === 'counter' ? `${name}_total` : kind === 'info' ? `${name}_info` : name;
}

/** What the registry leaves out of the head of a family: the unit, and that quotes are escaped there, too. */
function withOpenMetricsHead(
  text: string,
  { name, type }: RegisteredMetric,
  unit: string | undefined,
): string {
  const endOfHelp = text.indexOf('\n');
  const help = text.slice(0, endOfHelp).replaceAll('"', '\\"');
  const typeLine = `\n# TYPE ${name} ${type}`;
  const samples = text.slice(endOfHelp + typeLine.length);
  return `${help}${typeLine}${unit === undefined ? '' : `\n# UNIT ${name} ${unit}`}${samples}`;
}
