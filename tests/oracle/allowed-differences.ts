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

const MERGED = 'probes at the same point are merged, as SystemTap does since 5.x';
const NUMBERS_IN_TESTS =
  'numbers of conditional compilation are read as everywhere else; 4.8 reads decimal digits only and wraps';
const REGEX_ESCAPES = 'a pattern is decoded as a string first, then the escapes of the pattern are checked';
const OTHER_FIRST = 'the first of two contradictions found is another one';

/** Cases that differ in one way for one reason. */
const differing = (
  aspects: readonly Aspect[],
  reason: string,
  names: readonly string[],
): readonly AllowedDifference[] => names.map((name) => ({ name, aspects, reason }));

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
  {
    name: 'lexical: embedded code in guru mode',
    aspects: ['accepted', 'firstError'],
    reason: 'there is no C compiler',
  },
  ...differing(['accepted'], NUMBERS_IN_TESTS, ['preprocessor: numbers hex']),
  ...differing(['firstError'], NUMBERS_IN_TESTS, ['preprocessor: number out of range']),
  ...differing(['accepted', 'firstError'], NUMBERS_IN_TESTS, [
    'preprocessor: numbers octal',
    'preprocessor: number bad digits',
  ]),
  {
    name: 'functions: strict option without warnings',
    aspects: ['accepted'],
    reason: 'SystemTap warns about kernel symbols missing on the machine',
  },
  {
    name: 'grammar: delete a parameter',
    aspects: ['accepted', 'firstError'],
    reason: 'parameters are variables like others',
  },
  {
    name: 'grammar: probewrite of an unknown name',
    aspects: ['accepted', 'firstError'],
    reason: 'outside aliases the answer is always 0',
  },
  {
    name: 'grammar: entry of a local',
    aspects: ['firstError'],
    reason: 'the message itself comes first, without a head message naming the probe',
  },
  ...differing(['firstError'], OTHER_FIRST, ['grammar: avg of an expression']),
  {
    name: 'grammar: histogram element incremented',
    aspects: ['types'],
    reason: 'counts as a read; the script fails in pass 3 in both',
  },
  {
    name: 'grammar: histogram membership',
    aspects: ['accepted', 'firstError'],
    reason: '`in` wants an array; whether a bucket exists is decided by the histogram parameters alone',
  },
  {
    name: 'more-listings: p1 prints',
    aspects: ['listing'],
    reason: 'the backslashes of a format are not doubled, so that the text parses to the same program',
  },
  { name: 'more-listings: p1 embedded', aspects: ['listing'], reason: 'blanks around embedded code' },
  {
    name: 'points: point with a wildcard only',
    aspects: ['accepted'],
    reason: 'a library alias of 4.8 fails to compile on its own',
  },
  ...differing(['types'], CONDITIONS, [
    'points: point condition after optional',
    'points: point condition on an array',
    'points: point condition on membership',
    'points: point condition with a string comparison',
    'points: point condition with statistics',
    'points: braces with a condition inside',
    'points: alias with a condition',
  ]),
  ...differing(['types'], MERGED, [
    'points: same point twice',
    'points: same point in two probes',
    'points: procfs two writes',
    'points: alias chain',
    'points: alias with a plus chain',
    'points: alias wildcard use',
    'points: alias double wildcard use',
  ]),
  ...differing(['accepted', 'firstError'], MERGED, ['points: procfs twice the same']),
  {
    name: 'points: alias wildcard name',
    aspects: ['firstError'],
    reason: 'the mistake in the definition is told, not the failing use that follows from it',
  },
  {
    name: 'printing: regex repeat inverted',
    aspects: ['accepted'],
    reason: '4.8 ends with a failed assertion',
  },
  ...differing(['accepted', 'firstError'], REGEX_ESCAPES, [
    'printing: regex bad hex escape',
    'printing: regex short hex escape',
    'printing: regex bad octal escape',
    'printing: regex octal escape out of range',
  ]),
  {
    name: 'printing: regex close first',
    aspects: ['accepted', 'firstError'],
    reason: 'an unbalanced `)` is refused, as the documented message says; 4.8 lets it pass',
  },
];
