import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
// Made by OpenTelemetry from the .proto files it publishes, by another program than the exporter's.
import published from '@opentelemetry/otlp-proto-exporter-base/build/src/generated/root.js';

/** Attributes of a resource, a scope or a data point. */
export type Attributes = Readonly<Record<string, string | number>>;

/** A data point of a metric, times in milliseconds since 1970. */
export interface CollectedPoint {
  readonly attributes: Attributes;
  readonly startMs: number;
  readonly timeMs: number;
  /** Of a sum or gauge: exact, and whether it was sent as an integer. */
  readonly value?: number;
  readonly isInteger?: boolean;
  /** Of a histogram. */
  readonly count?: number;
  readonly sum?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
}

/** A metric as it arrived. */
export interface CollectedMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  readonly isMonotonic?: boolean;
  readonly isCumulative?: boolean;
  readonly points: readonly CollectedPoint[];
}

/** A request to the collector. */
export interface CollectedPush {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
  readonly metrics: readonly CollectedMetric[];
}

/** A server that understands what the protocol OTLP says, and nothing else. */
export interface Collector {
  readonly url: string;
  readonly pushes: readonly CollectedPush[];
  /** What next requests are answered. */
  status: number;
  /** Settles when that many requests were answered. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

type Message = Readonly<Record<string, unknown>>;

/** What the generated code has for each kind of message. */
interface MessageType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  verify(message: object): string | null;
  toObject(message: object, options: object): Message;
}

/** Starts a collector on the loopback; `port` 0: any. */
export async function startCollector(port = 0): Promise<Collector> {
  const pushes: CollectedPush[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const collector = { url: '', pushes, status: 200, arrived, close };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      pushes.push({ path: request.url ?? '', headers: request.headers, ...decoded(bytes) });
      response.writeHead(collector.status, { 'content-type': 'application/x-protobuf' }).end();
      for (const { count, resolve } of waiting) if (pushes.length >= count) resolve();
    });
  });
  function arrived(count: number): Promise<void> {
    if (pushes.length >= count) return Promise.resolve();
    return new Promise((resolve) => waiting.push({ count, resolve }));
  }
  function close(): Promise<void> {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  }
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}

/** @throws {Error} when the bytes are no request as published, or hold fields that it does not have */
function decoded(bytes: Uint8Array): Omit<CollectedPush, 'path' | 'headers'> {
  const type = requestType();
  const message = type.decode(bytes);
  const problem = type.verify(message);
  if (problem !== null) throw new Error(problem);
  // A reader of this format leaves out what it does not know: then the lengths differ.
  if (type.encode(message).finish().length !== bytes.length) throw new Error('fields that nobody knows');
  const request = type.toObject(message, { longs: String, enums: String, defaults: false, arrays: true });
  const [resourceMetrics] = messages(request['resourceMetrics']);
  const [scopeMetrics] = messages(resourceMetrics?.['scopeMetrics']);
  const scope = (scopeMetrics?.['scope'] ?? {}) as Message;
  return {
    resource: attributes((resourceMetrics?.['resource'] as Message | undefined)?.['attributes']),
    scope: { name: String(scope['name']), version: String(scope['version']) },
    metrics: messages(scopeMetrics?.['metrics']).map(metric),
  };
}

function requestType(): MessageType {
  let place: unknown = published;
  for (const name of 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest'.split('.'))
    place = (place as Message)[name];
  return place as MessageType;
}

function metric(message: Message): CollectedMetric {
  const kind = (['gauge', 'sum', 'histogram'] as const).find((one) => one in message);
  if (kind === undefined) throw new Error(`no data in ${JSON.stringify(message)}`);
  const data = message[kind] as Message;
  return {
    ...{ name: textOf(message['name']), description: textOf(message['description']) },
    ...{ unit: textOf(message['unit']), kind },
    ...(kind === 'sum' && { isMonotonic: data['isMonotonic'] === true }),
    ...('aggregationTemporality' in data && {
      isCumulative: data['aggregationTemporality'] === 'AGGREGATION_TEMPORALITY_CUMULATIVE',
    }),
    points: messages(data['dataPoints']).map((point) => ({
      attributes: attributes(point['attributes']),
      startMs: Number(point['startTimeUnixNano']) / 1e6,
      timeMs: Number(point['timeUnixNano']) / 1e6,
      ...('asInt' in point && { value: Number(point['asInt']), isInteger: true }),
      ...('asDouble' in point && { value: Number(point['asDouble']), isInteger: false }),
      ...('count' in point && { count: Number(point['count']) }),
      ...('sum' in point && { sum: Number(point['sum']) }),
      ...(kind === 'histogram' && { bounds: numbers(point['explicitBounds']) }),
      ...(kind === 'histogram' && { counts: numbers(point['bucketCounts']) }),
    })),
  };
}

function attributes(value: unknown): Attributes {
  return Object.fromEntries(
    messages(value).map(({ key, value: any }) => {
      const [one] = Object.values(any as Message);
      const isInteger = 'intValue' in (any as Message);
      return [String(key), isInteger ? Number(one) : String(one)];
    }),
  );
}

function messages(value: unknown): readonly Message[] {
  return (value ?? []) as readonly Message[];
}

function numbers(value: unknown): readonly number[] {
  return ((value ?? []) as readonly unknown[]).map(Number);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
