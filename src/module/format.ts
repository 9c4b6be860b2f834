export type FormatConversion = 'b' | 'c' | 'd' | 'i' | 'M' | 'm' | 'o' | 'p' | 's' | 'u' | 'x' | 'X';

/** One piece of a printf format: literal text or a conversion. `*` widths and precisions take an argument each. */
export type FormatPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'conversion';
      readonly conversion: FormatConversion;
      readonly flag: '' | '0' | '+' | '-' | ' ' | '#';
      readonly width: number | '*' | undefined;
      readonly precision: number | '*' | undefined;
    };
