/** Commands of bpf(2) (linux/bpf.h). */
export const BPF_COMMAND = {
  mapCreate: 0,
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  programLoad: 5,
  objectPin: 6,
  programTestRun: 10,
  rawTracepointOpen: 17,
  mapLookupBatch: 24,
  linkCreate: 28,
  iteratorCreate: 33,
} as const;

/** Bytes of union bpf_attr used by each command; older kernels take longer ones whose rest is zero. */
const ATTRIBUTE_BYTES = 152;

/** Names of maps and programs hold this many bytes with their NUL (BPF_OBJ_NAME_LEN). */
const OBJECT_NAME_BYTES = 16;

/** A zeroed union bpf_attr. */
export function newAttributes(): Buffer {
  return Buffer.alloc(ATTRIBUTE_BYTES);
}

/** Puts the name of a map or program at `offset`, cut to what fits and with other bytes than `\w` as `_`. */
export function writeObjectName(attributes: Buffer, offset: number, name: string): void {
  attributes.write(name.replaceAll(/\W/g, '_').slice(0, OBJECT_NAME_BYTES - 1), offset, 'latin1');
}
