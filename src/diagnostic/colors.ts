/** Select-graphic-rendition parameters of each part of a message; an absent part is not coloured. */
export interface Colors {
  readonly error?: string;
  readonly warning?: string;
  readonly source?: string;
  readonly caret?: string;
  readonly token?: string;
}

export type ColoredPart = keyof Colors;

const DEFAULT_COLORS: Colors = {
  error: '01;31',
  warning: '00;33',
  source: '00;34',
  caret: '01',
  token: '01',
};

/**
 * Colours for messages. `spec` is the value of SYSTEMTAP_COLORS, `key=sgr:key=sgr…`, laid over the defaults;
 * an empty or malformed value means no colour at all, `undefined` (unset) means the defaults. See stap(1).
 */
export function parseColors(spec: string | undefined): Colors | undefined {
  if (spec === undefined) return DEFAULT_COLORS;
  if (spec === '') return undefined;
  const colors: { -readonly [Part in ColoredPart]?: string } = { ...DEFAULT_COLORS };
  for (const field of spec.split(':')) {
    const match = /^(error|warning|source|caret|token)=([0-9;]+)$/.exec(field);
    if (match === null) return undefined;
    colors[match[1] as ColoredPart] = match[2] ?? '';
  }
  return colors;
}

/** The text wrapped in the colour of its part, or as it is when there is none. */
export function colorize(text: string, part: ColoredPart, colors: Colors | undefined): string {
  const sgr = colors?.[part];
  return sgr === undefined ? text : `\x1b[${sgr}m\x1b[K${text}\x1b[m\x1b[K`;
}
