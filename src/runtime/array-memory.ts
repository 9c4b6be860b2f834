import { fromBigInt } from '../int64/int64.ts';
import type { ScalarType } from '../module/compiled-module.ts';
import type { MapKey } from './associative-array.ts';
import { LITTLE_ENDIAN, readLong, readText, writeLong } from './native-memory.ts';
import type { Value } from './value.ts';

const LONG_BYTES = 8;

/** Bytes of the order of creation in front of each value. */
export const SEQUENCE_BYTES = 8;

/** How the keys of an array lie in a map: side by side, strings filled with NUL. */
export class KeyMemory {
  readonly #types: readonly ScalarType[];
  readonly #bytes: readonly number[];
  readonly #total: number;

  /** `bytes`: room of each key. */
  constructor(types: readonly ScalarType[], bytes: readonly number[]) {
    this.#types = types;
    this.#bytes = bytes;
    this.#total = bytes.reduce((total, size) => total + size, 0);
  }

  /** A string that is too long is cut to its room. */
  write(keys: readonly Value[]): Uint8Array {
    const memory = new Uint8Array(this.#total);
    const view = new DataView(memory.buffer);
    let at = 0;
    for (const [position, key] of keys.entries()) {
      const room = this.#bytes[position] ?? 0;
      if (typeof key === 'string') writeText(memory, at, room, key);
      else writeLong(view, at, key);
      at += room;
    }
    return memory;
  }

  read(memory: Uint8Array): readonly Value[] {
    const view = viewOf(memory);
    let at = 0;
    return this.#types.map((type, position) => {
      const room = this.#bytes[position] ?? 0;
      const key = type === 'long' ? readLong(view, at) : readText(view, at, room);
      at += room;
      return key;
    });
  }

  /** The keys that a look-up key was made of. */
  split(key: MapKey): readonly Value[] {
    if (this.#types.length === 1) return [key];
    return String(key)
      .split('\0')
      .map((text, position) => (this.#types[position] === 'long' ? fromBigInt(BigInt(text)) : text));
  }
}

/** Order of creation of an element; of per-CPU ones, whoever created it wrote it. `stride`: bytes of one value. */
export function readSequence(value: Uint8Array, stride: number): bigint {
  const view = viewOf(value);
  for (let at = 0; at + SEQUENCE_BYTES <= value.length; at += stride) {
    const sequence = view.getBigUint64(at, LITTLE_ENDIAN);
    if (sequence !== 0n) return sequence;
  }
  return 0n;
}

/** A value: its order of creation, then a long or a string of at most `room` bytes. */
export function writeScalar(sequence: bigint, content: Value, room: number): Uint8Array {
  const memory = new Uint8Array(SEQUENCE_BYTES + room);
  const view = new DataView(memory.buffer);
  view.setBigUint64(0, sequence, LITTLE_ENDIAN);
  if (typeof content === 'string') writeText(memory, SEQUENCE_BYTES, room, content);
  else if (room >= LONG_BYTES) writeLong(view, SEQUENCE_BYTES, content);
  return memory;
}

/** The long or string of a value. */
export function readScalar(value: Uint8Array, type: ScalarType): Value {
  const view = viewOf(value);
  if (type === 'long') return readLong(view, SEQUENCE_BYTES);
  return readText(view, SEQUENCE_BYTES, value.length - SEQUENCE_BYTES);
}

function writeText(memory: Uint8Array, at: number, room: number, text: string): void {
  const size = Math.min(room, text.length);
  for (let offset = 0; offset < size; offset += 1) memory[at + offset] = text.charCodeAt(offset);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
