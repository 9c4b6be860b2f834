/** Bits of `characterClass`. */
export const SPACE = 1;
export const DIGIT = 2;
export const LETTER = 4;
/** May start an identifier: letters, `_`, `$`, `@`. */
export const IDENTIFIER_START = 8;
/** May continue an identifier: letters, digits, `_`, `$`. */
export const IDENTIFIER_PART = 16;

/** May be the second character of an operator. */
export const OPERATOR_TAIL = 32;

const CLASSES: Uint8Array = buildClasses();

/** Class bits of a byte; 0 for a character code that is no byte (past the end). */
export function characterClass(code: number): number {
  return CLASSES[code] ?? 0;
}

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const mark = (characters: string, bits: number): void => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      classes[code] = (classes[code] ?? 0) | bits;
    }
  };
  const lower = 'abcdefghijklmnopqrstuvwxyz';
  mark(' \t\n\v\f\r', SPACE);
  mark('0123456789', DIGIT | IDENTIFIER_PART);
  mark(lower + lower.toUpperCase(), LETTER | IDENTIFIER_START | IDENTIFIER_PART);
  mark('_$', IDENTIFIER_START | IDENTIFIER_PART);
  mark('@', IDENTIFIER_START);
  mark('=<>&|+-~(?:)', OPERATOR_TAIL);
  return classes;
}
