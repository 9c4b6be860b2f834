import { textOfBytes } from './byte-text.ts';

const TAB_CELLS = 8;
const FIRST_PRINTABLE = 0x20;
const DELETE = 0x7f;
/** Control characters show as `^` and the character this far from them. */
const CARET_DISTANCE = 0x40;

/** What a terminal can show. */
export type CharacterSet = 'utf-8' | 'ascii';

/** The character set that the locale in the environment asks for; locale(7). */
export function characterSetOf(environment: Readonly<Record<string, string | undefined>>): CharacterSet {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return locale !== undefined && /utf-?8/i.test(locale) ? 'utf-8' : 'ascii';
}

/**
 * A line of untrusted bytes as text that a terminal only shows: control characters in caret notation (`^[`), tabs as
 * blanks, and `.` for what has no shape of its own or cannot be shown (C1 controls, marks of direction, characters
 * without meaning). Never holds a control character.
 */
export function printableText(bytes: string, characters: CharacterSet): string {
  if (/^[\x20-\x7e]*$/.test(bytes)) return bytes;
  const text = characters === 'utf-8' ? textOfBytes(bytes) : bytes;
  let shown = '';
  for (const character of text) {
    if (character === '\t') shown += ' '.repeat(TAB_CELLS - (shown.length % TAB_CELLS));
    else shown += shownCharacter(character, characters);
  }
  return shown;
}

function shownCharacter(character: string, characters: CharacterSet): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < FIRST_PRINTABLE || code === DELETE) return `^${String.fromCharCode(code ^ CARET_DISTANCE)}`;
  if (code < DELETE) return character;
  if (characters === 'ascii') return '.';
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]$/u.test(character) ? character : '.';
}
