/** How many names a "similar:" list shows. */
const SHOWN = 5;

/** Cost of a changed, left-out or added character; running ahead in one of the words from its start costs 1 each. */
const EDIT = 2;

/**
 * SystemTap's measure of how far two names are apart: an edit distance in which the characters before the first
 * common ground weigh half.
 */
export function nameDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const diagonal = previous[column - 1] ?? 0;
      const edit = Math.min(diagonal, previous[column] ?? 0, current[column - 1] ?? 0) + EDIT;
      current.push(from[row - 1] === to[column - 1] ? diagonal : edit);
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

/**
 * The names nearest to a mistyped one, nearest first, equally near ones in byte order: at most five, joined by
 * `, `, as the "(similar: …)" of SystemTap's messages shows them. Empty when there are no candidates.
 */
export function similarNames(name: string, candidates: Iterable<string>): string {
  return [...new Set(candidates)]
    .filter((candidate) => candidate !== '')
    .map((candidate) => ({ candidate, distance: nameDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance || compareBytes(a.candidate, b.candidate))
    .slice(0, SHOWN)
    .map(({ candidate }) => candidate)
    .join(', ');
}

/** Order of byte strings; `localeCompare` would sort by language. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
