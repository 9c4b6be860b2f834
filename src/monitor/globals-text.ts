import type { GlobalView } from '../runtime/global-store.ts';
import type { StatisticDescription } from '../runtime/statistic-description.ts';
import type { Value } from '../runtime/value.ts';
import { cellWidth, cutText, textWidth } from './cell-width.ts';
import { printableText } from './printable-text.ts';
import type { CharacterSet } from './printable-text.ts';

/** Elements of an array and bytes of a string shown; `monitor_status` has more. */
const SHOWN_ELEMENTS = 8;
const SHOWN_BYTES = 128;

/** `name: value` of every global, as one text each; long arrays and strings shortened. */
export function globalTexts(globals: readonly GlobalView[], characters: CharacterSet): readonly string[] {
  return globals.map((global) => `${global.name}: ${globalText(global, characters)}`);
}

function globalText(global: GlobalView, characters: CharacterSet): string {
  if (global.elements === undefined)
    return global.value === undefined ? '' : contentText(global.value, characters);
  const shown = global.elements.slice(0, SHOWN_ELEMENTS).map(({ keys, value }) => {
    const key = keys.map((part) => contentText(part, characters)).join(',');
    return `(${key}): ${contentText(value, characters)}`;
  });
  if (global.elements.length > shown.length) shown.push(`... ${global.elements.length} elements`);
  return `{${shown.join(', ')}}`;
}

function contentText(value: Value | StatisticDescription, characters: CharacterSet): string {
  if (typeof value === 'string') {
    const rest = value.length > SHOWN_BYTES ? '...' : '';
    const shown = printableText(value.slice(0, SHOWN_BYTES), characters);
    return `"${shown.replace(/["\\]/g, '\\$&')}${rest}"`;
  }
  if (typeof value !== 'object') return String(value);
  const { count, min = 0, max = 0, sum = 0, avg = 0 } = value;
  return `{@count: ${count}, @min: ${min}, @max: ${max}, @sum: ${sum}, @avg: ${avg}}`;
}

/**
 * The texts one after the other, wrapped at blanks into lines of `width` cells, at most `maxLines`; what does not fit
 * is told at the end of the last line.
 */
export function wrapTexts(texts: readonly string[], width: number, maxLines: number): readonly string[] {
  if (width <= 0 || maxLines <= 0) return [];
  const lines = wrapped(texts.join(' '), width, maxLines + 1);
  if (lines.length <= maxLines) return lines;
  const kept = lines.slice(0, maxLines);
  const last = kept[maxLines - 1] ?? '';
  return [...kept.slice(0, -1), `${cutText(last, Math.max(0, width - 4))} ...`.slice(0, width)];
}

function wrapped(text: string, width: number, maxLines: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < maxLines) {
    const line = textWidth(rest) <= width ? rest : firstLine(rest, width);
    lines.push(line.trimEnd());
    rest = rest.slice(line.length).trimStart();
  }
  return lines;
}

/** Up to the last blank that fits, or as much as fits; at least one character. */
function firstLine(text: string, width: number): string {
  let used = 0;
  let fits = '';
  for (const character of text) {
    used += cellWidth(character);
    if (used > width && fits !== '') break;
    fits += character;
  }
  const blank = fits.lastIndexOf(' ');
  return blank > 0 && text.charAt(fits.length) !== ' ' ? fits.slice(0, blank) : fits;
}
