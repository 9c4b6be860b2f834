/** A family as a strict reader finds it in a text. */
export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string | undefined;
  readonly samples: readonly ReadSample[];
}

/** A sample with its labels unescaped. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  untyped: [''],
  unknown: [''],
  info: ['_info'],
  summary: ['_sum', '_count'],
  histogram: ['_bucket', '_sum', '_count'],
};
const HEAD = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\+Inf|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/sy;

/**
 * Reads a text by the letter of the formats: the text format 0.0.4 of Prometheus, or OpenMetrics 1.0, as far as they
 * concern what is written here.
 * @throws {Error} with the line that is not allowed
 */
export function readExposition(text: string, isOpenMetrics: boolean): readonly ReadFamily[] {
  if (!text.endsWith(isOpenMetrics ? '\n# EOF\n' : '\n')) throw new Error('bad end');
  const lines = text.slice(0, isOpenMetrics ? -'\n# EOF\n'.length : -1).split('\n');
  const families: (ReadFamily & { samples: ReadSample[] })[] = [];
  const names = new Set<string>();
  const identities = new Set<string>();
  let head = new Map<string, string>();
  for (const line of lines) {
    const [, keyword, name = '', rest = ''] = HEAD.exec(line) ?? [];
    if (keyword !== undefined) {
      if (keyword === 'HELP') head = new Map([['name', name]]);
      if (head.get('name') !== name || head.has(keyword)) throw new Error(line);
      head.set(keyword, rest);
      if (keyword !== 'TYPE') continue;
      if (names.has(name)) throw new Error(`twice: ${line}`);
      names.add(name);
      const help = unescaped(head.get('HELP') ?? '', isOpenMetrics);
      families.push({ name, type: rest, help, unit: undefined, samples: [] });
      continue;
    }
    const family = families.at(-1);
    const sample = readSample(line);
    if (family === undefined) throw new Error(line);
    const suffixes = family.type === 'counter' ? [isOpenMetrics ? '_total' : ''] : SUFFIXES[family.type];
    if (suffixes?.some((suffix) => sample.name === family.name + suffix) !== true) throw new Error(line);
    const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (identities.has(identity)) throw new Error(`twice: ${line}`);
    identities.add(identity);
    family.samples.push(sample);
  }
  return families.map((family) => checked(family, isOpenMetrics));
}

function readSample(line: string): ReadSample {
  const [, name, labelsText = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(line);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < labelsText.length) {
    const [, label, text] = LABEL.exec(labelsText) ?? [];
    if (label === undefined || text === undefined || label in labels || label.startsWith('__'))
      throw new Error(line);
    labels[label] = unescaped(text, true);
  }
  return { name, labels, value: Number(value.replace('+Inf', 'Infinity')) };
}

function unescaped(text: string, quotesToo: boolean): string {
  if (quotesToo && /(?<!\\)(?:\\\\)*"/.test(text)) throw new Error(`quote in ${text}`);
  return text.replace(/\\(.?)/gs, (escape, letter: string) => {
    if (letter === 'n') return '\n';
    if (letter === '\\' || (letter === '"' && quotesToo)) return letter;
    throw new Error(`escape ${escape}`);
  });
}

function checked(family: ReadFamily, isOpenMetrics: boolean): ReadFamily {
  if (family.type === 'counter' || family.type === 'summary')
    for (const { value } of family.samples) if (!(value >= 0)) throw new Error(`${family.name} ${value}`);
  if (family.type === 'histogram') checkHistograms(family, isOpenMetrics);
  return family;
}

/** Buckets in ascending order, together, up to `+Inf`; a count that agrees; in OpenMetrics count and sum only together. */
function checkHistograms({ name, samples }: ReadFamily, isOpenMetrics: boolean): void {
  const groups = new Map<string, ReadSample[]>();
  for (const sample of samples) {
    const key = JSON.stringify({ ...sample.labels, le: '' });
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('+Inf', 'Infinity')));
    const of = (suffix: string): number | undefined =>
      group.find((sample) => sample.name === name + suffix)?.value;
    const ascends = (numbers: readonly number[], strictly: boolean): boolean =>
      numbers.every((number, index) => {
        const before = index === 0 ? -Infinity : (numbers[index - 1] ?? NaN);
        return strictly ? number > before : number >= before;
      });
    const counts = buckets.map(({ value }) => value);
    const [sum, count] = [of('_sum'), of('_count')];
    const isGood =
      bounds.at(-1) === Infinity &&
      ascends(bounds, true) &&
      ascends(counts, false) &&
      (count === undefined || count === counts.at(-1)) &&
      (!isOpenMetrics || (sum === undefined) === (count === undefined)) &&
      !(bounds.some((bound) => bound < 0) && sum !== undefined) &&
      (sum ?? 0) >= 0;
    if (!isGood) throw new Error(`histogram ${name}: ${JSON.stringify(group)}`);
  }
}
