import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { isInstalled } from '../harness/is-installed.ts';
import { RunningExporter } from './running-exporter.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';
import { metricsFaults, metricsUrl, scrape } from './served-metrics.ts';

const TOKEN = 'a-token-of-this-test-0123456789abcdef';

/** Globals of all kinds; each can be read as a file too. */
const NUMBERS = `
// Orders that came in.
global orders
global queue = 7
global by_kind, size_bytes
probe procfs("order").write {
  orders++
  queue = strtol($value, 10)
  kind = queue % 2 ? "odd" : "even"
  by_kind[kind, "north"]++
  size_bytes <<< queue
}
probe procfs("orders").read { $value = sprintf("%d\\n", orders) }
probe procfs("queue").read { $value = sprintf("%d\\n", queue) }
probe procfs("kinds").read {
  foreach ([kind+, region] in by_kind) $value .= sprintf("%s %s %d\\n", kind, region, by_kind[kind, region])
}
probe procfs("sizes").read {
  $value = sprintf("%d %d %d %d\\n", @count(size_bytes), @sum(size_bytes), @min(size_bytes), @max(size_bytes))
}
probe end { print(@hist_log(size_bytes)) }
`;

/** A name in a label that is hard for text formats, and numbers at the limits. */
const HARD = `
global text = "line\\none \\"two\\" \\\\three"
global big = 9007199254740993, small = -5
global words
probe begin { words["a b", "\\"x\\\\y\\nz"] = 1; words["\\u00e4", ""] = 2 }
probe procfs("text").read { $value = text }
probe procfs("big").read { $value = sprintf("%d\\n", big) }
probe procfs("small").read { $value = sprintf("%d\\n", small) }
probe procfs("words").read { foreach ([a, b] in words+) $value .= sprintf("%d\\n", words[a, b]) }
`;

/** A script that writes its metrics itself. */
const WRITTEN = `
global failures
probe begin { failures["disk", 2] = 3; failures["net", 1] = 4 }
probe prometheus { @prometheus_dump_array2(failures, "failures", "device", "level") }
`;

/** A port that was free a moment ago: Prometheus takes no 0. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

describe.skipIf(!isInstalled('prometheus'))('a real Prometheus', () => {
  const folder = makeScratchFolder('prometheus');
  const runs: RunningStap[] = [];
  let prometheus: ChildProcess | undefined;
  let exporter: RunningExporter | undefined;
  let exporterAddress = '';
  let log = '';
  let base = '';
  let numbers: RunningStap;
  let hard: RunningStap;
  let urls: readonly [string, string];

  const start = (name: string, text: string, ...options: readonly string[]): RunningStap => {
    const script = join(folder, `${name}.stp`);
    writeFileSync(script, text, 'latin1');
    const run = new RunningStap({ root: makeRoot(), options: ['-m', name, ...options, script] });
    runs.push(run);
    return run;
  };

  beforeAll(async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
    numbers = start('numbers', NUMBERS, '--metrics=127.0.0.1:0');
    hard = start('hard', HARD, '--metrics=127.0.0.1:0', `--token-file=${tokenFile}`);
    await Promise.all([numbers.ready(), hard.ready()]);
    const scripts = join(folder, 'scripts');
    mkdirSync(scripts);
    writeFileSync(join(scripts, 'written-autostart.stp'), WRITTEN);
    exporter = new RunningExporter(scripts);
    exporterAddress = await exporter.address();
    urls = [await metricsUrl(numbers), await metricsUrl(hard)];
    const [first, second] = urls.map((url) => new URL(url).host);
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    const data = join(folder, 'data');
    mkdirSync(data);
    // The rules of the examples, as they are.
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ['${repositoryRoot}/examples/fleet/rules/*.yml']
scrape_configs:
  - { job_name: stap, static_configs: [{ targets: ['${first ?? ''}'] }] }
  - job_name: secret
    authorization: { credentials_file: '${tokenFile}' }
    static_configs: [{ targets: ['${second ?? ''}'] }]
  - { job_name: stap-exporter, static_configs: [{ targets: ['${exporterAddress}'] }] }
  - { job_name: without-token, static_configs: [{ targets: ['${second ?? ''}'] }] }
`,
    );
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    prometheus.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await until('Prometheus', () => log.includes('Server is ready') || prometheus?.exitCode !== null, 20_000);
    if (!log.includes('Server is ready')) throw new Error(log);
  });

  afterAll(async () => {
    if (prometheus !== undefined && prometheus.exitCode === null) {
      const ended = new Promise((resolve) => prometheus?.on('close', resolve));
      prometheus.kill('SIGTERM');
      await ended;
    }
    await exporter?.stop();
    for (const run of runs) await run.dispose();
    await removeScratchFolder(folder);
  });

  async function query(expression: string): Promise<readonly Sample[]> {
    const response = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const answer = (await response.json()) as { status: string; data: { result: readonly Sample[] } };
    expect(answer.status, expression).toBe('success');
    return answer.data.result;
  }

  const valuesOf = async (expression: string): Promise<readonly string[]> =>
    (await query(expression)).map(({ value: [, value] }) => value);

  /** Values by the texts of one label. */
  async function valuesBy(label: string, expression: string): Promise<Readonly<Record<string, string>>> {
    const samples = await query(expression);
    return Object.fromEntries(samples.map(({ metric, value: [, value] }) => [metric[label] ?? '', value]));
  }

  /** Waits until a query gives these values: the first scrape comes after five seconds, the next within one. */
  async function eventually(expression: string, values: readonly string[]): Promise<void> {
    let last: readonly string[] = [];
    for (let attempt = 0; attempt < 100; attempt++) {
      last = await valuesOf(expression);
      if (JSON.stringify(last) === JSON.stringify(values)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(last, expression).toEqual(values);
  }

  const cat = async (run: RunningStap, file: string): Promise<string> =>
    (await run.out(`cat ${file}`)).trim();

  test('has the numbers that the files show', async () => {
    await numbers.out('for n in 4 8 15 16 23 42; do echo $n > order; done');
    await eventually('stap_orders_total', [await cat(numbers, 'orders')]);
    expect(await cat(numbers, 'orders')).toBe('6');
    expect(await valuesOf('stap_queue')).toEqual([await cat(numbers, 'queue')]);
    const kinds = await valuesBy('kind', 'stap_by_kind_total{region="north"}');
    const shown = Object.entries(kinds).map(([kind, value]) => `${kind} north ${value}`);
    expect(shown.sort().join('\n')).toBe(await cat(numbers, 'kinds'));
    const statistic = [
      'stap_size_bytes_count',
      'stap_size_bytes_sum',
      'stap_size_bytes_min',
      'stap_size_bytes_max',
    ];
    const extracted = await Promise.all(statistic.map(valuesOf));
    expect(extracted.flat().join(' ')).toBe(await cat(numbers, 'sizes'));
  });

  test('sees them change', async () => {
    await numbers.out('echo 100 > order');
    await eventually('stap_queue', ['100']);
    expect(await valuesOf('stap_orders_total')).toEqual([await cat(numbers, 'orders')]);
  });

  test('has a histogram, of which it makes quantiles', async () => {
    await eventually('stap_size_bytes_bucket{le="+Inf"}', [
      (await cat(numbers, 'sizes')).split(' ')[0] ?? '',
    ]);
    const [median = ''] = await valuesOf('histogram_quantile(0.5, stap_size_bytes_bucket)');
    // 4 8 15 16 23 42 100: the middle one.
    expect(Number(median)).toBeGreaterThan(15);
    expect(Number(median)).toBeLessThan(32);
  });

  test('knows what a global means, and what kind it is', async () => {
    const response = await fetch(`${base}/api/v1/metadata?metric=stap_orders_total`);
    const { data } = (await response.json()) as { data: Record<string, readonly unknown[]> };
    const family = data['stap_orders_total'] ?? (await metadataOf('stap_orders'));
    expect(family).toMatchObject([{ type: 'counter', help: 'Orders that came in.' }]);
  });

  async function metadataOf(name: string): Promise<readonly unknown[]> {
    const response = await fetch(`${base}/api/v1/metadata?metric=${name}`);
    const { data } = (await response.json()) as { data: Record<string, readonly unknown[]> };
    return data[name] ?? [];
  }

  test('has hard labels and numbers as they are', async () => {
    await eventually('stap_small', [await cat(hard, 'small')]);
    const [info] = await query('stap_text_info');
    expect(info?.metric['value']).toBe(await cat(hard, 'text'));
    const words = await query('stap_words');
    expect(
      words
        .map(({ value: [, value] }) => value)
        .sort()
        .join('\n'),
    ).toBe(await cat(hard, 'words'));
    expect(words.some(({ metric }) => Object.values(metric).includes('"x\\y\nz'))).toBe(true);
    // A double, as all numbers of Prometheus.
    const [big = ''] = await valuesOf('stap_big');
    expect(BigInt(big)).toBe(BigInt(Number(await cat(hard, 'big'))));
  });

  test('has what scripts write themselves, through stap-exporter', async () => {
    await eventually('stap_exporter_script_up{script="written-autostart.stp"}', ['1']);
    const failures = await query('failures{script="written-autostart.stp"}');
    const shown = failures.map(({ metric, value: [, value] }) =>
      [metric['device'], metric['level'], value].join(' '),
    );
    expect(shown.sort()).toEqual(['disk 2 3', 'net 1 4']);
    const text = await scrape(`http://${exporterAddress}/metrics`);
    expect(text).toContain('failures{');
    // A script that says nothing of its metrics has none but itself to blame for a remark on their missing help.
    expect(await metricsFaults(text)).toMatch(/^(failures no help text\n)?$/);
  });

  test('gets in with the token, and not without', async () => {
    await eventually('up{job="secret"}', ['1']);
    await eventually('up{job="without-token"}', ['0']);
    expect(await valuesBy('job', 'count by (job) (stap_module_up)')).toEqual({ stap: '1', secret: '1' });
  });

  test('evaluates the rules of the examples', async () => {
    await eventually('site:stap_scripts:up{script="numbers.stp"}', ['1']);
    const response = await fetch(`${base}/api/v1/rules`);
    const { data } = (await response.json()) as {
      data: { groups: readonly { rules: readonly { health: string; lastError?: string }[] }[] };
    };
    const health = data.groups.flatMap(({ rules }) => rules.map((rule) => rule.lastError ?? rule.health));
    expect(new Set(health)).toEqual(new Set(['ok']));
  });

  test('gives a Prometheus above it what the example of federation asks for', async () => {
    const config = parse(readFileSync('examples/fleet/prometheus-federation.yml', 'utf8')) as {
      scrape_configs: readonly { metrics_path: string; params: { 'match[]': readonly string[] } }[];
    };
    const [job] = config.scrape_configs;
    const parameters = new URLSearchParams();
    for (const match of job?.params['match[]'] ?? []) parameters.append('match[]', match);
    const response = await fetch(`${base}${job?.metrics_path ?? ''}?${parameters.toString()}`);
    const series = (await response.text()).split('\n').filter((line) => /^\w/.test(line));
    expect(series.some((line) => line.startsWith('site:stap_scripts:up{'))).toBe(true);
    expect(series.filter((line) => !/^(site:stap_\w+(:\w+)?|ALERTS)\{/.test(line))).toEqual([]);
  });

  test('asks for OpenMetrics and takes it', async () => {
    const accept =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const response = await fetch(urls[0], { headers: { accept } });
    expect(response.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(await response.text()).toMatch(/^# TYPE stap_orders counter\n(?:.*\n)*# EOF\n$/m);
    // A counter of OpenMetrics is known without its suffix.
    expect(log).not.toMatch(/level=(warn|error)/);
  });

  test('is told the same by promtool', async () => {
    expect(await metricsFaults(await scrape(urls[0]))).toBe('');
    const response = await fetch(urls[1], {
      headers: { accept: 'text/plain', authorization: `Bearer ${TOKEN}` },
    });
    expect(await metricsFaults(await response.text())).toBe('');
  });

  test('is told when a module has ended', async () => {
    await hard.stop();
    await eventually('up{job="secret"}', ['0']);
    await eventually('stap_small', []);
    await eventually('stap_queue', [await cat(numbers, 'queue')]);
    expect(readFileSync(join(folder, 'token'), 'utf8')).toBe(`${TOKEN}\n`);
  });
});
