/** Finds types by the bytes of their names; a number for each type, and no strings. */
export class NameIndex {
  readonly #strings: Uint8Array;
  /** Type ids; 0 is an empty slot. Of equal names the one added first is met first. */
  readonly #slots: Uint32Array;
  /** Where the name of the type in the same slot begins. */
  readonly #names: Uint32Array;

  /** `strings` is the string section, each text ended by a zero byte; at most `most` names will be added. */
  constructor(strings: Uint8Array, most: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.#strings = strings;
    this.#slots = new Uint32Array(size);
    this.#names = new Uint32Array(size);
  }

  add(id: number, nameOffset: number): void {
    const mask = this.#slots.length - 1;
    let slot = hashOfBytes(this.#strings, nameOffset) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
    this.#names[slot] = nameOffset;
  }

  /** The first type added under this name. */
  find(name: string): number | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = hashOfText(name) & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] ?? 0;
      if (id === 0) return undefined;
      if (isTextAt(this.#strings, this.#names[slot] ?? 0, name)) return id;
    }
  }
}

/** Whether the text at an offset of a string section begins with `name` and ends there. */
export function isTextAt(strings: Uint8Array, offset: number, name: string): boolean {
  return isPrefixAt(strings, offset, name) && strings[offset + name.length] === 0;
}

/** Whether the text at an offset of a string section begins with `prefix`. */
export function isPrefixAt(strings: Uint8Array, offset: number, prefix: string): boolean {
  for (let index = 0; index < prefix.length; index++)
    if (strings[offset + index] !== prefix.charCodeAt(index)) return false;
  return true;
}

/** FNV-1a, as the index needs only that names spread. */
const HASH_START = 0x811c9dc5;
const HASH_FACTOR = 0x01000193;

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
