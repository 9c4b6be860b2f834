import type { KernelPart } from '../../module/kernel-part.ts';
import { WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { KernelMapEntry, KernelMaps } from '../../runtime/kernel-maps.ts';
import { possibleProcessors, type BpfMap } from './maps.ts';

/** The maps of a kernel part for the engine; `maps` by index of the part's. Throws `KernelProbeError`. */
export function kernelMapAccess(
  { maps: shapes }: Pick<KernelPart, 'maps'>,
  maps: readonly BpfMap[],
): KernelMaps {
  const mapAt = (index: number): BpfMap => {
    const map = maps[index];
    if (map === undefined) throw new RangeError(`no map ${index} in the kernel part`);
    return map;
  };
  const cellBytes = shapes[WELL_KNOWN_MAPS.cells]?.valueBytes;
  return {
    cells: new DataView(mapAt(WELL_KNOWN_MAPS.cells).memory(), 0, cellBytes),
    get processors() {
      return possibleProcessors();
    },
    lookup: (map, key) => mapAt(map).lookup(asBuffer(key)),
    update: (map, key, value) => mapAt(map).put(asBuffer(key), asBuffer(value)),
    delete: (map, key) => mapAt(map).delete(asBuffer(key)),
    entries: (map) => {
      const entries: KernelMapEntry[] = [];
      mapAt(map).forEach((key, value) => entries.push({ key: Buffer.from(key), value: Buffer.from(value) }));
      return entries;
    },
  };
}

/** The same bytes. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
