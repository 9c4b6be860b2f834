/**
 * Finds types by their names: a hash table of pairs, the id of a type and the offset of its name in the string section.
 * Id 0 is a free pair. Of equal names the one put in first is found.
 */
export type NameTable = Uint32Array;

const PAIR_WORDS = 2;
const HASH_START = 0x811c9dc5;
const HASH_FACTOR = 0x01000193;

/** A table of these types; `nameOffset` tells where the name of each is. */
export function makeNameTable(
  strings: Uint8Array,
  ids: readonly number[],
  nameOffset: (id: number) => number,
): NameTable {
  const pairs = 2 ** Math.ceil(Math.log2(2 * ids.length + 2));
  const table = new Uint32Array(pairs * PAIR_WORDS);
  for (const id of ids) {
    const name = nameOffset(id);
    let pair = hashOfBytes(strings, name) & (pairs - 1);
    while (table[pair * PAIR_WORDS] !== 0) pair = (pair + 1) & (pairs - 1);
    table[pair * PAIR_WORDS] = id;
    table[pair * PAIR_WORDS + 1] = name;
  }
  return table;
}

/**
 * The first type of this name. `word` answers words of a table of `length` words; `isName` whether a name is at an offset.
 */
export function findInNameTable(
  length: number,
  word: (index: number) => number,
  name: string,
  isName: (offset: number) => boolean,
): number | undefined {
  const pairs = length / PAIR_WORDS;
  let pair = hashOfText(name) & (pairs - 1);
  // A damaged table may have no free pair.
  for (let step = 0; step < pairs; step++) {
    const id = word(pair * PAIR_WORDS);
    if (id === 0) return undefined;
    if (isName(word(pair * PAIR_WORDS + 1))) return id;
    pair = (pair + 1) & (pairs - 1);
  }
  return undefined;
}

/** FNV-1a; all it must do is spread names. */
function hashOfBytes(strings: Uint8Array, offset: number): number {
  let hash = HASH_START;
  for (let at = offset; ; at++) {
    const byte = strings[at] ?? 0;
    if (byte === 0) return mixed(hash);
    hash = Math.imul(hash ^ byte, HASH_FACTOR);
  }
}

function hashOfText(name: string): number {
  let hash = HASH_START;
  for (let index = 0; index < name.length; index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), HASH_FACTOR);
  return mixed(hash);
}

function mixed(hash: number): number {
  return (hash ^ (hash >>> 15)) >>> 0;
}
