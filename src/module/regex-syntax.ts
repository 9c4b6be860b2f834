/**
 * Regular expressions of the script language: POSIX extended syntax on bytes, without back references and
 * locale features. The parser is also the translator to RE2 syntax, which the run time's matcher understands.
 * stap(1), REGULAR EXPRESSION MATCHING.
 */
export type RegexSyntax =
  | {
      readonly ok: true;
      /** The same expression in RE2 syntax; wants a matcher where `.` matches every byte. */
      readonly re2: string;
      /** Number of capturing groups, the whole match not counted. */
      readonly groups: number;
    }
  | {
      readonly ok: false;
      /** Offset into the pattern; undefined for errors that SystemTap reports without a place. */
      readonly position: number | undefined;
      readonly message: string;
    };

/** Checks and translates a pattern whose script-level escapes are already decoded. */
export function parseRegex(pattern: string): RegexSyntax {
  const cursor: Cursor = { pattern, position: 0, groups: 0, depth: 0 };
  try {
    const { capturing, size } = alternation(cursor);
    if (size > SIZE_MAX) fail(undefined, 'expression is too large');
    if (peek(cursor) === ')') fail(cursor.position + 1, "unbalanced ')'");
    return { ok: true, re2: capturing, groups: cursor.groups };
  } catch (error) {
    if (error instanceof RegexSyntaxError) {
      return { ok: false, position: error.position, message: error.message };
    }
    throw error;
  }
}

/** Text of the compile-time error for a failed check. */
export function regexErrorText(error: Extract<RegexSyntax, { ok: false }>): string {
  const place = error.position === undefined ? '' : ` (at position ${error.position})`;
  return `regex compilation error${place}: ${error.message}`;
}

class RegexSyntaxError extends Error {
  readonly position: number | undefined;
  constructor(position: number | undefined, message: string) {
    super(message);
    this.position = position;
  }
}

function fail(position: number | undefined, message: string): never {
  throw new RegexSyntaxError(position, message);
}

interface Cursor {
  readonly pattern: string;
  position: number;
  groups: number;
  /** Groups that are open. */
  depth: number;
}

/**
 * RE2 text of a part, with its groups capturing and without (for the copies of an expanded repetition);
 * `weight` is how often a repetition inside it multiplies its contents.
 */
interface Part {
  readonly capturing: string;
  readonly plain: string;
  readonly weight: number;
  /** Number of characters and classes with all repetitions written out. */
  readonly size: number;
  /** `^` or `$`, which no closure may follow. */
  readonly anchor: boolean;
}

const REPEAT_LIMIT = 12345;
/** RE2 refuses repetitions that multiply to more. */
const RE2_REPEAT_MAX = 1000;
/** What is longer takes too much memory to match. */
const SIZE_MAX = 1_000_000;
const DEPTH_MAX = 200;
const EXPANSION_LENGTH_MAX = 1000000;

function peek(cursor: Cursor): string {
  return cursor.pattern.charAt(cursor.position);
}

function take(cursor: Cursor): string {
  const char = peek(cursor);
  cursor.position += char.length;
  return char;
}

function literalPart(byte: number): Part {
  const text = escaped(byte);
  return { capturing: text, plain: text, weight: 1, size: 1, anchor: false };
}

function escaped(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[0-9A-Za-z]/.test(char) ? char : `\\x{${byte.toString(16)}}`;
}

function alternation(cursor: Cursor): Part {
  const arms = [sequence(cursor)];
  while (peek(cursor) === '|') {
    take(cursor);
    arms.push(sequence(cursor));
  }
  return joined(arms, '|');
}

function sequence(cursor: Cursor): Part {
  const items: Part[] = [];
  for (let char = peek(cursor); char !== '' && char !== '|' && char !== ')'; char = peek(cursor)) {
    items.push(closures(cursor, atom(cursor)));
  }
  return joined(items, '');
}

function joined(parts: readonly Part[], separator: string): Part {
  return {
    capturing: parts.map((part) => part.capturing).join(separator),
    plain: parts.map((part) => part.plain).join(separator),
    weight: parts.reduce((most, part) => Math.max(most, part.weight), 1),
    size: parts.reduce((sum, part) => sum + part.size, 1),
    anchor: false,
  };
}

function atom(cursor: Cursor): Part {
  const start = cursor.position;
  const char = take(cursor);
  switch (char) {
    case '(':
      return group(cursor);
    case '[':
      return bracket(cursor, start);
    case '.':
      return { capturing: '.', plain: '.', weight: 1, size: 1, anchor: false };
    case '^':
      return { capturing: '\\A', plain: '\\A', weight: 1, size: 1, anchor: true };
    case '$':
      return { capturing: '\\z', plain: '\\z', weight: 1, size: 1, anchor: true };
    case '\\':
      return literalPart(escape(cursor));
    case '*':
    case '+':
    case '?':
    case '{':
      return fail(start, `unexpected '${char}'`);
    default:
      return literalPart(char.charCodeAt(0));
  }
}

function group(cursor: Cursor): Part {
  let opening = '(';
  if (peek(cursor) === '?') {
    const mark = take(cursor);
    if (peek(cursor) !== ':') fail(cursor.position, `unexpected '(${mark}${peek(cursor)}'`);
    take(cursor);
    opening = '(?:';
  } else cursor.groups += 1;
  if (++cursor.depth > DEPTH_MAX) fail(cursor.position, `groups nested too deeply (more than ${DEPTH_MAX})`);
  const inner = alternation(cursor);
  cursor.depth -= 1;
  if (peek(cursor) === '') fail(cursor.position - 1, 'expected ), found end of regex');
  take(cursor);
  return { ...inner, capturing: `${opening}${inner.capturing})`, plain: `(?:${inner.plain})` };
}

/** Value of the escape whose backslash was just taken. */
function escape(cursor: Cursor): number {
  const char = take(cursor);
  if (char === '') fail(cursor.position, 'unexpected end of regex');
  if (char === 'x') {
    const digits = /^[0-9A-Fa-f]{2}/.exec(cursor.pattern.slice(cursor.position))?.[0];
    if (digits === undefined) fail(cursor.position, 'two hex digits required in escape sequence');
    cursor.position += digits.length;
    return parseInt(digits, 16);
  }
  if (/[0-7]/.test(char)) {
    const rest = /^[0-7]{2}/.exec(cursor.pattern.slice(cursor.position))?.[0];
    if (rest === undefined) fail(cursor.position, 'three octal digits required in escape sequence');
    cursor.position += rest.length;
    const value = parseInt(char + rest, 8);
    if (value > 0xff) fail(cursor.position, 'octal escape sequence out of range');
    return value;
  }
  return char.charCodeAt(0);
}

function closures(cursor: Cursor, operand: Part): Part {
  let part = operand;
  for (;;) {
    const char = peek(cursor);
    if (char !== '*' && char !== '+' && char !== '?' && char !== '{') return part;
    if (part.anchor) {
      fail(cursor.position, `postfix closure '${char}' applied to anchoring operator`);
    }
    take(cursor);
    part = char === '{' ? repetition(part, counts(cursor), cursor) : postfixed(part, char);
  }
}

function postfixed(part: Part, operator: string): Part {
  const wrap = (text: string): string => `(?:${text})${operator}`;
  return { ...part, capturing: wrap(part.capturing), plain: wrap(part.plain) };
}

interface Counts {
  readonly least: number;
  /** Undefined: without end. */
  readonly most: number | undefined;
}

/** What stands between the brace just taken and its closing brace. */
function counts(cursor: Cursor): Counts {
  const least = number(cursor, 'expected number');
  let most: number | undefined = least;
  if (peek(cursor) === ',') {
    take(cursor);
    most = peek(cursor) === '}' ? undefined : number(cursor, "expected '}' or number");
    const closing = take(cursor);
    if (closing === '') fail(cursor.position, 'unexpected end of regex');
    if (closing !== '}') fail(cursor.position - 1, `expected }, found ${closing}`);
    return { least, most: most === undefined ? undefined : Math.max(least, most) };
  }
  if (peek(cursor) === '') fail(cursor.position, 'unexpected end of regex');
  if (peek(cursor) !== '}') fail(cursor.position, "expected ',' or '}'");
  take(cursor);
  return { least, most };
}

function number(cursor: Cursor, expectation: string): number {
  const digits = /^[0-9]+/.exec(cursor.pattern.slice(cursor.position))?.[0];
  if (digits === undefined) {
    take(cursor);
    fail(cursor.position, expectation);
  }
  cursor.position += digits.length;
  const value = Number(digits);
  if (value >= REPEAT_LIMIT) {
    // SystemTap notices after the delimiter that follows the number.
    take(cursor);
    fail(cursor.position, `${digits} is too large`);
  }
  return value;
}

function repetition(part: Part, { least, most }: Counts, cursor: Cursor): Part {
  const largest = Math.max(least, most ?? 0);
  const weight = part.weight * Math.max(1, largest);
  const size = part.size * Math.max(1, largest);
  if (size > SIZE_MAX) fail(cursor.position, `${largest} is too large`);
  if (weight <= RE2_REPEAT_MAX) {
    const range = most === undefined ? `{${least},}` : `{${least},${most}}`;
    const wrap = (text: string): string => `(?:${text})${range}`;
    return { capturing: wrap(part.capturing), plain: wrap(part.plain), weight, size, anchor: false };
  }
  if ((part.plain.length + 6) * largest > EXPANSION_LENGTH_MAX) {
    fail(cursor.position, `${largest} is too large`);
  }
  return { ...expanded(part, least, most), size };
}

/** The repetition written out; its groups stand in one copy only, so that they keep their numbers. */
function expanded(part: Part, least: number, most: number | undefined): Part {
  const copy = `(?:${part.plain})`;
  const write = (grouped: string): string => {
    const fixed = copy.repeat(Math.max(0, least - 1));
    if (most === undefined) return `${fixed}(?:${grouped})+`;
    return `${fixed}(?:${grouped})${least === 0 ? '?' : ''}${`${copy}?`.repeat(most - Math.max(1, least))}`;
  };
  return {
    capturing: write(part.capturing),
    plain: write(part.plain),
    weight: part.weight,
    size: part.size,
    anchor: false,
  };
}

const CLASSES: ReadonlyMap<string, string> = new Map([
  ['alnum', '0-9A-Za-z'],
  ['alpha', 'A-Za-z'],
  ['blank', '\\x{9}\\x{20}'],
  ['cntrl', '\\x{1}-\\x{1f}\\x{7f}'],
  ['digit', '0-9'],
  ['d', '0-9'],
  ['graph', '\\x{21}-\\x{7e}'],
  ['lower', 'a-z'],
  ['l', 'a-z'],
  ['print', '\\x{20}-\\x{7e}'],
  ['punct', '\\x{21}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{60}\\x{7b}-\\x{7e}'],
  ['space', '\\x{9}-\\x{d}\\x{20}'],
  ['s', '\\x{9}-\\x{d}\\x{20}'],
  ['upper', 'A-Z'],
  ['u', 'A-Z'],
  ['xdigit', '0-9A-Fa-f'],
]);

/** A bracket expression whose `[` at `start` was just taken. A backslash in it is an ordinary character. */
function bracket(cursor: Cursor, start: number): Part {
  let negated = '';
  if (peek(cursor) === '^') negated = take(cursor);
  let ranges = '';
  for (let first = true; first || peek(cursor) !== ']'; first = false) {
    if (peek(cursor) === '') unclosed(cursor, start);
    ranges += bracketItem(cursor, start);
  }
  take(cursor);
  const text = `[${negated}${ranges}]`;
  return { capturing: text, plain: text, weight: 1, size: 1, anchor: false };
}

function bracketItem(cursor: Cursor, start: number): string {
  const { pattern } = cursor;
  if (pattern.startsWith('[:', cursor.position)) {
    const end = pattern.indexOf(':]', cursor.position + 2);
    if (end < 0) unclosed(cursor, start);
    const name = pattern.slice(cursor.position + 2, end);
    const ranges = CLASSES.get(name);
    if (ranges === undefined) fail(undefined, `unknown character class '${name}'`);
    cursor.position = end + 2;
    return ranges;
  }
  const low = take(cursor);
  const isRange = peek(cursor) === '-' && !['', ']'].includes(pattern.charAt(cursor.position + 1));
  if (!isRange) return escaped(low.charCodeAt(0));
  take(cursor);
  const high = take(cursor);
  if (high < low) fail(cursor.position, `Inverted character range ${low}-${high}`);
  return `${escaped(low.charCodeAt(0))}-${escaped(high.charCodeAt(0))}`;
}

function unclosed(cursor: Cursor, start: number): never {
  const { pattern } = cursor;
  const inner = pattern.indexOf('[', start + 1);
  if (inner < 0) fail(pattern.length - 1, 'unclosed character class');
  return fail(pattern.length, `unclosed character class '${pattern.slice(inner, -1)}'`);
}
