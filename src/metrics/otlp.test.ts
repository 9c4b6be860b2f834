import { createServer, type AddressInfo, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import type { MetricFamily } from './metric-family.ts';
import { metricFamilies } from './module-metrics.ts';
import { otlpMetricsUrl, startOtlp, type OtlpOptions, type OtlpPush } from './otlp.ts';
import { startCollector, type CollectedMetric, type Collector } from './testing/collector.ts';
import { describedModule, scalar } from './testing/module-description.ts';

/** Also the time for a push, so not too short for a busy machine. */
const INTERVAL_MS = 500;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of open.splice(0)) await one.close();
});

async function collecting(port = 0): Promise<Collector> {
  const collector = await startCollector(port);
  open.push(collector);
  return collector;
}

function pushTo(
  url: string,
  families: () => readonly MetricFamily[],
  more: Partial<OtlpOptions> = {},
): { readonly push: OtlpPush; readonly warnings: string[] } {
  const warnings: string[] = [];
  const push = startOtlp({
    ...{ url: otlpMetricsUrl(url) ?? '', version: '0.1.0', intervalMs: INTERVAL_MS },
    ...{ families: () => Promise.resolve(families()), warn: (text: string) => warnings.push(text) },
    ...more,
  });
  open.push({ close: () => push.end() });
  return { push, warnings };
}

const NEGATIVE = { count: 2, sum: -5, min: -7, max: 2, avg: -2 };
const COUNTED = {
  ...{ count: 3, sum: 15, min: 1, max: 9, avg: 5 },
  histogram: {
    kind: 'log',
    buckets: [
      { low: 1, high: 1, count: 1 },
      { low: 4, high: 7, count: 1 },
      { low: 2n ** 50n, high: 2n ** 51n - 1n, count: 1 },
    ],
  },
};
const GLOBALS = [
  scalar('hits', 5, { onlyGrows: true, documentation: 'How often' }),
  scalar('depth', -3),
  scalar('largest', 2n ** 63n - 1n),
  scalar('mode', 'caf\xc3\xa9 "x"\n'),
  scalar('latency', COUNTED, { histogram: { kind: 'log' } }),
  scalar('plain', NEGATIVE),
];

test('a collector gets what the module tells, as the published definitions say', async () => {
  const collector = await collecting();
  const { push, warnings } = pushTo(`${collector.url}/base/`, () => metricFamilies(describedModule(GLOBALS)));
  await collector.arrived(1);
  const [first] = collector.pushes;
  expect(first?.path).toBe('/base/v1/metrics');
  expect(first?.headers['content-type']).toBe('application/x-protobuf');
  expect(first?.scope).toEqual({ name: 'stap', version: '0.1.0' });
  expect(first?.resource).toMatchObject({
    ...{ 'service.name': 'stap', 'service.version': '0.1.0', 'host.name': hostname() },
    ...{ 'service.instance.id': `${hostname()}:${process.pid}`, 'process.pid': process.pid },
  });
  const find = (name: string): CollectedMetric | undefined =>
    first?.metrics.find((metric) => metric.name === name);
  const attributes = { script: 'disk.stp' };
  const startMs = 1_795_420_298_637;
  expect(find('stap_hits')).toMatchObject({
    ...{ kind: 'sum', isMonotonic: true, isCumulative: true, description: 'How often', unit: '' },
    points: [{ attributes, value: 5, isInteger: true }],
  });
  expect(find('stap_hits')?.points[0]?.startMs).toBeCloseTo(startMs, 0);
  expect(Math.abs((find('stap_hits')?.points[0]?.timeMs ?? 0) - Date.now())).toBeLessThan(10_000);
  expect(find('stap_depth')).toMatchObject({ kind: 'gauge', points: [{ value: -3, isInteger: true }] });
  expect(find('stap_largest')?.points).toMatchObject([{ value: 2 ** 63, isInteger: false }]);
  expect(find('stap_mode_info')?.points).toMatchObject([
    { attributes: { ...attributes, value: 'café "x"\n' }, value: 1 },
  ]);
  const [latency] = find('stap_latency')?.points ?? [];
  expect(latency).toMatchObject({ count: 3, sum: 15, attributes });
  expect(latency?.bounds).toHaveLength(49);
  expect(latency?.counts).toHaveLength(50);
  expect(latency?.bounds?.slice(0, 4)).toEqual([0, 1, 3, 7]);
  expect(latency?.counts?.slice(0, 5)).toEqual([0, 1, 0, 1, 0]);
  expect(latency?.counts?.at(-1)).toBe(1);
  expect(find('stap_plain')).toMatchObject({
    ...{ kind: 'histogram', isCumulative: true },
    points: [{ count: 2, bounds: [], counts: [2] }],
  });
  expect(find('stap_plain')?.points[0]).not.toHaveProperty('sum');
  expect(find('stap_module_cpu_seconds')).toMatchObject({
    unit: 's',
    points: [{ value: 9.5, isInteger: false }],
  });
  await push.end();
  expect(warnings).toEqual([]);
});

test('the end pushes the last state', async () => {
  const collector = await collecting();
  let hits = 1;
  const { push } = pushTo(collector.url, () => metricFamilies(describedModule([scalar('hits', hits)])), {
    intervalMs: 60_000,
  });
  hits = 2;
  await push.end();
  expect(collector.pushes).toHaveLength(1);
  expect(collector.pushes[0]?.metrics[0]?.points[0]?.value).toBe(2);
});

test('a collector that is down is told of once, and once when it is there again; the end does not wait for it', async () => {
  const gone = await startCollector();
  await gone.close();
  let asked = 0;
  const { push, warnings } = pushTo(gone.url, () => {
    asked += 1;
    return metricFamilies(describedModule([]));
  });
  await vi.waitFor(() => expect(asked).toBeGreaterThan(2), 10_000);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^Metrics cannot be pushed to http:\/\/127.0.0.1:\d+\/v1\/metrics: .*ECONNREFUSED.*\. It is tried again and again$/,
    ),
  ]);
  const back = await collecting(Number(new URL(gone.url).port));
  await back.arrived(1);
  await vi.waitFor(() => expect(warnings).toHaveLength(2), 10_000);
  expect(warnings[1]).toMatch(/^Metrics are pushed to http.* again$/);
  await back.close();
  await vi.waitFor(() => expect(warnings).toHaveLength(3), 10_000);
  const before = performance.now();
  await push.end();
  expect(performance.now() - before).toBeLessThan(2_000);
});

test('a collector that refuses is warned of with what it answers', async () => {
  const collector = await collecting();
  collector.status = 401;
  const { push, warnings } = pushTo(collector.url, () => metricFamilies(describedModule([])));
  await collector.arrived(3);
  await push.end();
  expect(warnings).toEqual([expect.stringContaining(': Unauthorized (401). It is tried')]);
});

test('a collector that never answers holds nothing up', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const { push, warnings } = pushTo(`http://127.0.0.1:${port}`, () => metricFamilies(describedModule([])));
  await vi.waitFor(() => expect(warnings).toHaveLength(1), 10_000);
  const before = performance.now();
  await push.end();
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(warnings).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a state that cannot be had is no push, and no fault', async () => {
  const collector = await collecting();
  let asked = 0;
  const { push, warnings } = pushTo(collector.url, () => {
    asked += 1;
    if (asked < 3) throw new Error('the module does not answer');
    return metricFamilies(describedModule([]));
  });
  await collector.arrived(1);
  await push.end();
  expect(asked).toBeGreaterThanOrEqual(3);
  expect(warnings).toEqual([]);
});

test('environment variables of OpenTelemetry say what they say elsewhere', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20abc');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment=test,service.name=disks');
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip');
  vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', String(INTERVAL_MS));
  const collector = await collecting();
  const warnings: string[] = [];
  const push = startOtlp({
    ...{ url: otlpMetricsUrl(collector.url) ?? '', version: '0.1.0', warn: (text) => warnings.push(text) },
    families: () => Promise.resolve(metricFamilies(describedModule(GLOBALS))),
  });
  await collector.arrived(2);
  await push.end();
  expect(collector.pushes[0]?.headers).toMatchObject({
    authorization: 'Bearer abc',
    'content-encoding': 'gzip',
  });
  expect(collector.pushes[0]?.resource).toMatchObject({
    'deployment.environment': 'test',
    'service.name': 'disks',
  });
  expect(warnings).toEqual([]);
});

test('an interval longer than a timer can wait is a long one all the same', async () => {
  const collector = await collecting();
  let asked = 0;
  const push = startOtlp({
    ...{ url: otlpMetricsUrl(collector.url) ?? '', version: '0.1.0', warn: () => undefined },
    environment: { OTEL_METRIC_EXPORT_INTERVAL: '9999999999' },
    families: () => Promise.resolve((asked++, metricFamilies(describedModule(GLOBALS)))),
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked).toBe(0);
  await push.end();
  expect(asked).toBe(1);
});

test('the address is that of the collector, or of its metrics', () => {
  expect(otlpMetricsUrl('http://h:4318')).toBe('http://h:4318/v1/metrics');
  expect(otlpMetricsUrl('https://h/a/')).toBe('https://h/a/v1/metrics');
  expect(otlpMetricsUrl('http://h/v1/metrics')).toBe('http://h/v1/metrics');
  expect(otlpMetricsUrl('http://h/v1/metrics/')).toBe('http://h/v1/metrics');
  expect(otlpMetricsUrl('http://h/x?key=1')).toBe('http://h/x/v1/metrics?key=1');
  for (const text of ['', 'h:4318', 'localhost', 'ftp://h', 'file:///x'])
    expect(otlpMetricsUrl(text)).toBeUndefined();
});
