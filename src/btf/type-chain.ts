import { BtfError } from './btf-error.ts';
import { BTF_KIND } from './btf-kind.ts';
import type { BtfReader } from './btf-reader.ts';

/** The kernel itself takes no more than 32. */
const LONGEST_CHAIN = 64;

const QUALIFIERS: ReadonlySet<number> = new Set([
  BTF_KIND.const,
  BTF_KIND.volatile,
  BTF_KIND.restrict,
  BTF_KIND.typeTag,
]);

/** The type behind qualifiers and type tags, and behind typedefs. A `BtfError` when they form a circle. */
export function withoutTypedefs(reader: BtfReader, id: number): number {
  let at = id;
  for (let step = 0; step < LONGEST_CHAIN; step++) {
    const kind = reader.kind(at);
    if (kind !== BTF_KIND.typedef && !QUALIFIERS.has(kind)) return at;
    at = reader.sizeOrType(at);
  }
  throw endless(id);
}

/** Whether a type has a tag of this name itself, not by a typedef: `user` for `__user`. */
export function hasTypeTag(reader: BtfReader, id: number, tag: string): boolean {
  let at = id;
  for (let step = 0; step < LONGEST_CHAIN; step++) {
    const kind = reader.kind(at);
    if (!QUALIFIERS.has(kind)) return false;
    if (kind === BTF_KIND.typeTag && reader.name(at) === tag) return true;
    at = reader.sizeOrType(at);
  }
  throw endless(id);
}

function endless(id: number): BtfError {
  return new BtfError(`type ${id} refers to others without end`);
}
