import type { BtfKind } from './btf-kind.ts';

/** Where a `BtfReader` reads: BTF that is in memory as a whole, or page by page with an index beside it. */
export interface BtfStore {
  /** One more than the highest id; 0 is `void`. */
  readonly typeCount: number;
  /** A word of a type, counted from its beginning; undefined when there is no such type. Throws BtfError. */
  word(id: number, index: number): number | undefined;
  /** The string section, of which the bytes from `offset` up to `end` can be used afterwards. */
  strings(offset: number, end: number): Uint8Array;
  /** The first type of this kind and name. */
  find(kind: BtfKind, name: string): number | undefined;
  /** Ids of all types of a kind, rising. */
  ids(kind: BtfKind): readonly number[];
}
