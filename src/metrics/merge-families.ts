import { claimedNames } from './family-names.ts';
import { flatSamples } from './flat-samples.ts';
import {
  isHistogramFamily,
  type MetricFamily,
  type ScalarFamily,
  type ScalarSample,
} from './metric-family.ts';

/**
 * Families of several scripts as one set in which each name is there once, as text formats demand. The names of samples
 * never depend on which scripts are together: where scripts use a name for different kinds of metrics, its samples stay what they are in
 * families of the kind `unknown`.
 */
export function mergeFamilies(families: readonly MetricFamily[]): readonly MetricFamily[] {
  const sameKind = joinSameKind(families);
  const owners = new Map<string, number>();
  for (const family of sameKind)
    for (const name of claimedNames(family)) owners.set(name, (owners.get(name) ?? 0) + 1);
  const clashes = (family: MetricFamily): boolean =>
    claimedNames(family).some((name) => (owners.get(name) ?? 0) > 1);
  if (!sameKind.some(clashes)) return sameKind;
  return joinSameKind(
    sameKind.flatMap((family): readonly MetricFamily[] =>
      clashes(family) ? unknownFamilies(family) : [family],
    ),
  );
}

/** Those of one name and kind as one, in the place of the first. A summary beside a histogram is one without buckets. */
function joinSameKind(families: readonly MetricFamily[]): readonly MetricFamily[] {
  const groups = new Map<string, [MetricFamily, ...MetricFamily[]]>();
  for (const family of families) {
    const key = `${isHistogramFamily(family) ? 'distribution' : family.kind} ${family.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [family]);
    else group.push(family);
  }
  return Array.from(groups.values(), joined);
}

function joined(group: readonly [MetricFamily, ...MetricFamily[]]): MetricFamily {
  const [first] = group;
  if (group.length === 1) return first;
  const distributions = group.filter(isHistogramFamily);
  const [distribution] = distributions;
  if (distribution !== undefined) {
    const kind = distributions.some((family) => family.kind === 'histogram') ? 'histogram' : 'summary';
    return { ...distribution, kind, samples: distributions.flatMap(({ samples }) => samples) };
  }
  const scalars = group.filter((family) => !isHistogramFamily(family));
  return { ...(scalars[0] ?? first), samples: scalars.flatMap(({ samples }) => samples) } as ScalarFamily;
}

function unknownFamilies(family: MetricFamily): readonly ScalarFamily[] {
  const byName = new Map<string, ScalarSample[]>();
  for (const { name, labels, value } of flatSamples(family)) {
    const samples = byName.get(name) ?? [];
    samples.push({ labels, value });
    byName.set(name, samples);
  }
  const { help } = family;
  return Array.from(byName, ([name, samples]) => ({ kind: 'unknown', name, help, samples }));
}
