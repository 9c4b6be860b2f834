import type { BtfKind } from '../btf-kind.ts';

/** One type as linux/btf.h lays it out. */
export interface BtfTypeSpec {
  readonly kind: BtfKind;
  readonly name?: string;
  /** `size` or `type`. */
  readonly value?: number;
  readonly parts?: number;
  readonly flag?: boolean;
  /** Words behind the three; a string stands for the offset of its text. */
  readonly extra?: readonly (number | string)[];
}

/**
 * Bytes of a BTF with these types, the first of them with id 1. `baseStringBytes`: of one that goes on from another with
 * so many bytes of strings.
 */
export function buildBtf(types: readonly BtfTypeSpec[], baseStringBytes = 0): Uint8Array {
  let strings = baseStringBytes === 0 ? '\0' : '';
  const offset = (text: string): number => {
    if (text === '') return 0;
    const at = baseStringBytes + strings.length;
    strings += `${text}\0`;
    return at;
  };
  const words = types.flatMap((type) => [
    offset(type.name ?? ''),
    (((type.flag === true ? 0x80 : 0) | type.kind) * 2 ** 24 + (type.parts ?? 0)) >>> 0,
    type.value ?? 0,
    ...(type.extra ?? []).map((word) => (typeof word === 'string' ? offset(word) : word)),
  ]);
  const typeBytes = words.length * 4;
  const header = [24, 0, typeBytes, typeBytes, strings.length];
  const bytes = new Uint8Array(24 + typeBytes + strings.length);
  new Uint16Array(bytes.buffer, 0, 1)[0] = 0xeb9f;
  bytes[2] = 1;
  new Uint32Array(bytes.buffer, 4, header.length + words.length).set([...header, ...words]);
  bytes.set(
    Array.from(strings, (character) => character.charCodeAt(0)),
    24 + typeBytes,
  );
  return bytes;
}
