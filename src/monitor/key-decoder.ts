/** Keys with a meaning of their own; every other one is a character. */
export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'tab'
  | 'enter'
  | 'backspace'
  | 'escape'
  | 'redraw'
  | 'unknown';

/** One key press with the bytes it came as. */
export type Key =
  | { readonly kind: NamedKey; readonly bytes: string }
  | { readonly kind: 'character'; readonly bytes: string };

/** Last part of the sequences ESC [ … and ESC O … that terminals send. */
const SEQUENCES: Readonly<Record<string, NamedKey>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '7~': 'home',
  '4~': 'end',
  '8~': 'end',
  '5~': 'page-up',
  '6~': 'page-down',
};

const CONTROLS: Readonly<Record<string, NamedKey>> = {
  '\t': 'tab',
  '\n': 'enter',
  '\r': 'enter',
  '\b': 'backspace',
  '\x7f': 'backspace',
  '\x0c': 'redraw',
};

/** Longest sequence waited for; what goes on longer is no key. */
const SEQUENCE_MAX = 16;

/** Makes keys of the bytes that a terminal sends, which may break a key's sequence in two. */
export class KeyDecoder {
  #rest = '';

  /** The keys in these bytes (one unit per byte). An ESC at the end of what was read is the key Esc. */
  keys(bytes: string): readonly Key[] {
    let input = this.#rest + bytes;
    this.#rest = '';
    const keys: Key[] = [];
    while (input !== '') {
      const key = nextKey(input);
      if (key === undefined) {
        this.#rest = input;
        break;
      }
      keys.push(key);
      input = input.slice(key.bytes.length);
    }
    return keys;
  }
}

/** undefined: the rest of a sequence has not come yet. */
function nextKey(input: string): Key | undefined {
  const first = input.charAt(0);
  if (first !== '\x1b') return { kind: CONTROLS[first] ?? 'character', bytes: first };
  const sequence = /^\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]|O[\x40-\x7e])/.exec(input)?.[0];
  if (sequence !== undefined) return { kind: SEQUENCES[sequence.slice(2)] ?? 'unknown', bytes: sequence };
  if (/^\x1b(?:\[[\x20-\x3f]*|O)$/.test(input) && input.length <= SEQUENCE_MAX) return undefined;
  return { kind: 'escape', bytes: first };
}
