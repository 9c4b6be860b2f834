/**
 * JavaScript names for symbols. A prefix keeps script names apart from ours, from reserved words and from
 * `__proto__`; a number keeps symbols of one name apart.
 */
export class NameTable {
  readonly #names = new Map<object, string>();
  readonly #taken = new Set<string>();

  /** The symbol's name, the same at every call; `base` matters at the first. */
  of(symbol: object, prefix: string, base: string): string {
    const known = this.#names.get(symbol);
    if (known !== undefined) return known;
    const name = this.fresh(prefix + base);
    this.#names.set(symbol, name);
    return name;
  }

  /** A name nobody else has, like the one wanted. Script names may hold `$`, which JavaScript names may too. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${wanted}$${number}`;
    this.#taken.add(name);
    return name;
  }
}
