import { claimedNames } from './family-names.ts';
import type { MetricFamily } from './metric-family.ts';

/** What names of metrics begin with: those about the module itself, those of its globals. */
export const MODULE_PREFIX = 'stap_module_';
const GLOBAL_PREFIX = 'stap_';
/** Globals whose name begins so get this before it once more, so that no global takes the name of a metric about the module. */
const GUARDED = /^(?:module|global)(?:_|$)/;
const GUARD = 'global_';

/** Labels that are not named after keys: who it is, and what text formats and string values add. */
const RESERVED_LABELS: ReadonlySet<string> = new Set(['script', 'module', 'value', 'le', 'quantile']);

/** Name of a global's metric, without suffixes: `stap_hits`. */
export function globalMetricName(global: string): string {
  const name = global.replace(/[^A-Za-z0-9_]/g, '_');
  return `${GLOBAL_PREFIX}${GUARDED.test(name) ? GUARD : ''}${name}`;
}

/** Names of the labels for the keys of an array, `count` of them, all different. */
export function keyLabels(keyNames: readonly string[], count: number): readonly string[] {
  const labels: string[] = [];
  for (let index = 0; index < count; index++) {
    const base = keyLabel(keyNames[index] ?? '', index);
    let label = base;
    for (let number = 2; labels.includes(label); number++) label = `${base}_${number}`;
    labels.push(label);
  }
  return labels;
}

function keyLabel(keyName: string, index: number): string {
  // What begins with two underscores is Prometheus' own.
  const name = keyName.replace(/[^A-Za-z0-9_]/g, '_').replace(/^__+/, '_');
  if (name === '' || name === '_') return `key${index + 1}`;
  return RESERVED_LABELS.has(name) || /^\d/.test(name) ? `key_${name}` : name;
}

/** The names that one script's globals have taken: of two globals that ask for the same the later is numbered. */
export class ScriptNames {
  readonly #taken = new Set<string>();

  /**
   * What `make` gives for the first of `base`, `base_2`, `base_3`… with which nothing is taken; it is taken then.
   */
  claim(base: string, make: (name: string) => readonly MetricFamily[]): readonly MetricFamily[] {
    for (let number = 1; ; number++) {
      const families = make(number === 1 ? base : `${base}_${number}`);
      const names = families.flatMap(claimedNames);
      if (names.some((name) => this.#taken.has(name))) continue;
      for (const name of names) this.#taken.add(name);
      return families;
    }
  }
}
