import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GlobalDescription, ModuleDescription } from '../control/protocol.ts';
import { acceptedFormat } from './accepted-format.ts';
import { boundText, flatSamples } from './flat-samples.ts';
import { metricsText } from './metrics-text.ts';
import { metricFamilies, metricsOfModules } from './module-metrics.ts';
import { readExposition } from './testing/exposition-reader.ts';
import { describedModule, scalar } from './testing/module-description.ts';

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0';

/** Byte strings of scripts, with what is special in the formats more often than by chance. */
const bytes = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\\',
      '"',
      '\n',
      '\r',
      '\0',
      '{',
      '}',
      ',',
      '=',
      '\xc3\xa9',
      '\xff',
      '\xe2\x80\xa8',
      ' ',
      '#',
    ),
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  ),
  maxLength: 12,
});
const name = fc.oneof(
  fc.constantFrom(
    'x',
    'x_total',
    'x_min',
    'x_info',
    'x_count',
    'x_bucket',
    'x_2',
    'module',
    'module_up',
    'le',
  ),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/),
  bytes,
);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const number = fc.oneof(int64, fc.integer());

const statistic = fc
  .array(fc.oneof(fc.integer({ min: -100, max: 1000 }), int64.map(Number)), { maxLength: 6 })
  .map((values) => {
    if (values.length === 0) return { count: 0 };
    const sum = values.reduce((all, value) => all + value, 0);
    const buckets = [...values].sort((one, other) => one - other).map((high) => ({ high, count: 1 }));
    const [min, max] = [Math.min(...values), Math.max(...values)];
    return {
      count: values.length,
      sum,
      min,
      max,
      avg: sum / values.length,
      histogram: { kind: 'log', buckets },
    };
  });
const shape = fc.oneof(
  fc.constant({ kind: 'log' } as const),
  fc.record({
    kind: fc.constant('linear' as const),
    low: fc.integer({ min: -50, max: 50 }),
    high: fc.integer({ min: 51, max: 99 }),
    width: fc.integer({ min: 1, max: 9 }),
  }),
);

/** Globals of every type, as scalars and as arrays. */
const global: fc.Arbitrary<GlobalDescription> = fc
  .record({
    name,
    documentation: fc.option(bytes, { nil: undefined }),
    onlyGrows: fc.constantFrom(undefined, true as const),
    shape: fc.option(shape, { nil: undefined }),
    keyNames: fc.array(fc.oneof(name, fc.constantFrom('script', 'module', 'value')), { maxLength: 3 }),
    typed: fc.oneof(
      fc.record({
        type: fc.constant('long' as const),
        values: fc.array(number, { minLength: 1, maxLength: 4 }),
      }),
      fc.record({
        type: fc.constant('string' as const),
        values: fc.array(bytes, { minLength: 1, maxLength: 4 }),
      }),
      fc.record({
        type: fc.constant('stats' as const),
        values: fc.array(statistic, { minLength: 1, maxLength: 4 }),
      }),
    ),
    keys: fc.array(fc.array(fc.oneof(bytes, number), { minLength: 3, maxLength: 3 }), {
      minLength: 4,
      maxLength: 4,
    }),
  })
  .map(({ name, documentation, onlyGrows, shape, keyNames, typed: { type, values }, keys }) => ({
    ...{ name, type, keyTypes: keyNames.map(() => 'string' as const), keyNames },
    ...(documentation !== undefined && { documentation }),
    ...(onlyGrows !== undefined && { onlyGrows }),
    ...(shape !== undefined && { histogram: shape }),
    ...(keyNames.length === 0
      ? { value: values[0] }
      : {
          size: values.length,
          elements: values.map((value, index) => ({ keys: keys[index] ?? [], value })),
        }),
  }));

const module: fc.Arbitrary<ModuleDescription> = fc
  .record({ globals: fc.array(global, { maxLength: 5 }), script: bytes, point: bytes, path: bytes })
  .map(({ globals, script, point, path }) => {
    const described = describedModule(globals, { script, name: 'm' });
    const [file, probe] = [described.files[0], described.probes[1]];
    return {
      ...described,
      files: file === undefined ? [] : [file, { ...file, path }],
      probes: probe === undefined ? [] : [probe, { ...probe, point }],
    };
  });

const served = fc
  .array(module, { maxLength: 3 })
  .map((modules) => modules.map((description) => ({ entry: description.entry, description })));

for (const accept of [undefined, OPENMETRICS])
  test(`whatever scripts hold, the text is ${accept ?? 'Prometheus 0.0.4'} and says the same`, async () => {
    await fc.assert(
      fc.asyncProperty(served, async (modules) => {
        const families = metricsOfModules(modules);
        const { text } = await metricsText(families, accept);
        const read =
          text === '\n' || text === '' || text === '# EOF\n'
            ? []
            : readExposition(text, accept !== undefined);
        const samples = read.flatMap((family) => family.samples);
        const expected = families
          .flatMap((family) => flatSamples(family, accept !== undefined))
          .map(({ name, labels, value }) => ({ name, labels, value: Number(value) }));
        expect(samples).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

test('families in OpenMetrics have units, and names without suffix', async () => {
  const families = metricFamilies(
    describedModule([scalar('hits', 1, { onlyGrows: true, documentation: 'a "b" \\' })]),
  );
  const { text, contentType } = await metricsText(families, OPENMETRICS);
  expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(text).toContain(
    '# HELP stap_hits a \\"b\\" \\\\\n# TYPE stap_hits counter\nstap_hits_total{script="disk.stp"} 1\n',
  );
  expect(text).toContain(
    '# TYPE stap_module_cpu_seconds counter\n# UNIT stap_module_cpu_seconds seconds\nstap_module_cpu_seconds_total{',
  );
  expect(text).toContain('# TYPE stap_module info\nstap_module_info{');
});

test('families in the format of Prometheus are called as their samples', async () => {
  const families = metricFamilies(
    describedModule([scalar('hits', 1, { onlyGrows: true, documentation: 'a "b" \\' })]),
  );
  const { text, contentType } = await metricsText(families, '*/*');
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text).toContain(
    '# HELP stap_hits_total a "b" \\\\\n# TYPE stap_hits_total counter\nstap_hits_total{script="disk.stp"} 1\n',
  );
  expect(text).toContain('# TYPE stap_module_info gauge\nstap_module_info{');
});

test('the format is what the client likes best', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  expect(acceptedFormat(prometheus)).toBe('openmetrics-1.0.0');
  expect(acceptedFormat('application/openmetrics-text')).toBe('openmetrics-1.0.0');
  expect(acceptedFormat('APPLICATION/openmetrics-text; version="1.0.0"')).toBe('openmetrics-1.0.0');
  for (const accept of [
    undefined,
    '',
    '*/*',
    'text/html,*/*;q=0.8',
    'application/openmetrics-text;version=0.0.1',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;q=x',
    'text/plain,application/openmetrics-text;q=0.5',
    'application/json',
  ])
    expect(acceptedFormat(accept)).toBe('prometheus-0.0.4');
});

test('bounds are written as Go writes them, with a point where there is neither that nor an exponent', () => {
  const texts = [0, 1, -2, 10, 100000, 999999.5, 1e6, 1048575, 0.0001, 0.00001, 2 ** 48 - 1, -1e7].map(
    boundText,
  );
  expect(texts).toEqual([
    ...['0.0', '1.0', '-2.0', '10.0', '100000.0', '999999.5', '1e+06', '1.048575e+06', '0.0001', '1e-05'],
    ...['2.81474976710655e+14', '-1e+07'],
  ]);
});

describe.skipIf(spawnSync('promtool', ['--version']).status !== 0)('promtool', () => {
  /** What it has to say about a text, without its advice about names that scripts chose. */
  function problems(text: string): string {
    const { stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    if (status === 0) return '';
    return stderr
      .split('\n')
      .filter((line) => !line.startsWith('stap_') || line.startsWith('stap_module_'))
      .join('\n');
  }

  test('check metrics has nothing to say about what a module tells', async () => {
    const value = { count: 2, sum: 3, min: -2, max: 5, avg: 1 };
    const globals = [
      scalar('hits', 1, { onlyGrows: true }),
      scalar('mode', 'a"b\\\n\xff\x01'),
      scalar('largest', 2n ** 63n - 1n),
      scalar('latency', { count: 1, sum: 2, min: 2, max: 2, avg: 2 }, { histogram: { kind: 'log' } }),
      scalar('negative', value, { histogram: { kind: 'linear', low: -10, high: 10, width: 5 } }),
      scalar('plain', value),
    ];
    const { text } = await metricsText(metricFamilies(describedModule(globals)), undefined);
    const { stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });

  test('makes series of whatever is in OpenMetrics', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stap-openmetrics-'));
    const file = join(directory, 'text');
    try {
      await fc.assert(
        fc.asyncProperty(served, async (modules) => {
          fc.pre(modules.length > 0);
          const { text } = await metricsText(metricsOfModules(modules), OPENMETRICS);
          // It wants to know when; lines are lines, as newlines are escaped.
          const timed = text.split('\n').map((line) => (/^stap/.test(line) ? `${line} 1700000000` : line));
          writeFileSync(file, timed.join('\n'));
          const words = ['tsdb', 'create-blocks-from', 'openmetrics', file, join(directory, 'blocks')];
          const { stderr, status } = spawnSync('promtool', words, { encoding: 'utf8' });
          expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
        }),
        { numRuns: 15 },
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('check metrics can read whatever scripts hold', async () => {
    await fc.assert(
      fc.asyncProperty(served, async (modules) => {
        const { text } = await metricsText(metricsOfModules(modules), undefined);
        expect(problems(text).trim()).toBe('');
      }),
      { numRuns: 40 },
    );
  });
});
