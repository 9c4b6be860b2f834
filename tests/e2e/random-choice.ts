/** Choices that are the same for the same seed. */
export interface Generator {
  /** True with that probability. */
  readonly chance: (probability: number) => boolean;
  readonly choose: <Item>(items: readonly Item[]) => Item;
  /** Up to `most` bytes. */
  readonly bytes: (most: number) => Buffer;
}

/** Choices from a seed, a number below 2^32 (Mulberry32). */
export function generator(seed: number): Generator {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (probability) => next() < probability,
    choose: <Item>(items: readonly Item[]) => items[Math.floor(next() * items.length)] as Item,
    bytes: (most) =>
      Buffer.from(Array.from({ length: Math.floor(next() * most) }, () => Math.floor(next() * 256))),
  };
}
