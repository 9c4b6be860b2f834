import fc from 'fast-check';

/** A regular expression of the part of the language that means the same in POSIX. */
export type Regex =
  | { readonly kind: 'set'; readonly text: string; readonly chars: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Regex[] }
  | { readonly kind: 'group'; readonly body: Regex }
  | { readonly kind: 'repeat'; readonly body: Regex; readonly least: number; readonly most: number };

/** Every character that texts are made of. */
export const ALPHABET = 'abAB12-_';

const sets: readonly Regex[] = [
  ...'abAB12-_'.split('').map((char) => ({ kind: 'set' as const, text: char, chars: char })),
  { kind: 'set', text: '.', chars: ALPHABET },
  { kind: 'set', text: '[ab]', chars: 'ab' },
  { kind: 'set', text: '[^a]', chars: 'bAB12-_' },
  { kind: 'set', text: '[a-b1-2]', chars: 'ab12' },
  { kind: 'set', text: '[[:digit:]]', chars: '12' },
  { kind: 'set', text: '[[:alpha:]_]', chars: 'abAB_' },
  { kind: 'set', text: '[^[:upper:]-]', chars: 'ab12_' },
  { kind: 'set', text: '[]a]', chars: 'a' },
];

const bounds: readonly (readonly [number, number])[] = [
  ...[[0, Infinity] as const, [1, Infinity] as const, [0, 1] as const],
  ...[[2, 2] as const, [1, 3] as const, [2, Infinity] as const, [0, 2] as const],
];

/** Patterns of a few levels; `^` and `$` are left to the user of the pattern. */
export const regexes: fc.Arbitrary<Regex> = fc.letrec<{ regex: Regex; atom: Regex; group: Regex }>((tie) => ({
  regex: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('atom'),
    fc
      .array(tie('regex'), { minLength: 2, maxLength: 4 })
      .map((parts) => ({ kind: 'sequence' as const, parts })),
    fc
      .array(tie('regex'), { minLength: 2, maxLength: 3 })
      .map((parts) => ({ kind: 'choice' as const, parts })),
    tie('group'),
    fc
      .record({ body: fc.oneof(tie('atom'), tie('group')), bound: fc.constantFrom(...bounds) })
      .map(({ body, bound: [least, most] }): Regex => ({ kind: 'repeat', body, least, most })),
  ),
  atom: fc.constantFrom(...sets),
  group: tie('regex').map((body) => ({ kind: 'group' as const, body })),
})).regex;

/** The pattern as text. A choice is in brackets wherever it would take in its neighbours. */
export function regexText(regex: Regex): string {
  switch (regex.kind) {
    case 'set':
      return regex.text;
    case 'sequence':
      return regex.parts
        .map((part) => (part.kind === 'choice' ? `(${regexText(part)})` : regexText(part)))
        .join('');
    case 'choice':
      return regex.parts.map(regexText).join('|');
    case 'group':
      return `(${regexText(regex.body)})`;
    case 'repeat':
      return regexText(regex.body) + boundText(regex.least, regex.most);
  }
}

function boundText(least: number, most: number): string {
  if (most === Infinity) return least === 0 ? '*' : least === 1 ? '+' : `{${least},}`;
  if (least === 0 && most === 1) return '?';
  return least === most ? `{${least}}` : `{${least},${most}}`;
}

/**
 * In how many ways the pattern takes exactly the text, counted to 2. Groups are only compared where there is one
 * way: which of several to take is a matter of taste, in which POSIX, glibc and SystemTap differ.
 */
export function waysToMatch(regex: Regex, text: string): number {
  return Math.min(endsOf(regex, text, 0).get(text.length) ?? 0, 2);
}

/** True when a group stands in a repetition, where it may keep what an earlier round matched or not. */
export function repeatsGroup(regex: Regex): boolean {
  switch (regex.kind) {
    case 'set':
      return false;
    case 'sequence':
    case 'choice':
      return regex.parts.some(repeatsGroup);
    case 'group':
      return repeatsGroup(regex.body);
    case 'repeat':
      return regexText(regex.body).includes('(');
  }
}

type Ends = Map<number, number>;

function endsOf(regex: Regex, text: string, start: number): Ends {
  switch (regex.kind) {
    case 'set':
      return new Map(start < text.length && regex.chars.includes(text.charAt(start)) ? [[start + 1, 1]] : []);
    case 'sequence':
      return regex.parts.reduce((ends, part) => andThen(ends, part, text), new Map([[start, 1]]));
    case 'choice':
      return sum(regex.parts.map((part) => endsOf(part, text, start)));
    case 'group':
      return endsOf(regex.body, text, start);
    case 'repeat':
      return endsOfRepeat(regex, text, start);
  }
}

function endsOfRepeat(
  { body, least, most }: Extract<Regex, { kind: 'repeat' }>,
  text: string,
  start: number,
): Ends {
  let round: Ends = new Map([[start, 1]]);
  const found: Ends[] = least === 0 ? [round] : [];
  // More rounds than characters only repeat the empty string, which counts as ambiguous soon enough.
  for (let count = 1; count <= Math.min(most, text.length + least + 1) && round.size > 0; count++) {
    round = andThen(round, body, text);
    if (count >= least) found.push(round);
  }
  return sum(found);
}

function andThen(ends: Ends, part: Regex, text: string): Ends {
  return sum(
    [...ends].map(
      ([end, ways]) =>
        new Map([...endsOf(part, text, end)].map(([next, more]) => [next, Math.min(ways * more, 2)])),
    ),
  );
}

function sum(all: readonly Ends[]): Ends {
  const total: Ends = new Map();
  for (const ends of all)
    for (const [end, ways] of ends) total.set(end, Math.min((total.get(end) ?? 0) + ways, 2));
  return total;
}
