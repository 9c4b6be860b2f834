import type { BtfKind } from './btf-kind.ts';
import { findStarts, splitSections } from './btf-sections.ts';
import type { BtfStore } from './btf-store.ts';
import { isTextAt } from './section-text.ts';

/**
 * BTF that goes on from another: that of a kernel module, whose ids and strings are counted on from those of the kernel.
 */
export class SplitBtf implements BtfStore {
  readonly typeCount: number;
  readonly #base: BtfStore;
  readonly #words: Uint32Array;
  /** Word where each type begins, the first at 1. */
  readonly #starts: Uint32Array;
  readonly #baseStringBytes: number;
  /** At the places that they are known by; what lies before is not there. */
  readonly #strings: Uint8Array;

  /** `bytes` must not change. Throws BtfError. */
  constructor(base: BtfStore, bytes: Uint8Array) {
    const { types, strings } = splitSections(bytes, undefined, 'split');
    this.#base = base;
    this.#words = types;
    this.#starts = findStarts(types);
    this.typeCount = base.typeCount + this.#starts.length - 1;
    this.#baseStringBytes = base.strings(0, 1).length;
    this.#strings = new Uint8Array(this.#baseStringBytes + strings.length);
    this.#strings.set(strings, this.#baseStringBytes);
  }

  word(id: number, index: number): number | undefined {
    if (id < this.#base.typeCount) return this.#base.word(id, index);
    const start = this.#starts[id - this.#base.typeCount + 1];
    return start === undefined ? undefined : this.#words[start + index];
  }

  strings(offset: number, end: number): Uint8Array {
    return offset < this.#baseStringBytes ? this.#base.strings(offset, end) : this.#strings;
  }

  /** Types of the module come before those of the kernel. */
  find(kind: BtfKind, name: string): number | undefined {
    const isNamed = (id: number): boolean => {
      const offset = this.word(id, 0) ?? 0;
      return isTextAt(this.strings(offset, offset + name.length + 1), offset, name);
    };
    return this.ownIds(kind).find(isNamed) ?? this.#base.find(kind, name);
  }

  ids(kind: BtfKind): readonly number[] {
    return [...this.#base.ids(kind), ...this.ownIds(kind)];
  }

  /** Ids of the module's types of a kind, rising. */
  ownIds(kind: BtfKind): readonly number[] {
    const ids: number[] = [];
    for (let id = this.#base.typeCount; id < this.typeCount; id++)
      if ((((this.word(id, 1) ?? 0) >>> 24) & 0x1f) === kind) ids.push(id);
    return ids;
  }
}
