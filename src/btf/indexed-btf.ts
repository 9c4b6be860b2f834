import type { BtfIndex } from './btf-index.ts';
import type { BtfKind } from './btf-kind.ts';
import { type BtfSections, splitSections } from './btf-sections.ts';
import type { BtfStore } from './btf-store.ts';
import type { LazyBytes } from './lazy-bytes.ts';
import { findInNameTable } from './name-table.ts';
import { isTextAt } from './section-text.ts';

const WORD_BYTES = 4;

/** BTF of which only the pages are read that hold what is asked for, found by an index. */
export class IndexedBtf implements BtfStore {
  readonly typeCount: number;
  readonly #lazy: LazyBytes;
  readonly #index: BtfIndex;
  readonly #sections: BtfSections;

  /** Throws BtfError when the headers are damaged. */
  constructor(lazy: LazyBytes, index: BtfIndex) {
    this.typeCount = index.typeCount;
    this.#lazy = lazy;
    this.#index = index;
    this.#sections = splitSections(lazy.bytes, (from, to) => lazy.need(from, to));
  }

  word(id: number, index: number): number | undefined {
    const start = this.#index.start(id);
    if (start === undefined) return undefined;
    const { types } = this.#sections;
    const at = types.byteOffset - this.#lazy.bytes.byteOffset + (start + index) * WORD_BYTES;
    this.#lazy.need(at, at + WORD_BYTES);
    return types[start + index];
  }

  strings(offset: number, end: number): Uint8Array {
    const { strings } = this.#sections;
    const at = strings.byteOffset - this.#lazy.bytes.byteOffset;
    this.#lazy.need(at + offset, at + end);
    return strings;
  }

  find(kind: BtfKind, name: string): number | undefined {
    const table = this.#index.table(kind);
    if (table === undefined) return undefined;
    return findInNameTable(
      table.length,
      (index) => this.#index.word(table.at + index),
      name,
      (offset) => isTextAt(this.strings(offset, offset + name.length + 1), offset, name),
    );
  }

  ids(kind: BtfKind): readonly number[] {
    this.#lazy.needEverything();
    const ids: number[] = [];
    for (let id = 1; id < this.typeCount; id++)
      if ((((this.word(id, 1) ?? 0) >>> 24) & 0x1f) === kind) ids.push(id);
    return ids;
  }
}
