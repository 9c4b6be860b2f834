import { readFileSync } from 'node:fs';
import type { KernelMap } from '../../module/kernel-part.ts';
import { BPF_COMMAND, newAttributes, writeObjectName } from './attributes.ts';
import { failedCall } from './error-number.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

/** BPF_MAP_TYPE_*. */
const MAP_TYPE: Readonly<Record<KernelMap['type'], number>> = {
  hash: 1,
  array: 2,
  'program-array': 3,
  'per-cpu-hash': 5,
  'per-cpu-array': 6,
  'ring-buffer': 27,
};
const BPF_F_MMAPABLE = 1 << 10;
const ENOENT = 2;
const EEXIST = 17;
/** A batch holds one bucket of the hash table at the least, which has few elements. */
const BATCH_ELEMENTS = { least: 64, most: 4096 } as const;
const BATCH_BYTES = 4 << 20;

/** What `BpfMap.update` does when the key exists or not. */
export type UpdateMode = 'any' | 'create' | 'replace';
const UPDATE_FLAGS: Readonly<Record<UpdateMode, bigint>> = { any: 0n, create: 1n, replace: 2n };

/** A map of the kernel. It lives until it is closed and no program uses it. */
export class BpfMap {
  readonly fd: number;
  readonly shape: KernelMap;
  /** Bytes of a value as the calls see it: for per-CPU maps one for each possible processor, each a multiple of 8. */
  readonly valueBytes: number;
  readonly #calls: LoaderSystemCalls;
  readonly #attributes = newAttributes();
  readonly #value: Buffer;

  constructor(calls: LoaderSystemCalls, shape: KernelMap, fd: number) {
    this.#calls = calls;
    this.shape = shape;
    this.fd = fd;
    const isPerCpu = shape.type === 'per-cpu-array' || shape.type === 'per-cpu-hash';
    this.valueBytes = isPerCpu
      ? Math.ceil(shape.valueBytes / 8) * 8 * possibleProcessors()
      : shape.valueBytes;
    this.#value = Buffer.alloc(Math.max(this.valueBytes, 8));
  }

  /** The value of a key, in a buffer of its own; undefined when there is none. */
  lookup(key: Buffer): Buffer | undefined {
    const result = this.#element(BPF_COMMAND.mapLookup, key, this.#value, 0n);
    if (result === -ENOENT) return undefined;
    if (result < 0) throw this.#failed('read', result);
    return Buffer.from(this.#value.subarray(0, this.valueBytes));
  }

  /** Sets a value of `valueBytes`. False when `mode` forbids it: `create` an existing key, `replace` a missing one. */
  update(key: Buffer, value: Buffer, mode: UpdateMode = 'any'): boolean {
    const result = this.put(key, value, mode);
    const refusal = mode === 'create' ? -EEXIST : -ENOENT;
    if (mode !== 'any' && result === refusal) return false;
    if (result < 0) throw this.#failed('write', result);
    return true;
  }

  /** As `update`, but returns 0 or a negative errno. */
  put(key: Buffer, value: Buffer, mode: UpdateMode = 'any'): number {
    if (value.length !== this.valueBytes)
      throw new RangeError(`a value of ${this.shape.name} has ${this.valueBytes} bytes`);
    return this.#element(BPF_COMMAND.mapUpdate, key, value, UPDATE_FLAGS[mode]);
  }

  /** Puts a program into a program array. */
  setProgram(index: number, programFd: number): void {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(index);
    const value = Buffer.alloc(4);
    value.writeInt32LE(programFd);
    this.update(key, value);
  }

  /** False when there was no such key. */
  delete(key: Buffer): boolean {
    const result = this.#element(BPF_COMMAND.mapDelete, key, null, 0n);
    if (result === -ENOENT) return false;
    if (result < 0) throw this.#failed('delete from', result);
    return true;
  }

  /**
   * All elements, in no order, by as few calls as possible. Elements that programs add or delete meanwhile may be
   * missed or not. The buffers are used again for the next batch: copy what is kept.
   */
  forEach(visit: (key: Buffer, value: Buffer) => void): void {
    const { keyBytes } = this.shape;
    const wanted = Math.floor(BATCH_BYTES / (keyBytes + this.valueBytes));
    const elements = Math.min(Math.max(wanted, BATCH_ELEMENTS.least), BATCH_ELEMENTS.most);
    const keys = Buffer.alloc(keyBytes * elements);
    const values = Buffer.alloc(this.valueBytes * elements);
    // The kernel's mark of the place is at most a key, and never less than a bucket's number.
    const place = Buffer.alloc(Math.max(keyBytes, 8));
    const attributes = newAttributes();
    attributes.writeBigUInt64LE(this.#calls.address(place), 8);
    attributes.writeBigUInt64LE(this.#calls.address(keys), 16);
    attributes.writeBigUInt64LE(this.#calls.address(values), 24);
    attributes.writeInt32LE(this.fd, 36);
    for (let result = 0; result >= 0;) {
      attributes.writeUInt32LE(elements, 32);
      result = this.#calls.bpf(BPF_COMMAND.mapLookupBatch, attributes);
      if (result < 0 && result !== -ENOENT) throw this.#failed('read', result);
      // With ENOENT, the end, come the last elements.
      const count = attributes.readUInt32LE(32);
      for (let index = 0; index < count; index++) {
        visit(
          keys.subarray(index * keyBytes, (index + 1) * keyBytes),
          values.subarray(index * this.valueBytes, (index + 1) * this.valueBytes),
        );
      }
      attributes.writeBigUInt64LE(this.#calls.address(place), 0);
    }
  }

  /** The elements of a `mapped` array side by side, each a multiple of 8 bytes; shared with the programs. */
  memory(): ArrayBuffer {
    const { pageBytes } = this.#calls;
    const bytes = Math.ceil(this.shape.valueBytes / 8) * 8 * this.shape.maxEntries;
    const memory = this.#calls.map(this.fd, Math.ceil(bytes / pageBytes) * pageBytes, 0, true);
    if (typeof memory === 'number') throw this.#failed('map', memory);
    return memory;
  }

  /** Ends the use of the map here. Memory obtained stays valid. */
  close(): void {
    this.#calls.close(this.fd);
  }

  #element(command: number, key: Buffer, value: Buffer | null, flags: bigint): number {
    if (key.length !== this.shape.keyBytes)
      throw new RangeError(`a key of ${this.shape.name} has ${this.shape.keyBytes} bytes`);
    const attributes = this.#attributes;
    attributes.writeInt32LE(this.fd, 0);
    attributes.writeBigUInt64LE(this.#calls.address(key), 8);
    attributes.writeBigUInt64LE(value === null ? 0n : this.#calls.address(value), 16);
    attributes.writeBigUInt64LE(flags, 24);
    return this.#calls.bpf(command, attributes);
  }

  #failed(verb: string, result: number): Error {
    return failedCall(`${verb} the map ${this.shape.name}`, -result);
  }
}

/** Creates a map. Throws `KernelProbeError`. */
export function createMap(calls: LoaderSystemCalls, shape: KernelMap): BpfMap {
  const attributes = newAttributes();
  attributes.writeUInt32LE(MAP_TYPE[shape.type], 0);
  attributes.writeUInt32LE(shape.keyBytes, 4);
  attributes.writeUInt32LE(shape.valueBytes, 8);
  attributes.writeUInt32LE(shape.maxEntries, 12);
  // A ring buffer can always be mapped, and knows no such flag.
  attributes.writeUInt32LE(shape.mapped && shape.type === 'array' ? BPF_F_MMAPABLE : 0, 16);
  writeObjectName(attributes, 28, shape.name);
  const fd = calls.bpf(BPF_COMMAND.mapCreate, attributes);
  if (fd < 0) throw failedCall(`create the map ${shape.name}`, -fd);
  return new BpfMap(calls, shape, fd);
}

/** How many processors per-CPU values have room for: the highest possible number and one. */
export function possibleProcessors(): number {
  const list = readFileSync('/sys/devices/system/cpu/possible', 'latin1').trim();
  return Number(list.split(/[-,]/).at(-1)) + 1;
}
