/** True when a text has characters that make it a pattern in `matchesGlob`. */
export function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text);
}

/** fnmatch(3) without flags: `*`, `?`, `[…]` with ranges and `!`, backslash quotes. Linear in time per star. */
export function matchesGlob(text: string, pattern: string): boolean {
  let at = 0;
  let here = 0;
  let starAt = -1;
  let retryFrom = 0;
  while (at < text.length) {
    const element = here < pattern.length ? globElement(pattern, here) : undefined;
    if (element?.star === true) {
      starAt = element.end;
      retryFrom = at;
      here = element.end;
    } else if (element?.matches(text.charAt(at)) === true) {
      at++;
      here = element.end;
    } else {
      if (starAt === -1) return false;
      // Only the last star needs to be tried again: it can always take over what an earlier one took.
      at = ++retryFrom;
      here = starAt;
    }
  }
  while (pattern[here] === '*') here++;
  return here === pattern.length;
}

interface GlobElement {
  readonly star: boolean;
  readonly matches: (character: string) => boolean;
  readonly end: number;
}

function globElement(pattern: string, at: number): GlobElement {
  const character = pattern.charAt(at);
  if (character === '*') return { star: true, matches: () => true, end: at + 1 };
  if (character === '?') return { star: false, matches: () => true, end: at + 1 };
  if (character === '[') {
    const match = /\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/sy;
    match.lastIndex = at;
    const found = match.exec(pattern);
    if (found !== null) {
      const inSet = characterSet(found[2] ?? '');
      const negated = found[1] !== '';
      return { star: false, matches: (tested) => inSet(tested) !== negated, end: match.lastIndex };
    }
  }
  if (character === '\\' && at + 1 < pattern.length)
    return { star: false, matches: (tested) => tested === pattern[at + 1], end: at + 2 };
  return { star: false, matches: (tested) => tested === character, end: at + 1 };
}

function characterSet(body: string): (tested: string) => boolean {
  const ranges: [string, string][] = [];
  for (let at = 0; at < body.length; at++) {
    if (body[at] === '\\' && at + 1 < body.length) at++;
    const low = body.charAt(at);
    if (body[at + 1] === '-' && at + 2 < body.length) {
      ranges.push([low, body.charAt(at + 2)]);
      at += 2;
    } else ranges.push([low, low]);
  }
  return (tested) => ranges.some(([low, high]) => tested >= low && tested <= high);
}
