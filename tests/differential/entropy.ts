/**
 * Choices taken from a list of numbers; when it is used up every choice is the first one. Shortening the list and
 * making its numbers smaller makes what is built from it simpler, which is how failing programs shrink.
 */
export class Entropy {
  readonly #numbers: readonly number[];
  #position = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  get isUsedUp(): boolean {
    return this.#position >= this.#numbers.length;
  }

  /** 0 … below - 1 */
  below(bound: number): number {
    return (this.#numbers[this.#position++] ?? 0) % bound;
  }

  /** One of the items, the first one when all choices are used up. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === times - 1;
  }
}
