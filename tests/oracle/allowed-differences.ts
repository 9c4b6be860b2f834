import type { Aspect } from './comparable.ts';

/** Where our answer differs from SystemTap 4.8's on purpose. docs/differences-from-systemtap.md explains each. */
export interface AllowedDifference {
  /** `FILE: NAME` of the case. */
  readonly name: string;
  readonly aspects: readonly Aspect[];
  readonly reason: string;
}

const LIBRARY_NAMES = 'the library is written anew; its own variables have other names';
const CONDITIONS =
  'conditions are evaluated at every hit; SystemTap adds a begin probe that evaluates them in advance';

export const allowedDifferences: readonly AllowedDifference[] = [
  {
    name: 'declarations: typed function wrong result',
    aspects: ['firstError'],
    reason: 'same place, but the message names the types instead of saying `invalid operator`',
  },
  {
    name: 'declarations: function overriding the library',
    aspects: ['firstError'],
    reason: 'the first of two contradictions found is the one in the body, not the one at the call',
  },
  {
    name: 'declarations: only comments',
    aspects: ['firstError'],
    reason: 'a file of comments counts as empty after preprocessing',
  },
  {
    name: 'expressions: regex unbalanced close',
    aspects: ['accepted', 'firstError'],
    reason: 'an unbalanced `)` is refused, as the documented message says; 4.8 lets it pass',
  },
  {
    name: 'expressions: entry outside return',
    aspects: ['firstError'],
    reason: 'the message itself comes first, without a head message naming the probe',
  },
  {
    name: 'expressions: perf without a counter',
    aspects: ['accepted', 'firstError'],
    reason: 'there are no perf probes; 4.8 fails in pass 3',
  },
  { name: 'probes: condition', aspects: ['types'], reason: CONDITIONS },
  { name: 'probes: condition on an expression', aspects: ['types'], reason: CONDITIONS },
  { name: 'probes: procfs condition', aspects: ['types'], reason: CONDITIONS },
  { name: 'probes: procfs input aliases', aspects: ['types'], reason: LIBRARY_NAMES },
  { name: 'probes: procfs prometheus alias', aspects: ['types'], reason: LIBRARY_NAMES },
  {
    name: 'statements: empty if',
    aspects: ['types'],
    reason: 'a variable that is only tested by an empty `if` is dropped together with it',
  },
];
