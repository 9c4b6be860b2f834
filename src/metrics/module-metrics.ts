import type { ModuleDescription } from '../control/protocol.ts';
import type { ModuleEntry } from '../registry/module-entry.ts';
import { globalFamilies, type ScriptFacts } from './global-families.ts';
import { globalMetricName, MODULE_PREFIX, ScriptNames } from './global-names.ts';
import { droppedFamily, fileFamilies, moduleFamilies, probeFamilies, upFamily } from './health-families.ts';
import { labelText } from './label-text.ts';
import { mergeFamilies } from './merge-families.ts';
import type { Labels, MetricFamily } from './metric-family.ts';
import { DEFAULT_MAX_SERIES, type SeriesLimits } from './series-limit.ts';

/** A module that is served; `description` undefined: it could not be asked. */
export interface ServedModule {
  readonly entry: Pick<ModuleEntry, 'name' | 'script' | 'pid' | 'startedAtMs'>;
  readonly description: ModuleDescription | undefined;
}

/** How metrics are made. */
export interface MetricOptions extends SeriesLimits {
  /** On all samples, after `script`. */
  readonly labels?: Labels;
}

/**
 * The metrics of one module: its globals, and how it is doing. All samples have the label `script`, the base name of the
 * script, which a restart does not change, as the name of a module may.
 */
export function metricFamilies(
  module: ModuleDescription,
  options: MetricOptions = {},
): readonly MetricFamily[] {
  const facts = scriptFacts(module.entry, options);
  const names = new ScriptNames();
  const dropped: { metric: string; count: number }[] = [];
  const drop = (metric: string, what: string, shown: number, count: number): void => {
    if (count <= 0) return;
    dropped.push({ metric, count });
    options.onDropped?.({ script: facts.script, metric, what, shown, size: shown + count });
  };
  const ofGlobals = module.globals.flatMap((global) => {
    const { families, shown, dropped: count } = globalFamilies(global, facts, names, options);
    drop(families[0]?.name ?? globalMetricName(global.name), `global '${global.name}'`, shown, count);
    return families;
  });
  const limit = options.maxSeries ?? DEFAULT_MAX_SERIES;
  const { probes, files } = module;
  drop(`${MODULE_PREFIX}probe_hits`, 'the probes', Math.min(limit, probes.length), probes.length - limit);
  drop(`${MODULE_PREFIX}file_reads`, 'the files', Math.min(limit, files.length), files.length - limit);
  return [
    ...ofGlobals,
    upFamily(facts, true),
    ...moduleFamilies(module, facts),
    ...probeFamilies(probes.slice(0, limit), facts),
    ...fileFamilies(files.slice(0, limit), facts),
    droppedFamily(dropped, facts),
  ].filter(({ samples }) => samples.length > 0);
}

/**
 * The metrics of several modules together. Where modules of scripts with the same name are among them, their samples
 * have the label `module`, too.
 */
export function metricsOfModules(
  modules: readonly ServedModule[],
  options: MetricOptions = {},
): readonly MetricFamily[] {
  // A reload may have changed the script since the list was made.
  const entries = modules.map(({ entry, description }) => description?.entry ?? entry);
  const scripts = entries.map(({ script }) => scriptLabel(script));
  const names = entries.map(({ name }) => labelText(name));
  const seen = new Set<string>();
  const lists = entries.map((entry, index) => {
    const twins = names.filter((_, other) => scripts[other] === scripts[index]);
    // Modules of one name can be in different directories.
    const isUnique = twins.filter((name) => name === names[index]).length === 1;
    const name = isUnique ? (names[index] ?? '') : `${names[index]} (${entry.pid})`;
    const labels = twins.length > 1 ? { ...options.labels, module: name } : options.labels;
    const identity = JSON.stringify([scripts[index], labels]);
    // Nobody could tell them apart; such a text would be refused as a whole.
    if (seen.has(identity)) return [];
    seen.add(identity);
    const description = modules[index]?.description;
    const own: MetricOptions = { ...options, ...(labels !== undefined && { labels }) };
    if (description !== undefined) return metricFamilies(description, own);
    return [upFamily(scriptFacts(entry, own), false)];
  });
  return mergeFamilies(lists.flat());
}

function scriptFacts(
  entry: Pick<ModuleEntry, 'script' | 'startedAtMs'>,
  { labels }: MetricOptions,
): ScriptFacts {
  const script = scriptLabel(entry.script);
  return { script, labels: { script, ...labels }, startMs: entry.startedAtMs };
}

/** The base name of the script, UTF-8; `<input>` for one without file. */
function scriptLabel(script: string): string {
  return labelText(script.slice(script.lastIndexOf('/') + 1) || script);
}
