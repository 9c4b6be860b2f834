import type { Int64 } from '../int64/int64.ts';
import type { GlobalDescription } from '../control/protocol.ts';
import { globalMetricName, keyLabels, type ScriptNames } from './global-names.ts';
import { histogramBuckets } from './histogram-bounds.ts';
import { helpText, labelText } from './label-text.ts';
import type {
  HistogramFamily,
  HistogramSample,
  Labels,
  MetricFamily,
  ScalarFamily,
  ScalarSample,
} from './metric-family.ts';
import { isNumber, readStatistic, type Statistic } from './read-statistic.ts';
import { DEFAULT_MAX_HISTOGRAMS, DEFAULT_MAX_SERIES, type SeriesLimits } from './series-limit.ts';

/** What all samples of a script have in common. */
export interface ScriptFacts {
  readonly labels: Labels;
  /** Name of the script for people, UTF-8. */
  readonly script: string;
  /** When the module started, milliseconds since 1970. */
  readonly startMs: number;
}

/** The families of a global, and how many of its elements they do not show. */
export interface GlobalFamilies {
  readonly families: readonly MetricFamily[];
  readonly shown: number;
  readonly dropped: number;
}

interface Element {
  readonly labels: Labels;
  readonly value: unknown;
}

/** A global as metrics. Private globals and those of the library give none. */
export function globalFamilies(
  global: GlobalDescription,
  facts: ScriptFacts,
  names: ScriptNames,
  limits: SeriesLimits,
): GlobalFamilies {
  if (global.hidden === true) return { families: [], shown: 0, dropped: 0 };
  const isHistogram = global.type === 'stats' && global.histogram !== undefined;
  const limit = isHistogram
    ? (limits.maxHistograms ?? DEFAULT_MAX_HISTOGRAMS)
    : (limits.maxSeries ?? DEFAULT_MAX_SERIES);
  const elements = elementsOf(global, facts.labels, limit);
  const size = global.elements === undefined ? elements.length : (global.size ?? global.elements.length);
  const help =
    global.documentation === undefined
      ? `Global ${global.name} of ${facts.script}`
      : helpText(global.documentation);
  const base = globalMetricName(global.name);
  const families = names.claim(base, (name) => familiesNamed(name, help, global, elements, facts));
  return { families, shown: elements.length, dropped: Math.max(0, size - elements.length) };
}

/**
 * The elements with their labels: the first of the list, because they stay the same from one scrape to the next, while the
 * largest would come and go. Keys that are the same text as UTF-8 are one element.
 */
function elementsOf(global: GlobalDescription, common: Labels, limit: number): readonly Element[] {
  if (global.elements === undefined) return [{ labels: common, value: global.value }];
  const names = keyLabels((global.keyNames ?? []).map(String), global.keyTypes.length);
  const elements = new Map<string, Element>();
  for (const { keys, value } of global.elements) {
    if (elements.size >= limit) break;
    const texts = names.map((_, index) => keyText(keys[index]));
    const identity = texts.join('\0');
    if (elements.has(identity)) continue;
    const labels: Record<string, string> = { ...common };
    for (const [index, name] of names.entries()) labels[name] = texts[index] ?? '';
    elements.set(identity, { labels, value });
  }
  return [...elements.values()];
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return labelText(key);
  return typeof key === 'number' || typeof key === 'bigint' ? String(key) : '';
}

function familiesNamed(
  name: string,
  help: string,
  global: GlobalDescription,
  elements: readonly Element[],
  facts: ScriptFacts,
): readonly MetricFamily[] {
  switch (global.type) {
    case 'long':
      return [numberFamily(name, help, elements, global.onlyGrows === true ? facts.startMs : undefined)];
    case 'string':
      return [{ kind: 'info', name, help, samples: elements.flatMap(textSample) }];
    case 'stats':
      return statisticFamilies(name, help, global, elements, facts);
  }
}

/** A counter when `startMs` says since when it counts, unless there are values that no counter can have. */
function numberFamily(
  name: string,
  help: string,
  elements: readonly Element[],
  startMs?: number,
): ScalarFamily {
  const samples = elements.flatMap(({ labels, value }): ScalarSample[] =>
    isNumber(value) ? [{ labels, value }] : [],
  );
  if (startMs === undefined || samples.some(({ value }) => value < 0))
    return { kind: 'gauge', name, help, samples };
  // A global that is called so already does not become x_total_total.
  const counter = name.replace(/_total$/, '');
  return { kind: 'counter', name: counter, help, samples: samples.map((sample) => ({ ...sample, startMs })) };
}

function textSample({ labels, value }: Element): readonly ScalarSample[] {
  return typeof value === 'string' ? [{ labels: { ...labels, value: labelText(value) }, value: 1 }] : [];
}

function statisticFamilies(
  name: string,
  help: string,
  global: GlobalDescription,
  elements: readonly Element[],
  facts: ScriptFacts,
): readonly MetricFamily[] {
  const statistics = elements.flatMap(({ labels, value }) => {
    const statistic = readStatistic(value);
    return statistic === undefined ? [] : [{ labels, statistic }];
  });
  const { histogram: shape } = global;
  const main: HistogramFamily = {
    kind: shape === undefined ? 'summary' : 'histogram',
    name,
    help,
    samples: statistics.map(({ labels, statistic }): HistogramSample => {
      const { count, sum = 0 } = statistic;
      const buckets = shape === undefined ? [] : histogramBuckets(shape, statistic.buckets);
      return { labels, count, ...(sumGrows(statistic) && { sum }), buckets, startMs: facts.startMs };
    }),
  };
  const gauge = (suffix: string, what: string, valueOf: (statistic: Statistic) => Int64 | undefined) => ({
    kind: 'gauge' as const,
    name: `${name}_${suffix}`,
    help: `${help} (${what})`,
    samples: statistics.flatMap(({ labels, statistic }): ScalarSample[] => {
      const value = valueOf(statistic);
      return value === undefined ? [] : [{ labels, value }];
    }),
  });
  return [
    main,
    gauge('min', 'smallest value', ({ min }) => min),
    gauge('max', 'largest value', ({ max }) => max),
    // Where there is a sum, it is sum / count.
    gauge('avg', 'average', (statistic) => (sumGrows(statistic) ? undefined : statistic.avg)),
  ];
}

/** With values below zero the sum is no counter. */
function sumGrows({ sum = 0, min = 0 }: Statistic): boolean {
  return min >= 0 && sum >= 0;
}
