import type { Expression, Selector } from '../ast/expression.ts';
import { fromBigInt } from '../int64/int64.ts';
import type { Token } from '../source/token.ts';
import { arithmetic, type EventCalls, type MemorySpace } from './event-calls.ts';
import type { MemberFacts, TypeFacts } from './kernel-facts.ts';
import { pointError } from './point-error.ts';
import { similarNames } from './similar-names.ts';

/** A value with a C type: a long that is at hand already, or an object in memory. */
export type TypedPlace =
  | {
      readonly kind: 'value';
      readonly expression: Expression;
      readonly type: TypeFacts;
      readonly space: MemorySpace;
    }
  | {
      readonly kind: 'memory';
      readonly address: Expression;
      readonly type: TypeFacts;
      readonly space: MemorySpace;
      /** Bit field: the bits counted from `address`. */
      readonly bits?: { readonly offset: number; readonly size: number };
    };

type MemoryPlace = Extract<TypedPlace, { kind: 'memory' }>;

/** Bytes of a pointer. */
const POINTER_BYTES = 8;

/**
 * Follows `->member` and `[index]` from a place.
 * @throws DiagnosticError with SystemTap's words where the type has no such part
 */
export function followSelectors(
  start: TypedPlace,
  selectors: readonly Selector[],
  calls: EventCalls,
): TypedPlace {
  let place = start;
  for (const selector of selectors)
    place =
      selector.kind === 'member'
        ? memberOf(place, selector.name, selector.token, calls)
        : elementOf(place, selector.index, selector.token, calls);
  return place;
}

/**
 * The long that reading a place gives: numbers as they are, arrays as their address.
 * @throws DiagnosticError for structures and other types that no long can hold
 */
export function readPlace(place: TypedPlace, calls: EventCalls, token: Token): Expression {
  const { type } = place;
  switch (type.kind) {
    case 'integer':
    case 'enum':
      if (type.size > POINTER_BYTES) throw unreadable(type, token);
      return readNumber(place, type.size, type.signed, calls, token);
    case 'pointer': {
      const address = readNumber(place, POINTER_BYTES, false, calls, token);
      calls.pointers.set(address, { to: type.to(), space: type.isUser ? 'user' : place.space });
      return address;
    }
    case 'array':
    case 'function': {
      const address = place.kind === 'value' ? place.expression : place.address;
      if (type.kind === 'array') calls.pointers.set(address, { to: type.element(), space: place.space });
      return address;
    }
    case 'struct':
    case 'union':
      throw pointError(
        'structure-as-value',
        `'${type.spelling}' is being accessed instead of a member`,
        token,
      );
    case 'void':
    case 'float':
      throw unreadable(type, token);
  }
}

/**
 * Address of a place, for `&`.
 * @throws DiagnosticError for values that are not in memory and for bit fields
 */
export function addressOfPlace(place: TypedPlace, calls: EventCalls, token: Token): Expression {
  if (place.kind === 'value')
    throw pointError('address-of-value', 'cannot take address of context variable', token);
  if (place.bits !== undefined)
    throw pointError('address-of-bit-field', 'cannot take address of bit-field', token);
  calls.pointers.set(place.address, { to: place.type, space: place.space });
  return place.address;
}

/**
 * The object that a pointer points to.
 * @throws DiagnosticError when the place is no pointer
 */
export function pointedTo(place: TypedPlace, token: Token, calls: EventCalls): MemoryPlace {
  const { type } = place;
  if (type.kind !== 'pointer') throw invalidAccess('->', type, token);
  const space = type.isUser ? 'user' : place.space;
  return { kind: 'memory', address: readPlace(place, calls, token), type: type.to(), space };
}

/** Bytes that an object of the type takes; undefined for those without a size. */
export function sizeOfType(type: TypeFacts): number | undefined {
  switch (type.kind) {
    case 'integer':
    case 'float':
    case 'struct':
    case 'union':
    case 'enum':
      return type.size;
    case 'pointer':
      return POINTER_BYTES;
    case 'array': {
      const element = sizeOfType(type.element());
      return element === undefined ? undefined : element * type.length;
    }
    case 'void':
    case 'function':
      return undefined;
  }
}

/** The place of a member of an object in memory. */
export function memberPlace(object: MemoryPlace, member: MemberFacts, token: Token): MemoryPlace {
  const { bitOffset, bitSize, type } = member;
  const { space } = object;
  if (bitSize === undefined)
    return { kind: 'memory', address: plus(object.address, bitOffset / 8, token), type, space };
  // The whole number that the field is part of is aligned, so reading it never leaves the structure; packed ones excepted.
  const unit = (sizeOfType(type) ?? 1) * 8;
  const fits = Math.floor(bitOffset / unit) === Math.floor((bitOffset + bitSize - 1) / unit);
  const start = fits ? bitOffset - (bitOffset % unit) : bitOffset - (bitOffset % 8);
  const address = plus(object.address, start / 8, token);
  return { kind: 'memory', address, type, space, bits: { offset: bitOffset - start, size: bitSize } };
}

/** The place of an element of an array in memory, or of the memory behind a pointer. */
export function elementPlace(
  base: Pick<MemoryPlace, 'address' | 'space'>,
  element: TypeFacts,
  index: Expression,
  token: Token,
): MemoryPlace {
  const size = sizeOfType(element);
  if (size === undefined) throw invalidAccess('[]', element, token);
  const { space } = base;
  if (index.kind === 'number' && typeof index.value === 'number')
    return { kind: 'memory', address: plus(base.address, index.value * size, token), type: element, space };
  const distance = size === 1 ? index : arithmetic(index, '*', size, token);
  return { kind: 'memory', address: arithmetic(base.address, '+', distance, token), type: element, space };
}

function memberOf(place: TypedPlace, name: string, token: Token, calls: EventCalls): TypedPlace {
  let object = place;
  while (object.type.kind === 'pointer') object = pointedTo(object, token, calls);
  const { type } = object;
  if ((type.kind !== 'struct' && type.kind !== 'union') || object.kind === 'value')
    throw invalidAccess(`->${name}`, type, token);
  const member = findMember(type.members(), name, 0);
  if (member !== undefined) return memberPlace(object, member, token);
  const similar = similarNames(name, memberNames(type.members()));
  throw pointError(
    'no-such-member',
    `unable to find member '${name}' for ${type.spelling}${similar === '' ? '' : ` (alternatives: ${similar})`}`,
    token,
  );
}

function elementOf(place: TypedPlace, index: Expression, token: Token, calls: EventCalls): TypedPlace {
  const { type } = place;
  if (type.kind === 'array' && place.kind === 'memory')
    return elementPlace(place, type.element(), index, token);
  if (type.kind !== 'pointer') throw invalidAccess('[]', type, token);
  const base = pointedTo(place, token, calls);
  return elementPlace(base, base.type, index, token);
}

/** Looks through anonymous structures; the answer counts its bits from the outermost one. */
function findMember(
  members: readonly MemberFacts[],
  name: string,
  bitOffset: number,
): MemberFacts | undefined {
  for (const member of members) {
    const at = bitOffset + member.bitOffset;
    if (member.name === name) return { ...member, bitOffset: at };
    const found = findMember(anonymousMembers(member), name, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function memberNames(members: readonly MemberFacts[]): readonly string[] {
  return members.flatMap((member) =>
    member.name === '' ? memberNames(anonymousMembers(member)) : [member.name],
  );
}

function anonymousMembers({ name, type }: MemberFacts): readonly MemberFacts[] {
  return name === '' && (type.kind === 'struct' || type.kind === 'union') ? type.members() : [];
}

function readNumber(
  place: TypedPlace,
  size: number,
  signed: boolean,
  calls: EventCalls,
  token: Token,
): Expression {
  if (place.kind === 'value') return keepBits(place.expression, 0, size * 8, signed, token);
  const { address, space, bits } = place;
  if (bits === undefined) return calls.read(space, address, size, signed, token);
  const needed = Math.ceil((bits.offset + bits.size) / 8);
  const width = [1, 2, 4, 8].find((candidate) => candidate >= Math.max(needed, Math.min(size, 8)));
  if (width === undefined) throw unreadable(place.type, token);
  return keepBits(calls.read(space, address, width, false, token), bits.offset, bits.size, signed, token);
}

/** Some bits of a long as a number; shifts to the right keep the sign. */
function keepBits(
  value: Expression,
  offset: number,
  size: number,
  signed: boolean,
  token: Token,
): Expression {
  if (size === 64) return value;
  if (!signed) {
    const low = offset === 0 ? value : arithmetic(value, '>>', offset, token);
    return arithmetic(low, '&', fromBigInt((1n << BigInt(size)) - 1n), token);
  }
  const up = 64 - offset - size;
  const high = up === 0 ? value : arithmetic(value, '<<', up, token);
  return arithmetic(high, '>>', 64 - size, token);
}

function plus(address: Expression, bytes: number, token: Token): Expression {
  return bytes === 0 ? address : arithmetic(address, '+', bytes, token);
}

function invalidAccess(access: string, type: TypeFacts, token: Token): Error {
  const what = type.kind === 'array' ? 'for array type' : `vs. ${type.spelling}`;
  return pointError('invalid-access', `invalid access '${access}' ${what}`, token);
}

function unreadable(type: TypeFacts, token: Token): Error {
  return pointError('unreadable-type', `cannot read a value of type '${type.spelling}'`, token);
}
