/** A global as the command line names it: `NAME`, `NAME[KEY,…]`, with `=VALUE` after it. Byte strings. */
export interface GlobalWord {
  readonly name: string;
  /** Without quotes; empty: the whole global. */
  readonly keys: readonly string[];
  /** As `-G` takes it; undefined without `=`. */
  readonly value: string | undefined;
}

const QUOTED = /"((?:[^"\\]|\\[^])*)"/y;
const PLAIN = /[^,\]"]*/y;

/** The parts of a word; undefined when it names no global. Keys are numbers, string literals, or bare text. */
export function parseGlobalWord(word: string): GlobalWord | undefined {
  const name = /^[A-Za-z_]\w*/.exec(word)?.[0];
  if (name === undefined) return undefined;
  const bracketed = word[name.length] === '[' ? parseKeys(word, name.length + 1) : undefined;
  if (word[name.length] === '[' && bracketed === undefined) return undefined;
  const rest = word.slice(bracketed?.end ?? name.length);
  if (rest !== '' && !rest.startsWith('=')) return undefined;
  return { name, keys: bracketed?.keys ?? [], value: rest === '' ? undefined : rest.slice(1) };
}

function parseKeys(
  word: string,
  start: number,
): { readonly keys: readonly string[]; readonly end: number } | undefined {
  const keys: string[] = [];
  for (let position = start; ;) {
    const pattern = word[position] === '"' ? QUOTED : PLAIN;
    pattern.lastIndex = position;
    const match = pattern.exec(word);
    if (match === null) return undefined;
    keys.push(match[1] === undefined ? match[0].trim() : unescaped(match[1]));
    position = pattern.lastIndex;
    const next = word[position++];
    if (next === ']') return { keys, end: position };
    if (next !== ',') return undefined;
    while (word[position] === ' ') position++;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{1,3}|[^])/g, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(parseInt(code, 8) & 0xff) : (ESCAPES[code] ?? code),
  );
}
