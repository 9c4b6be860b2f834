import type { KernelValue } from '../ir.ts';
import type { Register } from '../registers.ts';
import { addressOf, SCRATCH, WORK_REGISTERS } from './emission.ts';
import type { Emission } from './emission.ts';
import { arrayGlobal } from './global-shape.ts';

/** Keys of at most so many bytes are built on the stack. */
const MOST_STACK_BYTES = 96;
const LONG_BYTES = 8;

/** Has the key of an element in memory while `write` runs. */
export function withKey<T>(
  emission: Emission,
  global: number,
  keys: readonly KernelValue[],
  write: (base: Register, offset: number) => T,
): T {
  const { frame, scratch } = emission;
  const { keyBytes } = arrayGlobal(emission, global);
  const bytes = keyBytes.reduce((sum, each) => sum + each, 0);
  const build = (base: Register) => (offset: number) => {
    let at = offset;
    for (const [index, key] of keys.entries()) {
      const room = keyBytes[index] ?? LONG_BYTES;
      writeKey(emission, key, base, at, room);
      at += room;
    }
    return write(base, offset);
  };
  // The stack wants words at multiples of 8.
  const fits = bytes <= MOST_STACK_BYTES && keyBytes.every((each) => each % LONG_BYTES === 0);
  return fits ? frame.scoped(bytes, build('r10')) : scratch.scoped(bytes + LONG_BYTES, build(SCRATCH));
}

/** See Emission.lookup. */
export function writeLookup(emission: Emission, global: number, keys: readonly KernelValue[]): void {
  withKey(emission, global, keys, (base, offset) => {
    writeLookupOf(emission, arrayGlobal(emission, global).map, base, offset);
  });
}

/** r0 = address of the value with that key in the map, or 0. */
export function writeLookupOf({ assembler }: Emission, map: number, base: Register, offset: number): void {
  assembler.map('r1', map);
  addressOf(assembler, 'r2', base, offset);
  assembler.call('map_lookup_elem');
}

function writeKey(emission: Emission, key: KernelValue, base: Register, offset: number, room: number): void {
  if (key.type === 'long') {
    emission.long(key.value, 'r0', WORK_REGISTERS);
    emission.assembler.store(8, base, offset, 'r0');
  } else emission.text(key.value, { base, offset, capacity: room, isFilled: true }, false);
}
