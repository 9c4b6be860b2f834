import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { repositoryRoot, runCommand } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { isInstalled } from '../harness/is-installed.ts';
import { RunningExporter } from './running-exporter.ts';
import { makeRoot, RunningStap } from './running-stap.ts';
import { metricsUrl, sampleNames, scrape } from './served-metrics.ts';

const FLEET = join(repositoryRoot, 'examples/fleet');
const folder = makeScratchFolder('fleet');
const files = join(folder, 'fleet');
cpSync(FLEET, files, { recursive: true });
afterAll(() => removeScratchFolder(folder));

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}
interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const dashboard = JSON.parse(readFileSync(join(FLEET, 'grafana-dashboard.json'), 'utf8')) as Dashboard;
const ruleFiles = ['rules', 'federation-rules'].flatMap((name) =>
  readdirSync(join(FLEET, name)).map((file) => join(name, file)),
);
const rules = ruleFiles.flatMap((file) =>
  (parse(readFileSync(join(FLEET, file), 'utf8')) as RuleFile).groups.flatMap((group) => group.rules),
);
const panelExpressions = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
];
const expressions = [...rules.map(({ expr }) => expr), ...panelExpressions];

/** Names of series in an expression. */
function seriesNames(expression: string): readonly string[] {
  const withoutLabels = expression.replace(/\{[^}]*\}|"[^"]*"/g, '');
  return [...withoutLabels.matchAll(/(?<![\w:])(?:\w+:)?stap_\w+(?::\w+)?/g)].map(([name]) => name);
}

const promtool = (...words: readonly string[]): ReturnType<typeof runCommand> =>
  runCommand('promtool', words, { cwd: files });

describe.skipIf(!isInstalled('promtool'))('promtool', () => {
  test('accepts the rules', async () => {
    const { status, stdout, stderr } = await promtool('check', 'rules', ...ruleFiles);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.match(/SUCCESS/g)).toHaveLength(ruleFiles.length);
  });

  test('accepts the configurations', async () => {
    writeFileSync(join(files, 'stap-token'), 'x');
    for (const name of ['prometheus.yml', 'prometheus-federation.yml']) {
      const { status, stdout } = await promtool('check', 'config', name);
      expect(status, stdout).toBe(0);
    }
  });

  test('finds that the rules give what they should', async () => {
    const { status, stdout, stderr } = await promtool('test', 'rules', 'tests/rules.yml');
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
  });

  test('accepts the expressions of the dashboard', async () => {
    const filled = panelExpressions.map((text) =>
      text.replaceAll('$__rate_interval', '5m').replaceAll(/\$(instance|script)/g, '.+'),
    );
    expect(filled.join('\n')).not.toContain('$');
    const group = {
      name: 'panels',
      rules: filled.map((expr, index) => ({ record: `panel:${index}`, expr })),
    };
    writeFileSync(join(files, 'panels.yml'), JSON.stringify({ groups: [group] }));
    const { status, stdout, stderr } = await promtool('check', 'rules', 'panels.yml');
    expect(status, stdout + stderr).toBe(0);
  });
});

test('each alert and each recorded series has a test', () => {
  const tested = readFileSync(join(FLEET, 'tests/rules.yml'), 'utf8');
  const untested = rules.filter(({ record, alert }) => {
    // What is recorded for another rule is tested with it.
    const isUsed = rules.some(({ expr }) => record !== undefined && expr.includes(record));
    return !isUsed && !tested.includes(alert === undefined ? `expr: ${record ?? ''}` : `alertname: ${alert}`);
  });
  expect(untested.map(({ record, alert }) => record ?? alert)).toEqual(['site:stap_cpu:rate5m']);
});

test('the dashboard is one that Grafana can place', () => {
  const { panels, templating } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance', 'script']);
  const taken = new Set<string>();
  for (const { title, type, gridPos, targets = [], datasource } of panels) {
    expect(title).not.toBe('');
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`), `${title} lies on another panel`).toBe(false);
        taken.add(`${x} ${y}`);
      }
    if (type === 'row') continue;
    expect(targets.length, title).toBeGreaterThan(0);
    for (const uid of [datasource?.uid, ...targets.map((target) => target.datasource.uid)])
      expect(uid).toBe('${datasource}');
  }
});

test('the configuration of the collector is YAML whose pipelines name what there is', () => {
  const text = readFileSync(join(FLEET, 'otel-collector.yml'), 'utf8');
  const { service, ...parts } = parse(text) as Record<string, Record<string, unknown>>;
  const pipelines = Object.values(service?.['pipelines'] ?? {}) as Record<string, readonly string[]>[];
  expect(pipelines.length).toBeGreaterThan(0);
  for (const pipeline of pipelines)
    for (const [kind, names] of Object.entries(pipeline))
      for (const name of names) expect(Object.keys(parts[kind] ?? {}), kind).toContain(name);
});

describe.runIf(hasEbpf())('names of the fleet in the kernel', () => {
  test('are served by block-latency.stp, by a module with too many elements, and by the exporter', async () => {
    // Not in memory: files here are on a disk.
    const onDisk = mkdtempSync('/var/tmp/stap-fleet-');
    const runs: RunningStap[] = [];
    const start = (...options: readonly string[]): RunningStap => {
      const run = new RunningStap({ root: makeRoot(), options: ['--metrics=127.0.0.1:0', ...options] });
      runs.push(run);
      return run;
    };
    try {
      const disks = start(join(repositoryRoot, 'examples/block-latency.stp'));
      const wide = start('-e', 'global wide; probe begin { for (i = 0; i < 2000; i++) wide[i] = i }');
      const exporter = exporterMetrics();
      // Handlers are measured from the first scrape on.
      const urls = [await metricsUrl(disks), await metricsUrl(wide)];
      for (const url of urls) await scrape(url);
      const dd = `dd if=/dev/zero of=${onDisk}/block bs=64k count=10 oflag=direct status=none`;
      const read = `dd of=/dev/null if=${onDisk}/block bs=64k iflag=direct status=none`;
      await runCommand('/bin/sh', ['-c', `${dd} && ${read} && sleep 0.2`]);
      const served = new Set<string>();
      for (const text of [...(await Promise.all(urls.map((url) => scrape(url)))), await exporter])
        for (const name of sampleNames(text)) served.add(name);
      const recorded = rules.flatMap(({ record }) => record ?? []);
      const wanted = [...expressions, ...dashboard.templating.list.map(({ definition = '' }) => definition)];
      const unknown = wanted
        .flatMap(seriesNames)
        .filter((name) => (name.includes(':') ? !recorded.includes(name) : !served.has(name)));
      expect(wanted.flatMap(seriesNames).length).toBeGreaterThan(40);
      expect([...new Set(unknown)]).toEqual([]);
    } finally {
      for (const run of runs) await run.dispose();
      rmSync(onDisk, { recursive: true, force: true });
    }
  });
});

/** /metrics of a stap-exporter with one script. */
async function exporterMetrics(): Promise<string> {
  const scripts = join(folder, 'scripts');
  mkdirSync(scripts);
  writeFileSync(join(scripts, 'one.stp'), 'probe procfs("__prometheus").read { $value = "one 1\\n" }');
  const exporter = new RunningExporter(scripts);
  try {
    return await scrape(`http://${await exporter.address()}/metrics`);
  } finally {
    await exporter.stop();
  }
}
