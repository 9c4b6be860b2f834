import type { ProbePoint } from '../ast/declaration.ts';
import { numberArgument, type ProbeFamily } from './probe-family.ts';

/** `begin`, `end`, `error`, each with an optional priority (0 when not written), and `never`. */
export const SESSION_FAMILIES: readonly ProbeFamily[] = [
  sessionFamily('begin'),
  sessionFamily('end'),
  sessionFamily('error'),
  {
    name: 'never',
    patterns: ['never'],
    unprivileged: true,
    build: () => ({ family: 'never' }),
  },
];

function sessionFamily(name: 'begin' | 'end' | 'error'): ProbeFamily {
  return {
    name,
    patterns: [name, `${name}(number)`],
    unprivileged: true,
    build: (point: ProbePoint) => ({ family: name, priority: numberArgument(point, name) ?? 0 }),
  };
}
