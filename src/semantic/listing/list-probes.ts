import type { ProbePoint } from '../../ast/declaration.ts';
import { compareBytes } from '../../probes/similar-names.ts';
import { ENTRY_VALUE_PREFIX } from '../derive/entry-values.ts';
import type { DerivedProbe } from '../program.ts';

export interface ProbeListingOptions {
  /** `-L`: with the variables of the probes. */
  readonly variables: boolean;
  /** Verbosity of pass 2; from 1 on `-L` shows every expansion by itself. */
  readonly verbosity: number;
  /** Text of a point with its marks and its condition. */
  readonly pointText: (point: ProbePoint) => string;
}

/**
 * The lines of `stap -l` and `stap -L` (stap(1)): one per name that the script level knows, sorted, or with `-v -L`
 * one per resolved probe. `-L` adds ` name:type` for each variable that the aliases set and each context variable; for a name that stands for
 * several probes, those that all of them have. Takes the probes after type inference; none gives no lines.
 */
export function listProbes(probes: readonly DerivedProbe[], options: ProbeListingOptions): readonly string[] {
  const listed = probes.filter((probe) => !probe.synthetic);
  if (options.variables && options.verbosity > 0)
    return listed.map((probe) => [options.pointText(probe.point), ...variableTexts(probe)].join(' '));
  const variables = new Map<string, readonly string[]>();
  for (const probe of listed) {
    const name = options.pointText(probe.scriptPoint);
    const texts = variableTexts(probe);
    variables.set(name, variables.get(name)?.filter((text) => texts.includes(text)) ?? texts);
  }
  return [...variables]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, texts]) => (options.variables ? [name, ...texts].join(' ') : name));
}

function variableTexts(probe: DerivedProbe): readonly string[] {
  const shown = probe.locals.filter(({ name }) => !name.startsWith(ENTRY_VALUE_PREFIX));
  const locals = shown.map((local) => `${local.name}:${local.type}`);
  return [...locals, ...(probe.listVariables?.() ?? [])];
}
