import { bytesOfText } from '../monitor/byte-text.ts';
import type { ExpositionSample } from './exposition.ts';

type Label = readonly [name: string, value: string];

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_START = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"/y;
const LABEL_TEXT = /((?:[^"\\]|\\.)*)"[ \t]*/y;
const NUMBERS = /[ \t]*(\S+)(?:[ \t]+(-?\d{1,15}))?$/y;
/** Characters of a number; the pattern takes a time that grows with their square. */
const MAX_NUMBER = 400;
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?|nan)$/i;
const ESCAPE = /\\([0-7]{3}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)/g;
/** What string_quoted() writes for bytes that Prometheus has no escape for; see stapfuncs(3stap). */
const C_ESCAPES = new Map([
  ['\\', '\\'],
  ['"', '"'],
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);

/** One line `NAME{LABEL="TEXT",…} NUMBER [TIME]`; undefined when it is not one. */
export function parseSample(line: string): ExpositionSample | undefined {
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return undefined;
  let position = NAME.lastIndex;
  while (line[position] === ' ' || line[position] === '\t') position++;
  let labels: readonly Label[] = [];
  if (line[position] === '{') {
    const found = parseLabels(line, position + 1);
    if (found === undefined) return undefined;
    ({ labels, position } = found);
  } else if (position === NAME.lastIndex) {
    return undefined;
  }
  NUMBERS.lastIndex = position;
  const [, value, timestamp] = NUMBERS.exec(line) ?? [];
  if (value === undefined || value.length > MAX_NUMBER || !VALUE.test(value) || isTooLarge(value))
    return undefined;
  return { name, labels, value: spelled(value), timestamp };
}

function parseLabels(
  line: string,
  start: number,
): { readonly labels: readonly Label[]; readonly position: number } | undefined {
  const labels = new Map<string, string>();
  let position = start;
  for (;;) {
    const end = /[ \t]*\}/y;
    end.lastIndex = position;
    if (end.test(line)) return { labels: [...labels], position: end.lastIndex };

    LABEL_START.lastIndex = position;
    const name = LABEL_START.exec(line)?.[1];
    if (name === undefined || labels.has(name)) return undefined;
    LABEL_TEXT.lastIndex = LABEL_START.lastIndex;
    const escaped = LABEL_TEXT.exec(line)?.[1];
    const value = escaped === undefined ? undefined : unescaped(escaped);
    if (value === undefined) return undefined;
    labels.set(name, value);
    position = LABEL_TEXT.lastIndex;
    if (line[position] === ',') position++;
    else if (line[position] !== '}') return undefined;
  }
}

/** Undefined when there is an escape of no meaning. */
function unescaped(text: string): string | undefined {
  const unknown: string[] = [];
  const result = text.replace(ESCAPE, (_all, escape: string) => {
    if (/^[uU]./.test(escape)) return character(Number.parseInt(escape.slice(1), 16));
    if (escape.length === 3) return String.fromCharCode(Number.parseInt(escape, 8) & 0xff);
    const meaning = C_ESCAPES.get(escape);
    if (meaning === undefined) unknown.push(escape);
    return meaning ?? '';
  });
  return unknown.length === 0 ? result : undefined;
}

/** UTF-8 of a character, as a byte string. */
function character(code: number): string {
  const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return bytesOfText(isCharacter ? String.fromCodePoint(code) : '\ufffd');
}

/** Words for what is no number as every reader of the format knows them. */
function spelled(value: string): string {
  if (/nan$/i.test(value)) return 'NaN';
  if (!/inf/i.test(value)) return value;
  return value.startsWith('-') ? '-Inf' : '+Inf';
}

/** Readers refuse the whole text for a number that no double can hold. */
function isTooLarge(value: string): boolean {
  return !/[in]/i.test(value) && !Number.isFinite(Number(value));
}
