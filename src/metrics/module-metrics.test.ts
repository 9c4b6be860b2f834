import { expect, test } from 'vitest';
import type { GlobalDescription } from '../control/protocol.ts';
import { flatSamples } from './flat-samples.ts';
import type { MetricFamily } from './metric-family.ts';
import { metricFamilies, metricsOfModules, type MetricOptions } from './module-metrics.ts';
import { warnOnceOfDropped } from './series-limit.ts';
import { describedModule, scalar } from './testing/module-description.ts';

/** Samples as `name{label="value"} number`, those about the module only where asked for. */
function samples(families: readonly MetricFamily[], about: 'globals' | 'module' = 'globals'): string[] {
  return families
    .flatMap((family) => flatSamples(family))
    .filter(({ name }) => name.startsWith('stap_module_') === (about === 'module'))
    .map(({ name, labels, value }) => {
      const shown = Object.entries(labels).filter(([label]) => label !== 'script');
      const texts = shown.map(([label, text]) => `${label}=${JSON.stringify(text)}`);
      return `${name}{${texts.join(',')}} ${value}`;
    });
}

function ofGlobals(globals: readonly GlobalDescription[], options: MetricOptions = {}): string[] {
  return samples(metricFamilies(describedModule(globals), options));
}

function array(name: string, keyNames: readonly string[], elements: readonly unknown[][]): GlobalDescription {
  const last = elements[0]?.at(-1);
  return {
    ...scalar(name, last),
    ...{ value: undefined, keyNames, keyTypes: keyNames.map(() => 'string'), size: elements.length },
    elements: elements.map((element) => ({ keys: element.slice(0, -1), value: element.at(-1) })),
  };
}

test('numbers are gauges, and counters where they only grow; private ones are not shown', () => {
  const globals = [
    scalar('depth', -3),
    scalar('hits', 2n ** 63n - 1n, { onlyGrows: true }),
    scalar('own', 1, { hidden: true }),
    scalar('down', -1, { onlyGrows: true }),
    scalar('bytes_total', 5, { onlyGrows: true }),
  ];
  expect(ofGlobals(globals)).toEqual([
    'stap_depth{} -3',
    'stap_hits_total{} 9223372036854775807',
    'stap_down{} -1',
    'stap_bytes_total{} 5',
  ]);
  const kinds = metricFamilies(describedModule(globals)).map(({ name, kind }) => `${name} ${kind}`);
  expect(kinds.slice(0, 4)).toEqual([
    'stap_depth gauge',
    'stap_hits counter',
    'stap_down gauge',
    'stap_bytes counter',
  ]);
});

test('texts are labels: UTF-8 where they are, Latin-1 otherwise, of bounded length', () => {
  const globals = [
    scalar('mode', 'caf\xc3\xa9 \xe9\n"\\\0'),
    array('names', ['pid'], [['1', 'x'.repeat(600)]]),
  ];
  expect(ofGlobals(globals)).toEqual([
    `stap_mode_info{value=${JSON.stringify('café é\n"\\\ufffd')}} 1`,
    `stap_names_info{pid="1",value="${'x'.repeat(511)}…"} 1`,
  ]);
});

test('keys give labels; names that mean something else, or are there twice, are made different', () => {
  const names = ['execname', 'value', 'script', 'le', 'execname', '__x', '', '9p', 'a-b'];
  const keys = names.map((_, index) => String(index));
  expect(ofGlobals([array('bytes', names, [[...keys, 7]])])).toEqual([
    'stap_bytes{execname="0",key_value="1",key_script="2",key_le="3",execname_2="4",_x="5",key7="6",key_9p="7",a_b="8"} 7',
  ]);
});

test('keys that are one text are one element; what is left out is counted', () => {
  const seen: unknown[] = [];
  const families = metricFamilies(
    describedModule([
      array(
        'a',
        ['k'],
        [
          ['\xe9', 1],
          ['\xc3\xa9', 2],
        ],
      ),
    ]),
    {
      onDropped: (dropped) => seen.push(dropped),
    },
  );
  expect(samples(families)).toEqual(['stap_a{k="é"} 1']);
  expect(samples(families, 'module')).toContain('stap_module_series_dropped{metric="stap_a"} 1');
  expect(seen).toEqual([{ script: 'disk.stp', metric: 'stap_a', what: "global 'a'", shown: 1, size: 2 }]);
});

test('of a large array the first elements are shown, and it is said once', () => {
  const elements = Array.from({ length: 1200 }, (_, index) => [`k${index}`, index]);
  const texts: string[] = [];
  const onDropped = warnOnceOfDropped((text) => texts.push(text));
  const global = { ...array('big', ['k'], elements), size: 5000 };
  for (let scrape = 0; scrape < 3; scrape++) {
    const shown = ofGlobals([global], { onDropped });
    expect(shown).toHaveLength(1000);
    expect(shown.at(-1)).toBe('stap_big{k="k999"} 999');
  }
  expect(texts).toEqual([
    "global 'big' of disk.stp: 5000 elements are too many for metrics, 1000 of them are shown as stap_big; stap_module_series_dropped tells how many are not",
  ]);
  expect(ofGlobals([global], { maxSeries: 2 })).toHaveLength(2);
});

test('a statistic is a summary with the smallest and the largest value', () => {
  const value = { count: 3, sum: 10, min: 1, max: 7, avg: 3 };
  expect(ofGlobals([scalar('s', value), scalar('none', { count: 0 })])).toEqual([
    'stap_s_sum{} 10',
    'stap_s_count{} 3',
    'stap_s_min{} 1',
    'stap_s_max{} 7',
    'stap_none_sum{} 0',
    'stap_none_count{} 0',
  ]);
});

test('with values below zero there is no sum, which would not grow, but an average', () => {
  const value = { count: 2, sum: 3, min: -2, max: 5, avg: 1 };
  expect(ofGlobals([scalar('s', value)])).toEqual([
    'stap_s_count{} 2',
    'stap_s_min{} -2',
    'stap_s_max{} 5',
    'stap_s_avg{} 1',
  ]);
});

test('a logarithmic histogram has the same bounds whatever it holds', () => {
  const bounds = (value: unknown): string[] =>
    ofGlobals([scalar('s', value, { histogram: { kind: 'log' } })]).flatMap((sample) =>
      sample.startsWith('stap_s_bucket') ? [sample.slice('stap_s_bucket'.length)] : [],
    );
  const buckets = [
    { low: 4, high: 7, count: 2 },
    { low: 2n ** 60n, high: 2n ** 61n - 1n, count: 1 },
  ];
  const full = bounds({
    count: 3,
    sum: 2n ** 60n + 9n,
    min: 4,
    max: 2n ** 60n,
    avg: 1,
    histogram: { kind: 'log', buckets },
  });
  const empty = bounds({ count: 0 });
  expect(full.slice(0, 5)).toEqual([
    '{le="0.0"} 0',
    '{le="1.0"} 0',
    '{le="3.0"} 0',
    '{le="7.0"} 2',
    '{le="15.0"} 2',
  ]);
  expect(full.slice(-2)).toEqual(['{le="2.81474976710655e+14"} 2', '{le="+Inf"} 3']);
  const withoutCount = (text: string): string => text.replace(/ .*/, '');
  expect(empty.map(withoutCount)).toEqual(full.map(withoutCount));
});

test('a linear histogram has the bounds of its shape, and those below zero where something is there', () => {
  const histogram = { kind: 'linear', low: -10, high: 20, width: 10 } as const;
  const of = (value: unknown): string[] => ofGlobals([scalar('s', value, { histogram })]);
  const positive = { count: 2, sum: 40, min: 15, max: 25, avg: 20 };
  const counted = [
    { low: 10, high: 19, count: 1 },
    { low: 20, high: 29, count: 1 },
  ];
  expect(of({ ...positive, histogram: { kind: 'linear', buckets: counted } }).slice(0, 6)).toEqual([
    'stap_s_bucket{le="9.0"} 0',
    'stap_s_bucket{le="19.0"} 1',
    'stap_s_bucket{le="29.0"} 2',
    'stap_s_bucket{le="+Inf"} 2',
    'stap_s_sum{} 40',
    'stap_s_count{} 2',
  ]);
  const buckets = [
    { high: -11, count: 1 },
    { low: -10, high: -1, count: 2 },
    { low: 30, count: 1 },
  ];
  const all = { count: 4, sum: -20, min: -17, max: 70, avg: -5, histogram: { kind: 'linear', buckets } };
  expect(of(all).slice(0, 7)).toEqual([
    'stap_s_bucket{le="-11.0"} 1',
    'stap_s_bucket{le="-1.0"} 3',
    'stap_s_bucket{le="9.0"} 3',
    'stap_s_bucket{le="19.0"} 3',
    'stap_s_bucket{le="29.0"} 3',
    'stap_s_bucket{le="+Inf"} 4',
    'stap_s_count{} 4',
  ]);
});

test('globals that ask for one name get numbers, and none gets the name of a metric about the module', () => {
  const statistic = { count: 1, sum: 1, min: 1, max: 1, avg: 1 };
  const globals = [
    scalar('x', statistic),
    scalar('x_min', 5),
    scalar('module_up', 0),
    scalar('global_module_up', 1),
    scalar('module', 'm'),
  ];
  expect(ofGlobals(globals)).toEqual([
    'stap_x_sum{} 1',
    'stap_x_count{} 1',
    'stap_x_min{} 1',
    'stap_x_max{} 1',
    'stap_x_min_2{} 5',
    'stap_global_module_up{} 0',
    'stap_global_global_module_up{} 1',
    'stap_global_module_info{value="m"} 1',
  ]);
});

test('the module itself: what it is, what it did, what went wrong', () => {
  expect(samples(metricFamilies(describedModule([])), 'module')).toEqual([
    'stap_module_up{} 1',
    'stap_module_info{module="disk",version="0.1.0"} 1',
    'stap_module_start_time_seconds{} 1795420298.637',
    'stap_module_resident_memory_bytes{} 1001',
    'stap_module_cpu_seconds_total{} 9.5',
    'stap_module_output_bytes_total{} 10',
    'stap_module_output_lost_bytes_total{} 5',
    'stap_module_output_buffered_bytes{} 4',
    'stap_module_open_files{} 2',
    'stap_module_errors_total{} 3',
    'stap_module_warnings_total{} 6',
    'stap_module_skipped_probes_total{reason="buffer_full"} 7',
    'stap_module_skipped_probes_total{reason="handler_running"} 8',
    'stap_module_probe_hits_total{probe="begin"} 1',
    'stap_module_probe_hits_total{probe="timer.s(1)"} 13',
    'stap_module_handler_seconds_sum{probe="timer.s(1)"} 0.000008',
    'stap_module_handler_seconds_count{probe="timer.s(1)"} 4',
    'stap_module_handler_min_seconds{probe="timer.s(1)"} 0.000001',
    'stap_module_handler_max_seconds{probe="timer.s(1)"} 0.000003',
    'stap_module_file_reads_total{file="most"} 11',
    'stap_module_file_writes_total{file="most"} 12',
  ]);
});

test('probes of one point are one sample', () => {
  const module = describedModule([]);
  const twice = { ...module, probes: [...module.probes, ...module.probes] };
  expect(samples(metricFamilies(twice), 'module')).toEqual(
    expect.arrayContaining([
      'stap_module_probe_hits_total{probe="timer.s(1)"} 26',
      'stap_module_handler_seconds_count{probe="timer.s(1)"} 8',
      'stap_module_handler_max_seconds{probe="timer.s(1)"} 0.000003',
    ]),
  );
});

test('a module is named where a script runs more than once; one that does not answer is down', () => {
  const [first, second] = [
    describedModule([scalar('x', 1)]),
    describedModule([scalar('x', 2)], { name: 'two' }),
  ];
  const other = describedModule([scalar('x', 3)], { name: 'other', script: '<input>' });
  const served = [first, second, other].map((description) => ({ entry: description.entry, description }));
  const families = metricsOfModules([
    ...served,
    { entry: { ...other.entry, script: 'gone.stp' }, description: undefined },
  ]);
  const of = (name: string): unknown => families.find((family) => family.name === name)?.samples;
  expect(of('stap_x')).toEqual([
    { labels: { script: 'disk.stp', module: 'disk' }, value: 1 },
    { labels: { script: 'disk.stp', module: 'two' }, value: 2 },
    { labels: { script: '<input>' }, value: 3 },
  ]);
  expect(of('stap_module_up')).toContainEqual({ labels: { script: 'gone.stp' }, value: 0 });
});

test('names of samples do not depend on what else is served; kinds that clash become unknown', () => {
  const statistic = { count: 1, sum: 1, min: 1, max: 1, avg: 1 };
  const one = [scalar('x', 1, { onlyGrows: true }), scalar('s', statistic), scalar('m', 'text')];
  const other = [scalar('x', 2), scalar('s', statistic, { histogram: { kind: 'log' } }), scalar('m', 2)];
  const lists = [one, other].map((globals, index) => describedModule(globals, { script: `${index}.stp` }));
  const both = metricsOfModules(lists.map((description) => ({ entry: description.entry, description })));
  const alone = lists.flatMap((description) => metricFamilies(description));
  const names = (families: readonly MetricFamily[]): string[] =>
    [...new Set(families.flatMap((family) => flatSamples(family)).map(({ name }) => name))].sort();
  expect(names(both)).toEqual(names(alone));
  const kinds = new Map(both.map(({ name, kind }) => [name, kind]));
  expect(kinds.get('stap_x_total')).toBe('unknown');
  expect(kinds.get('stap_x')).toBe('unknown');
  expect(kinds.get('stap_s')).toBe('histogram');
  expect(kinds.get('stap_m')).toBe('unknown');
  expect(kinds.get('stap_m_info')).toBe('unknown');
});

test('whatever another module answers, there are families', () => {
  for (const value of [
    null,
    'x',
    {},
    [],
    { count: 'x' },
    { count: 1, histogram: { buckets: [null, { count: -1 }] } },
    Infinity,
  ]) {
    const globals = (['long', 'string', 'stats'] as const).map((type): GlobalDescription => {
      return { name: `g_${type}`, type, keyTypes: [], value, histogram: { kind: 'log' } };
    });
    expect(metricFamilies(describedModule(globals)).length).toBeGreaterThan(0);
  }
});
