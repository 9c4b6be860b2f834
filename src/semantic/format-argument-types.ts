import type { FormatPart } from '../module/format.ts';

/** The types of the arguments a format takes, in order: a `*` takes a number before its value. */
export function formatArgumentTypes(parts: readonly FormatPart[]): readonly ('long' | 'string')[] {
  const types: ('long' | 'string')[] = [];
  for (const part of parts) {
    if (part.kind === 'text') continue;
    if (part.width === '*') types.push('long');
    if (part.precision === '*') types.push('long');
    types.push(part.conversion === 's' ? 'string' : 'long');
  }
  return types;
}
