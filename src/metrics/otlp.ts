import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type CollectionResult,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { hostname } from 'node:os';
import type { MetricFamily } from './metric-family.ts';
import { otlpMetrics } from './otlp-data.ts';

/** What is pushed where. */
export interface OtlpOptions {
  /** As `otlpMetricsUrl` gives it. */
  readonly url: string;
  /** Version of stap. */
  readonly version: string;
  /** Asked before each push, and for the last one by `end`: what is known then. */
  readonly families: () => Promise<readonly MetricFamily[]>;
  /** Told when pushing begins to fail, and when it works again; a sentence in UTF-8 without prefix. */
  readonly warn: (text: string) => void;
  /** Milliseconds between pushes; else OTEL_METRIC_EXPORT_INTERVAL, or 10 s. */
  readonly intervalMs?: number;
  /** Of OpenTelemetry. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Metrics that are being pushed. */
export interface OtlpPush {
  /** Pushes the last state and ends; takes a few seconds at most, whatever the collector does. Never rejects. */
  end(): Promise<void>;
}

const INTERVAL_MS = 10_000;
/** For one push with all its retries. */
const TIMEOUT_MS = 10_000;
/** A timer of Node.js that is to wait longer does not wait at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** For the last push: of a collector that works, of one that did not answer before. */
const END_MS = 5_000;
const END_OF_FAILING_MS = 1_000;

/**
 * The address for metrics of a collector whose base address the text is: `/v1/metrics` is added unless it is there.
 * Undefined when the text is no http or https URL.
 */
export function otlpMetricsUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith('/v1/metrics') ? path : `${path}/v1/metrics`;
  return url.href;
}

/**
 * Pushes metrics to a collector by OTLP (HTTP, protobuf) with OpenTelemetry's own exporter, until `end`. Environment variables
 * of OpenTelemetry work as the exporter documents them: headers, certificates, compression, resource attributes.
 */
export function startOtlp(options: OtlpOptions): OtlpPush {
  const { version, families, environment = process.env } = options;
  const intervalMs =
    options.intervalMs ?? positive(environment['OTEL_METRIC_EXPORT_INTERVAL']) ?? INTERVAL_MS;
  const timeoutMs = Math.min(
    positive(environment['OTEL_METRIC_EXPORT_TIMEOUT']) ?? TIMEOUT_MS,
    TIMEOUT_MS,
    intervalMs,
  );
  const exporter = new WatchedExporter(options, timeoutMs);
  const resource = stapResource(version);
  const producer = new FamilyProducer(resource, version, families);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: timeoutMs,
    metricProducers: [producer],
  });
  // What gives the reader its resource; there are no instruments of OpenTelemetry.
  const provider = new MeterProvider({ resource, readers: [reader] });
  return {
    end: () => within(exporter.isFailing ? END_OF_FAILING_MS : END_MS, provider.shutdown()),
  };
}

/** OpenTelemetry's exporter that tells when it begins to fail and when it works again. */
class WatchedExporter extends OTLPMetricExporter {
  isFailing = false;
  readonly #address: string;
  readonly #warn: (text: string) => void;

  constructor({ url, warn }: OtlpOptions, timeoutMs: number) {
    super({ url, timeoutMillis: timeoutMs, concurrencyLimit: 1 });
    this.#address = withoutCredentials(url);
    this.#warn = warn;
  }

  override export(...[metrics, done]: Parameters<OTLPMetricExporter['export']>): void {
    super.export(metrics, (result) => {
      this.#note(result.error);
      done(result);
    });
  }

  #note(error: Error | undefined): void {
    const wasFailing = this.isFailing;
    this.isFailing = error !== undefined;
    if (this.isFailing === wasFailing) return;
    if (error === undefined) this.#warn(`Metrics are pushed to ${this.#address} again`);
    else
      this.#warn(
        `Metrics cannot be pushed to ${this.#address}: ${reason(error)}. It is tried again and again`,
      );
  }
}

/** Gives the reader what the modules tell, instead of instruments. */
class FamilyProducer implements MetricProducer {
  readonly #resource: Resource;
  readonly #version: string;
  readonly #families: () => Promise<readonly MetricFamily[]>;

  constructor(resource: Resource, version: string, families: OtlpOptions['families']) {
    this.#resource = resource;
    this.#version = version;
    this.#families = families;
  }

  async collect(): Promise<CollectionResult> {
    const resource = this.#resource;
    try {
      const metrics = otlpMetrics(await this.#families(), Date.now());
      const scope = { name: 'stap', version: this.#version };
      return {
        resourceMetrics: { resource, scopeMetrics: metrics.length === 0 ? [] : [{ scope, metrics }] },
        errors: [],
      };
    } catch (error) {
      return { resourceMetrics: { resource, scopeMetrics: [] }, errors: [error] };
    }
  }
}

/** Who pushes; OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME have the last word. */
function stapResource(version: string): Resource {
  const host = hostname();
  return defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'stap',
        'service.version': version,
        'service.instance.id': `${host}:${process.pid}`,
        'host.name': host,
        'process.pid': process.pid,
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));
}

/** In one line; what a collector answers is not ours to choose. */
function reason(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const message = error.message === '' ? 'no answer' : error.message;
  const text = message.includes(code) ? message : `${message} (${code})`;
  return text.replace(/[\0-\x20\x7f-\x9f]+/g, ' ').slice(0, MAX_REASON_CHARACTERS);
}

const MAX_REASON_CHARACTERS = 200;

function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}

/** Whole milliseconds of a variable, as far as a timer can wait; undefined: it says nothing of use. */
function positive(text: string | undefined): number | undefined {
  const value = Math.ceil(Number(text));
  return value > 0 ? Math.min(value, LONGEST_TIMER_MS) : undefined;
}

/** Settles with the promise, whatever becomes of it, but not later than `limitMs` from now. */
async function within(limitMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise.catch(() => undefined), limit]);
  clearTimeout(timer);
}
