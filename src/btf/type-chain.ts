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
  return follow(reader, id, (kind) => kind === BTF_KIND.typedef || QUALIFIERS.has(kind)).at(-1) ?? id;
}

/** Whether a type has a tag of this name itself, not by a typedef: `user` for `__user`. */
export function hasTypeTag(reader: BtfReader, id: number, tag: string): boolean {
  return follow(reader, id, (kind) => QUALIFIERS.has(kind)).some(
    (each) => reader.kind(each) === BTF_KIND.typeTag && reader.name(each) === tag,
  );
}

function follow(reader: BtfReader, id: number, passes: (kind: number) => boolean): readonly number[] {
  const chain = [id];
  let at = id;
  while (passes(reader.kind(at))) {
    if (chain.length > LONGEST_CHAIN) throw new BtfError(`type ${id} refers to others without end`);
    at = reader.sizeOrType(at);
    chain.push(at);
  }
  return chain;
}
