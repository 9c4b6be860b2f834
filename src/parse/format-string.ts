import type { FormatConversion, FormatPart } from '../module/format.ts';
import type { ParseMessageCode } from './messages.ts';

/** The parts of a printf format, or the code of what is wrong with it. `format` has its escapes decoded. */
export function parseFormat(format: string): readonly FormatPart[] | ParseMessageCode {
  const parts: FormatPart[] = [];
  let text = '';
  let at = 0;
  while (at < format.length) {
    const percent = format.indexOf('%', at);
    if (percent === -1) {
      text += format.slice(at);
      break;
    }
    text += format.slice(at, percent);
    if (format[percent + 1] === '%') {
      text += '%';
      at = percent + 2;
      continue;
    }
    CONVERSION.lastIndex = percent;
    const match = CONVERSION.exec(format);
    if (match === null) return isUnfinished(format, percent) ? 'incomplete-conversion' : 'invalid-conversion';
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
    parts.push(conversionPart(match));
    at = CONVERSION.lastIndex;
  }
  if (text !== '') parts.push({ kind: 'text', text });
  return parts;
}

const CONVERSION = /%([-0+ #]?)(\*|\d+)?(?:\.(\*|\d*))?l?([bcdiMmopsuxX])/y;

/** Flags, width and precision fill the rest of the text: only the letter is missing. */
function isUnfinished(format: string, percent: number): boolean {
  return (
    percent + 1 < format.length && /^%[-0+ #]?(?:\*|\d+)?(?:\.(?:\*|\d*))?l?$/.test(format.slice(percent))
  );
}

function conversionPart([, flag, width, precision, letter]: RegExpExecArray): FormatPart {
  return {
    kind: 'conversion',
    conversion: letter as FormatConversion,
    flag: flag as Extract<FormatPart, { kind: 'conversion' }>['flag'],
    width: count(width),
    precision: precision === '' ? 0 : count(precision),
  };
}

function count(digits: string | undefined): number | '*' | undefined {
  if (digits === undefined || digits === '*') return digits;
  // Nothing is ever printed wider than this; it also keeps absurd widths within a C int.
  return Math.min(Number(digits), 0x7fffffff);
}
