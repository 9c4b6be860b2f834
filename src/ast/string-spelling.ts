const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['"', '\\"'],
  ['\\', '\\\\'],
]);

/** A spelling for a string value, without the quotes: parsing it gives the value again. */
export function spellString(value: string): string {
  return value.replace(
    /[^ !#-[\]-~]/g,
    (byte) => ESCAPES.get(byte) ?? `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}

/** A spelling as dumps show it: backslashes that change nothing are dropped. */
export function tidySpelling(raw: string): string {
  return raw.replace(/\\([^])/g, (escape, character: string) =>
    /[abtnvfrx0-7\\"\n]/.test(character) ? escape : character,
  );
}
