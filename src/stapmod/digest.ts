const LANES = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;
const MULTIPLIER = 0x5bd1e995;
const BYTES_PER_WORD = 4;

/**
 * 128 bits of `bytes` as 32 hexadecimal digits, `seed` (a byte string) mixed in first. For finding damage and naming
 * things, not against forgery. A change within one 32-bit word always changes the result: each step maps a word and a
 * lane's state to the next state without loss. Our own few lines because node:crypto takes 2 ms to load and node:zlib
 * 1 ms; `bytes` is read word by word, which needs an offset in its buffer that is a multiple of 4 (else it is copied).
 */
export function digest128(bytes: Uint8Array, seed = ''): string {
  let [a, b, c, d]: [number, number, number, number] = [...LANES];
  for (let index = 0; index < seed.length; index++) {
    a = mix(a, seed.charCodeAt(index));
    b = mix(b, a);
  }
  const words = wordsOf(bytes);
  const end = words.length - (words.length % 4);
  for (let index = 0; index < end; index += 4) {
    a = Math.imul(a ^ (words[index] ?? 0), MULTIPLIER);
    b = Math.imul(b ^ (words[index + 1] ?? 0), MULTIPLIER);
    c = Math.imul(c ^ (words[index + 2] ?? 0), MULTIPLIER);
    d = Math.imul(d ^ (words[index + 3] ?? 0), MULTIPLIER);
    a ^= a >>> 15;
    b ^= b >>> 13;
    c ^= c >>> 14;
    d ^= d >>> 12;
  }
  for (let index = end; index < words.length; index++) a = mix(a, words[index] ?? 0);
  for (let index = words.length * BYTES_PER_WORD; index < bytes.length; index++)
    a = mix(a, bytes[index] ?? 0);
  a = mix(a, bytes.length);
  return [a, b, c, d].map((lane, index) => hex(settle([a, b, c, d], lane, index))).join('');
}

function mix(state: number, word: number): number {
  const product = Math.imul(state ^ word, MULTIPLIER);
  return product ^ (product >>> 15);
}

/** Each lane saw a quarter of the words: the last step lets every digit depend on all lanes. */
function settle(lanes: readonly number[], lane: number, index: number): number {
  let state = lane;
  for (let step = 1; step < LANES.length; step++)
    state = mix(state, lanes[(index + step) % LANES.length] ?? 0);
  return state;
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const count = Math.floor(bytes.length / BYTES_PER_WORD);
  if (bytes.byteOffset % BYTES_PER_WORD === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, count);
  return new Int32Array(bytes.slice(0, count * BYTES_PER_WORD).buffer, 0, count);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(2 * BYTES_PER_WORD, '0');
}
