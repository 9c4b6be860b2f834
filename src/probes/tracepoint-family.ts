import type { ProbePoint } from '../ast/declaration.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import type { KernelFacts, TracepointFacts } from './kernel-facts.ts';
import { wildcardMatcher } from './pattern-tree.ts';
import { pointError } from './point-error.ts';
import { stringArgument, type ProbeFamily } from './probe-family.ts';
import { similarNames } from './similar-names.ts';
import { expandTracepointContext } from './tracepoint-context.ts';

/** `kernel.trace("sched:sched_switch")` of the kernel that the facts are about (stapprobes(3stap), KERNEL TRACEPOINTS). */
export function tracepointFamily(facts: KernelFacts): ProbeFamily {
  return {
    name: 'tracepoint',
    patterns: ['kernel.trace(string)'],
    unprivileged: false,
    matches: (point) =>
      matching(stringArgument(point, 'trace') ?? '', facts).map((tracepoint) =>
        withArgument(point, fullName(tracepoint)),
      ),
    build: (point) => tracepointEvent(point, facts),
    expandContext: (body, event, names) => {
      const name = event.family === 'tracepoint' ? event.name : '';
      const tracepoint = facts.tracepoints().find((candidate) => candidate.name === name);
      return expandTracepointContext(body, tracepoint ?? { group: undefined, name }, facts, names);
    },
  };
}

function tracepointEvent(point: ProbePoint, facts: KernelFacts): ProbeEvent {
  const [only] = matching(stringArgument(point, 'trace') ?? '', facts);
  return { family: 'tracepoint', name: only?.name ?? '' };
}

/** In byte order; an error when there is none. */
function matching(pattern: string, facts: KernelFacts): readonly TracepointFacts[] {
  const problem = facts.problem();
  if (problem !== undefined) throw pointError('no-kernel-facts', problem);
  const colon = pattern.indexOf(':');
  const isGroup = wildcardMatcher(colon < 0 ? '*' : pattern.slice(0, colon));
  const isName = wildcardMatcher(pattern.slice(colon + 1));
  const all = facts.tracepoints();
  const found = all.filter(({ group, name }) => isName(name) && (colon < 0 || isGroup(group ?? '')));
  if (found.length > 0) return [...found].sort((a, b) => (fullName(a) < fullName(b) ? -1 : 1));
  const similar = similarNames(
    pattern.slice(colon + 1),
    all.map(({ name }) => name),
  );
  throw pointError('no-such-tracepoint', noMatch(similar));
}

function noMatch(similar: string): string {
  if (similar === '') return 'no match';
  return `no match (similar tracepoint${similar.includes(',') ? 's' : ''}: ${similar})`;
}

function fullName({ group, name }: TracepointFacts): string {
  return group === undefined ? name : `${group}:${name}`;
}

function withArgument(point: ProbePoint, value: string): ProbePoint {
  const components = point.components.map((component) => {
    const { argument } = component;
    if (component.name !== 'trace' || argument?.kind !== 'string') return component;
    return { ...component, argument: { ...argument, value, raw: value } };
  });
  return { ...point, components };
}
