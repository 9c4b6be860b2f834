import type { ProbePoint } from '../ast/declaration.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import type { KernelFacts, TracepointFacts } from './kernel-facts.ts';
import { namePattern } from './name-pattern.ts';
import { pointError } from './point-error.ts';
import { stringArgument, type ProbeFamily } from './probe-family.ts';
import { similarNames } from './similar-names.ts';
import { expandTracepointContext } from './tracepoint-context.ts';
import type { TypedEnvironment } from './typed-expressions.ts';

/** Components that name a tracepoint; SystemTap's own is the first. */
type Component = 'trace' | 'tracepoint';

/**
 * `kernel.trace("sched:sched_switch")` of the kernel of the environment, also as `kernel.tracepoint(…)`
 * (stapprobes(3stap), KERNEL TRACEPOINTS).
 */
export function tracepointFamilies(environment: TypedEnvironment): readonly ProbeFamily[] {
  return [
    tracepointFamily('trace', environment),
    { ...tracepointFamily('tracepoint', environment), unlisted: true },
  ];
}

function tracepointFamily(component: Component, environment: TypedEnvironment): ProbeFamily {
  const { kernel: facts } = environment;
  const patternOf = (point: ProbePoint): string => stringArgument(point, component) ?? '';
  return {
    name: 'tracepoint',
    patterns: [`kernel.${component}(string)`],
    unprivileged: false,
    matches: (point) =>
      matching(patternOf(point), facts).map((tracepoint) =>
        withArgument(point, component, fullName(tracepoint)),
      ),
    build: (point) => {
      const [only] = matching(patternOf(point), facts);
      return { family: 'tracepoint', name: only?.name ?? '' };
    },
    expandContext: (body, event, names) =>
      expandTracepointContext(body, tracepointOf(event, facts), environment, names),
    listVariables: (event) => listTracepointVariables(tracepointOf(event, facts), facts),
  };
}

function tracepointOf(event: ProbeEvent, facts: KernelFacts): TracepointFacts {
  const name = event.family === 'tracepoint' ? event.name : '';
  return facts.tracepoints().find((candidate) => candidate.name === name) ?? { group: undefined, name };
}

/** `$preempt:bool`, `$prev:struct task_struct*`: the parameters in their order. */
function listTracepointVariables({ name }: TracepointFacts, facts: KernelFacts): readonly string[] {
  const parameters = facts.tracepointParameters(name)?.parameters ?? [];
  return parameters.map((parameter) => `$${parameter.name}:${parameter.type.spelling.replaceAll(' *', '*')}`);
}

/** In byte order; an error when there is none. */
function matching(pattern: string, facts: KernelFacts): readonly TracepointFacts[] {
  const problem = facts.problem();
  if (problem !== undefined) throw pointError('no-kernel-facts', problem);
  const colon = pattern.indexOf(':');
  const isName = namePattern(pattern.slice(colon + 1));
  const all = facts.tracepoints();
  const named = all.filter(({ name }) => isName.matches(name));
  const found = colon < 0 ? named : inGroup(pattern.slice(0, colon), named, isName.isWildcard);
  if (found.length > 0) return [...found].sort((a, b) => (fullName(a) < fullName(b) ? -1 : 1));
  const similar = similarNames(
    pattern.slice(colon + 1),
    all.map(({ name }) => name),
  );
  throw pointError('no-such-tracepoint', noMatch(similar));
}

/**
 * Those in groups that match. Where the kernel does not tell the group, the one that the script names is believed for a
 * tracepoint that it names too: no other tracepoint has that name.
 */
function inGroup(
  pattern: string,
  tracepoints: readonly TracepointFacts[],
  hasNameWildcard: boolean,
): readonly TracepointFacts[] {
  const isGroup = namePattern(pattern);
  const isBelieved = !isGroup.isWildcard && !hasNameWildcard;
  return tracepoints
    .map(({ group, name }) => ({ group: group ?? (isBelieved ? pattern : undefined), name }))
    .filter(({ group }) => group !== undefined && isGroup.matches(group));
}

function noMatch(similar: string): string {
  if (similar === '') return 'no match';
  return `no match (similar tracepoint${similar.includes(',') ? 's' : ''}: ${similar})`;
}

function fullName({ group, name }: TracepointFacts): string {
  return group === undefined ? name : `${group}:${name}`;
}

function withArgument(point: ProbePoint, name: Component, value: string): ProbePoint {
  const components = point.components.map((component) => {
    const { argument } = component;
    if (component.name !== name || argument?.kind !== 'string') return component;
    return { ...component, argument: { ...argument, value, raw: value } };
  });
  return { ...point, components };
}
