import type { BtfKind } from './btf-kind.ts';
import { findStarts, splitSections } from './btf-sections.ts';
import type { BtfStore } from './btf-store.ts';
import { findInNameTable, makeNameTable, type NameTable } from './name-table.ts';
import { isTextAt } from './section-text.ts';

/** So many names of a kind are looked for one by one; then all of them are put into a table. */
const SEARCHES_BEFORE_TABLE = 3;

/** BTF in memory. Making one only finds where each type begins. */
export class WholeBtf implements BtfStore {
  readonly typeCount: number;
  readonly #words: Uint32Array;
  /** Word where each type begins, by id. */
  readonly #starts: Uint32Array;
  readonly #strings: Uint8Array;
  readonly #tables = new Map<BtfKind, NameTable>();
  readonly #searches = new Map<BtfKind, number>();

  /** `bytes` are kept, not copied, when they lie on a multiple of four; they must not change. Throws BtfError. */
  constructor(bytes: Uint8Array) {
    const sections = splitSections(bytes);
    this.#words = sections.types;
    this.#strings = sections.strings;
    this.#starts = findStarts(this.#words);
    this.typeCount = this.#starts.length;
  }

  word(id: number, index: number): number | undefined {
    const start = id === 0 ? undefined : this.#starts[id];
    return start === undefined ? undefined : this.#words[start + index];
  }

  strings(): Uint8Array {
    return this.#strings;
  }

  find(kind: BtfKind, name: string): number | undefined {
    const isName = (offset: number) => isTextAt(this.#strings, offset, name);
    const searches = (this.#searches.get(kind) ?? 0) + 1;
    this.#searches.set(kind, searches);
    if (searches > SEARCHES_BEFORE_TABLE) {
      const table = this.nameTable(kind);
      return findInNameTable(table.length, (index) => table[index] ?? 0, name, isName);
    }
    for (let id = this.#next(kind, 0); id !== 0; id = this.#next(kind, id))
      if (isName(this.#nameOffset(id))) return id;
    return undefined;
  }

  ids(kind: BtfKind): readonly number[] {
    const ids: number[] = [];
    for (let id = this.#next(kind, 0); id !== 0; id = this.#next(kind, id)) ids.push(id);
    return ids;
  }

  /** All types of a kind by their names. */
  nameTable(kind: BtfKind): NameTable {
    const known = this.#tables.get(kind);
    if (known !== undefined) return known;
    const table = makeNameTable(this.#strings, this.ids(kind), (id) => this.#nameOffset(id));
    this.#tables.set(kind, table);
    return table;
  }

  /** Word where each type begins, by id. */
  get starts(): Uint32Array {
    return this.#starts;
  }

  #nameOffset(id: number): number {
    return this.#words[this.#starts[id] ?? 0] ?? 0;
  }

  /** The next id of this kind, 0 behind the last. A loop of its own, because it goes over all types again and again. */
  #next(kind: BtfKind, after: number): number {
    const words = this.#words;
    const starts = this.#starts;
    const count = this.typeCount;
    for (let id = after + 1; id < count; id++) {
      const info = words[(starts[id] ?? 0) + 1] ?? 0;
      if (((info >>> 24) & 0x1f) === kind) return id;
    }
    return 0;
  }
}
