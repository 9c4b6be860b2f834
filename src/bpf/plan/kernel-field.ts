import type { KernelFacts, MemberFacts, TypeFacts } from '../../probes/kernel-facts.ts';
import type { LongExpression } from '../ir.ts';
import { binary, constant } from './fold.ts';

/** A step to a part of a value: a member by name, or an element by its index. Pointers are followed on the way. */
export type FieldStep = string | { readonly index: LongExpression };

interface Place {
  readonly address: LongExpression;
  readonly type: TypeFacts;
}

/**
 * The number in a field of a structure at `address`, 8 bytes at `skipped` of a text; a field behind a pointer that is not
 * readable is 0. Undefined when the kernel has no such field.
 */
export function kernelField(
  kernel: KernelFacts,
  address: LongExpression,
  structure: string,
  path: readonly FieldStep[],
  skipped = 0,
): LongExpression | undefined {
  const type = kernel.type(structure);
  let place: Place | undefined = type && { address, type };
  for (const step of path) place = place && follow(pointed(place), step);
  return place && load(place, skipped);
}

function pointed(place: Place): Place {
  const { type } = place;
  return type.kind === 'pointer' ? { address: read(place.address, 8, false), type: type.to() } : place;
}

function follow({ address, type }: Place, step: FieldStep): Place | undefined {
  if (typeof step !== 'string') {
    if (type.kind !== 'array') return undefined;
    const element = type.element();
    const size = sizeOf(element);
    if (size === undefined) return undefined;
    return {
      address: binary('+', address, binary('*', step.index, constant(size))),
      type: element,
    };
  }
  const member = findMember(type, step);
  return (
    member && { address: binary('+', address, constant(Math.floor(member.bitOffset / 8))), type: member.type }
  );
}

/** Also in anonymous members. */
function findMember(type: TypeFacts, name: string): Omit<MemberFacts, 'name'> | undefined {
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined;
  for (const member of type.members()) {
    if (member.name === name) return member.bitSize === undefined ? member : undefined;
    if (member.name !== '') continue;
    const inner = findMember(member.type, name);
    if (inner !== undefined) return { ...inner, bitOffset: member.bitOffset + inner.bitOffset };
  }
  return undefined;
}

function load({ address, type }: Place, skipped: number): LongExpression | undefined {
  switch (type.kind) {
    case 'integer':
    case 'enum': {
      const { size, signed } = type;
      return size === 1 || size === 2 || size === 4 || size === 8 ? read(address, size, signed) : undefined;
    }
    case 'pointer':
      return read(address, 8, false);
    case 'array':
      return read(binary('+', address, constant(skipped)), 8, false);
    case 'struct':
    case 'union': {
      // kuid_t and its like hold a single number.
      const [only, ...others] = type.members();
      return only !== undefined && others.length === 0
        ? load({ address, type: only.type }, skipped)
        : undefined;
    }
    default:
      return undefined;
  }
}

function read(address: LongExpression, size: 1 | 2 | 4 | 8, signed: boolean): LongExpression {
  return { kind: 'read', space: 'kernel', address, size, signed };
}

function sizeOf(type: TypeFacts): number | undefined {
  switch (type.kind) {
    case 'integer':
    case 'enum':
    case 'struct':
    case 'union':
    case 'float':
      return type.size;
    case 'pointer':
      return 8;
    default:
      return undefined;
  }
}
