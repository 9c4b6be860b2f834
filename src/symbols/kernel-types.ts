import { BtfError } from '../btf/btf-error.ts';
import { BTF_KIND } from '../btf/btf-kind.ts';
import type { BtfReader } from '../btf/btf-reader.ts';
import { spellType } from '../btf/spell-type.ts';
import { hasTypeTag, withoutTypedefs } from '../btf/type-chain.ts';
import { fromBigInt } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import type { MemberFacts, TypeFacts } from '../probes/kernel-facts.ts';

const SIGNED = 1;
const CHARACTER = 2;
const CHARACTER_NAMES: ReadonlySet<string> = new Set(['char', 'signed char', 'unsigned char']);

type Enumerators = Extract<TypeFacts, { kind: 'enum' }>['enumerators'];

/** Facts about the type with this id. What is asked for later (members, targets) may throw a `BtfError` as well. */
export function typeFacts(reader: BtfReader, id: number): TypeFacts {
  const base = withoutTypedefs(reader, id);
  const spelling = spellType(reader, id);
  const kind = reader.kind(base);
  switch (kind) {
    case BTF_KIND.void:
      return { spelling, kind: 'void' };
    case BTF_KIND.integer:
      return { spelling, ...integerFacts(reader, base) };
    case BTF_KIND.float:
      return { spelling, kind: 'float', size: reader.sizeOrType(base) };
    case BTF_KIND.pointer: {
      const target = reader.sizeOrType(base);
      const isUser = hasTypeTag(reader, target, 'user');
      return { spelling, kind: 'pointer', isUser, to: () => typeFacts(reader, target) };
    }
    case BTF_KIND.array: {
      const element = reader.extra(base, 0);
      return {
        spelling,
        kind: 'array',
        length: reader.extra(base, 2),
        element: () => typeFacts(reader, element),
      };
    }
    case BTF_KIND.enum:
    case BTF_KIND.enum64:
      return {
        spelling,
        kind: 'enum',
        name: reader.name(base),
        size: reader.sizeOrType(base),
        signed: reader.flag(base),
        enumerators: enumerators(reader, base),
      };
    case BTF_KIND.prototype:
      return { spelling, kind: 'function' };
    case BTF_KIND.struct:
    case BTF_KIND.union:
    case BTF_KIND.forward:
      return { spelling, ...compositeFacts(reader, base) };
    default:
      throw new BtfError(`type ${id} is no type of C`);
  }
}

/** Value of the enumerator of this name in any enum. */
export function findEnumerator(reader: BtfReader, name: string): Int64 | undefined {
  for (const kind of [BTF_KIND.enum, BTF_KIND.enum64])
    for (const id of reader.ids(kind)) {
      const words = kind === BTF_KIND.enum ? 2 : 3;
      for (let index = 0; index < reader.partCount(id); index++)
        if (reader.hasText(reader.extra(id, index * words), name)) return enumeratorValue(reader, id, index);
    }
  return undefined;
}

function integerFacts(reader: BtfReader, id: number) {
  const size = reader.sizeOrType(id);
  if (![1, 2, 4, 8, 16].includes(size)) throw new BtfError(`type ${id} is an integer of ${size} bytes`);
  const encoding = (reader.extra(id, 0) >>> 24) & 0xf;
  return {
    kind: 'integer' as const,
    size,
    signed: (encoding & SIGNED) !== 0,
    isCharacter: size === 1 && ((encoding & CHARACTER) !== 0 || CHARACTER_NAMES.has(reader.name(id))),
  };
}

/** A forward declaration stands for the type that it announces, where BTF has that; else it has no members. */
function compositeFacts(reader: BtfReader, id: number) {
  const isForward = reader.kind(id) === BTF_KIND.forward;
  const isUnion = isForward ? reader.flag(id) : reader.kind(id) === BTF_KIND.union;
  const name = reader.name(id);
  const complete = isForward ? reader.find(isUnion ? BTF_KIND.union : BTF_KIND.struct, name) : id;
  return {
    kind: isUnion ? ('union' as const) : ('struct' as const),
    name,
    size: complete === undefined ? 0 : reader.sizeOrType(complete),
    members: () => (complete === undefined ? [] : memberFacts(reader, complete)),
  };
}

/** Most members of a large structure are passed by when one is looked for: their types are read when asked for. */
function memberFacts(reader: BtfReader, id: number): readonly MemberFacts[] {
  const hasBitFields = reader.flag(id);
  return Array.from({ length: reader.partCount(id) }, (_, index) => {
    const typeId = reader.extra(id, 3 * index + 1);
    const place = reader.extra(id, 3 * index + 2);
    return {
      name: reader.text(reader.extra(id, 3 * index)),
      get type() {
        return typeFacts(reader, typeId);
      },
      ...(hasBitFields ? placeByFlag(place) : placeByInteger(reader, typeId, place)),
    };
  });
}

/** With `kind_flag` the size in bits is in the upper byte. */
function placeByFlag(place: number) {
  const bitSize = place >>> 24;
  return { bitOffset: place & 0xffffff, ...(bitSize === 0 ? {} : { bitSize }) };
}

/** Without `kind_flag` a bit field is a member whose integer type has fewer bits than its bytes. */
function placeByInteger(reader: BtfReader, typeId: number, place: number) {
  const base = withoutTypedefs(reader, typeId);
  if (reader.kind(base) !== BTF_KIND.integer) return { bitOffset: place };
  const word = reader.extra(base, 0);
  const bits = word & 0xff;
  if (bits === 0 || bits === reader.sizeOrType(base) * 8) return { bitOffset: place };
  return { bitOffset: place + ((word >>> 16) & 0xff), bitSize: bits };
}

function enumerators(reader: BtfReader, id: number): Enumerators {
  const words = reader.kind(id) === BTF_KIND.enum ? 2 : 3;
  return () =>
    Array.from({ length: reader.partCount(id) }, (_, index) => ({
      name: reader.text(reader.extra(id, index * words)),
      value: enumeratorValue(reader, id, index),
    }));
}

function enumeratorValue(reader: BtfReader, id: number, index: number): Int64 {
  if (reader.kind(id) === BTF_KIND.enum) {
    const value = reader.extra(id, 2 * index + 1);
    return reader.flag(id) ? value | 0 : value;
  }
  const low = reader.extra(id, 3 * index + 1);
  return fromBigInt((BigInt(reader.extra(id, 3 * index + 2)) << 32n) | BigInt(low));
}
