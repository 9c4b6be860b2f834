import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startCollector, type CollectedPoint, type Collector } from '../../src/metrics/testing/collector.ts';
import { plainEnvironment, repositoryRoot, runCommand } from '../harness/command.ts';
import { makeRoot, processesNaming, RunningStap, until, type StapRun } from './running-stap.ts';

// --otlp: what a collector is sent by a real run, read by the definitions that OpenTelemetry publishes.

const PUSH_OFTEN = { OTEL_METRIC_EXPORT_INTERVAL: '300' };

/** Globals of all kinds, and files that show them. */
const ORDERS = String.raw`
# Orders so far
global orders
global depth = -4, big = 9007199254740993, last = "caf\303\251"
global by_kind, sizes, plain
probe procfs("order").write {
  orders++
  kind = orders % 2 ? "odd \"x\"" : "even"
  by_kind[kind, orders]++
  sizes <<< strtol($value, 10)
  plain <<< -strtol($value, 10)
}
probe procfs("orders").read { $value = sprintf("%d", orders) }
probe procfs("depth").read { $value = sprintf("%d", depth) }
probe procfs("big").read { $value = sprintf("%d", big) }
probe procfs("last").read { $value = last }
probe procfs("kinds").read { foreach ([kind, n+] in by_kind) $value .= sprintf("%s|%d=%d\n", kind, n, by_kind[kind, n]) }
probe procfs("sizes").read {
  $value = sprintf("%d %d %d %d", @count(sizes), @sum(sizes), @min(sizes), @max(sizes))
}
probe end { print(@hist_log(sizes)) }
`;

const started: RunningStap[] = [];
const collectors: Collector[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((stap) => stap.dispose()));
  for (const collector of collectors.splice(0)) await collector.close();
});

async function collecting(port = 0): Promise<Collector> {
  const collector = await startCollector(port);
  collectors.push(collector);
  return collector;
}

function start(url: string, run: StapRun): RunningStap {
  const stap = new RunningStap({ ...run, options: [`--otlp=${url}`, ...(run.options ?? [])] });
  started.push(stap);
  return stap;
}

/** Data points of a metric in a push; by default in the last one. */
function points(
  collector: Collector,
  name: string,
  push = collector.pushes.at(-1),
): readonly CollectedPoint[] {
  return push?.metrics.find((metric) => metric.name === name)?.points ?? [];
}

function value(collector: Collector, name: string): number | undefined {
  return points(collector, name)[0]?.value;
}

/** Warnings of a run about its pushes. */
function warnings(text: string): string[] {
  return text.split('\n').filter((line) => line.includes('--otlp'));
}

describe('a collector', () => {
  test('is sent what the files show', async () => {
    const collector = await collecting();
    const stap = await start(collector.url, {
      script: ORDERS,
      env: PUSH_OFTEN,
      options: ['-m', 'orders'],
    }).ready();
    await stap.out('for i in 1 5 5 300 70000; do echo $i > order; done');
    await until('push of all orders', () => value(collector, 'stap_orders') === 5);
    const push = collector.pushes.at(-1);
    expect(push?.path).toBe('/v1/metrics');
    expect(push?.resource).toMatchObject({ 'service.name': 'stap', 'host.name': hostname() });
    // What pushes is a process of its own.
    expect(push?.resource['process.pid']).not.toBe(stap.pid);

    expect(String(value(collector, 'stap_orders'))).toBe(await stap.out('cat orders'));
    expect(push?.metrics.find(({ name }) => name === 'stap_orders')).toMatchObject({
      ...{ kind: 'sum', isMonotonic: true, isCumulative: true, description: 'Orders so far' },
    });
    expect(String(value(collector, 'stap_depth'))).toBe(await stap.out('cat depth'));
    expect(await stap.out('cat big')).toBe('9007199254740993');
    expect(value(collector, 'stap_big')).toBe(2 ** 53);
    const last = Buffer.from(await stap.out('cat last'), 'latin1').toString();
    expect(points(collector, 'stap_last_info')[0]?.attributes['value']).toBe(last);
    const kinds = points(collector, 'stap_by_kind').map(
      ({ attributes, value: count }) =>
        `${attributes['kind'] ?? '?'}|${attributes['orders'] ?? '?'}=${count ?? '?'}\n`,
    );
    expect(kinds.join('')).toBe(await stap.out('cat kinds'));
    const [sizes] = points(collector, 'stap_sizes');
    const [smallest, largest] = ['min', 'max'].map((end) => value(collector, `stap_sizes_${end}`));
    expect([sizes?.count, sizes?.sum, smallest, largest].join(' ')).toBe(await stap.out('cat sizes'));
    const within = (sizes?.bounds ?? []).map((bound, index) => [bound, sizes?.counts?.[index]] as const);
    expect(within.filter(([, count]) => count !== 0)).toEqual([
      [1, 1],
      [7, 2],
      [511, 1],
      [131_071, 1],
    ]);
    const [plain] = points(collector, 'stap_plain');
    expect(plain).toMatchObject({ count: 5, bounds: [], counts: [5] });
    expect(plain).not.toHaveProperty('sum');

    await stap.out('echo 1 > order');
    const { status, stderr } = await stap.stop();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await until('last push', () => value(collector, 'stap_orders') === 6);
  });

  test.each([
    ['begin probe', 'global n probe begin { n = 41; exit() } probe end { println(++n) }'],
    ['first 50 ms', 'global n probe timer.ms(50) { n = 41; exit() } probe end { println(++n) }'],
  ])('gets the last numbers of a script that ends in its %s', async (_name, script) => {
    const collector = await collecting();
    const stap = start(collector.url, { script });
    expect(await stap.end()).toMatchObject({ status: 0, stdout: '42\n', stderr: '' });
    await collector.arrived(1);
    expect(collector.pushes).toHaveLength(1);
    expect(value(collector, 'stap_n')).toBe(42);
    const [ends] = points(collector, 'stap_module_probe_hits').filter(
      ({ attributes }) => attributes['probe'] === 'end',
    );
    expect(ends?.value).toBe(1);
  });

  test('goes on to hear of a script that moves to the background, until its end', async () => {
    const collector = await collecting();
    const root = makeRoot();
    const script = 'global n probe procfs("n").read { $value = sprint(++n) } probe end { n += 100 }';
    const stap = await start(collector.url, {
      root,
      script,
      env: PUSH_OFTEN,
      options: ['-m', 'moving'],
    }).ready();
    const { directory } = stap;
    await stap.out('cat n');
    await until('push', () => value(collector, 'stap_n') === 1);
    const [before] = points(collector, 'stap_n');
    stap.child.kill('SIGQUIT');
    const { status, stderr } = await stap.end();
    expect([status, warnings(stderr)]).toEqual([0, []]);
    expect((await runCommand('/bin/cat', [join(directory, 'n')])).stdout).toBe('2');
    await until('push of the other process', () => value(collector, 'stap_n') === 2);
    const [after] = points(collector, 'stap_n');
    expect(after?.startMs).toBe(before?.startMs);
    await remove(root, 'moving');
    await until('last push', () => value(collector, 'stap_n') === 102);
    expect(new Set(collector.pushes.map(({ resource }) => resource['service.instance.id'])).size).toBe(1);
    await until('end of all processes', () => processesNaming(root).length === 0, 3000);
  });

  test('hears of a run in the background, with what OTEL_* say', async () => {
    const collector = await collecting();
    const root = makeRoot();
    const words = ['--procfs-root', root, '-F', '-m', 'flight', `--otlp=${collector.url}/base`];
    const script = 'global n = 3 probe procfs("n").read { $value = sprint(n) } probe end { n = 4 }';
    const run = await runCommand(join(repositoryRoot, 'stap'), [...words, '-e', script], {
      env: plainEnvironment({
        ...PUSH_OFTEN,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=blue',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      }),
    });
    try {
      expect(run.status).toBe(0);
      await collector.arrived(2);
      const [push] = collector.pushes;
      expect([push?.path, push?.headers['x-tenant'], push?.headers['content-encoding']]).toEqual([
        '/base/v1/metrics',
        'blue',
        'gzip',
      ]);
      expect(push?.resource).toMatchObject({ 'deployment.environment': 'test' });
      expect(value(collector, 'stap_n')).toBe(3);
    } finally {
      await remove(root, 'flight');
    }
    await until('last push', () => value(collector, 'stap_n') === 4);
    await until('end of all processes', () => processesNaming(root).length === 0, 3000);
  });

  test('hears of all modules that run, when no script is given', async () => {
    const collector = await collecting();
    const root = makeRoot();
    for (const name of ['first', 'second']) {
      const one = new RunningStap({
        root,
        options: ['-m', name],
        script: `global n = ${name.length} probe procfs("n").read { $value = sprint(n) }`,
      });
      started.push(one);
      await one.ready();
    }
    const all = start(collector.url, { root, env: PUSH_OFTEN });
    const names = (): unknown[] =>
      points(collector, 'stap_n').map(({ attributes, value: count }) => [attributes['module'], count]);
    await until('both modules', () => names().length === 2);
    expect(names().sort()).toEqual([
      ['first', 5],
      ['second', 6],
    ]);
    expect(await all.stop()).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('a collector that is down', () => {
  test('disturbs nothing: one warning, one when it is there, and a prompt end', async () => {
    const gone = await startCollector();
    await gone.close();
    const stap = await start(gone.url, {
      script: `global n probe timer.ms(50) { n++; println("tick ", n) }
               probe procfs("n").read { $value = sprint(n) } probe end { println("the end") }`,
      env: PUSH_OFTEN,
    }).ready();
    await until('warning', () => warnings(stap.stderr()).length > 0);
    const shown = Number(await stap.out('cat n'));
    await stap.printed(`tick ${shown + 20}\n`);
    expect(warnings(stap.stderr())).toEqual([
      expect.stringMatching(
        /^WARNING: --otlp: Metrics cannot be pushed to http:\/\/127.0.0.1:\d+\/v1\/metrics: .*ECONNREFUSED/,
      ),
    ]);
    const back = await collecting(Number(new URL(gone.url).port));
    await back.arrived(1);
    expect(value(back, 'stap_n')).toBeGreaterThan(shown);
    await until('second warning', () => warnings(stap.stderr()).length === 2);
    await back.close();
    await until('third warning', () => warnings(stap.stderr()).length === 3);
    const before = performance.now();
    const end = await stap.stop();
    expect(performance.now() - before).toBeLessThan(5000);
    expect(end.status).toBe(0);
    // Each tick once, in order, up to the end.
    const lines = end.stdout.trimEnd().split('\n');
    expect(lines.pop()).toBe('the end');
    expect(lines).toEqual(lines.map((_line, index) => `tick ${index + 1}`));
    await stap.assertNothingLeft();
  });

  test('or that refuses what it is sent, is no reason for another status', async () => {
    const collector = await collecting();
    collector.status = 403;
    const stap = start(collector.url, { script: 'global n probe timer.ms(50) { n++; exit() }' });
    const { status, stdout } = await stap.end();
    expect([status, stdout]).toEqual([0, 'n=1\n']);
    await collector.arrived(1);
    await until('end of all processes', () => processesNaming(stap.root).length === 0, 3000);
  });
});

async function remove(root: string, name: string): Promise<void> {
  const command = join(repositoryRoot, 'stap-rmmod');
  const { status, stderr } = await runCommand(command, ['--procfs-root', root, '-f', name]);
  expect([status, stderr]).toEqual([0, '']);
}
