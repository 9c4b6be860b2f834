import {
  CELLS,
  SCRATCH_BYTES,
  SCRATCH_SLOTS,
  SYSCALL_SLOTS,
  type KernelMap,
} from '../../module/kernel-part.ts';

const MEGABYTE = 1 << 20;
const DEFAULT_RING_MEGABYTES = 8;
const MOST_RING_MEGABYTES = 512;

/** What the well-known maps of a kernel part are sized by. */
export interface MapSizes {
  /** Probes of the module, each with a counter of its runs. */
  readonly probes: number;
  /** Scalar globals in the cells. */
  readonly scalars: number;
  /** `-s`, megabytes; undefined when not given. */
  readonly ringMegabytes: number | undefined;
  /** Second and further probes of the same system call. */
  readonly chainedSyscalls: number;
}

/** Offset in the cells of the first scalar global. */
export function firstScalarOffset(probes: number): number {
  return CELLS.hits + probes * 8;
}

/** The maps that every kernel part begins with, in the order of WELL_KNOWN_MAPS. */
export function wellKnownMaps({
  probes,
  scalars,
  ringMegabytes,
  chainedSyscalls,
}: MapSizes): readonly KernelMap[] {
  return [
    {
      name: 'cells',
      type: 'array',
      keyBytes: 4,
      valueBytes: firstScalarOffset(probes) + scalars * 8,
      maxEntries: 1,
      mapped: true,
    },
    {
      name: 'ring',
      type: 'ring-buffer',
      keyBytes: 0,
      valueBytes: 0,
      maxEntries: ringBytes(ringMegabytes),
      mapped: true,
    },
    {
      name: 'scratch',
      type: 'per-cpu-array',
      keyBytes: 4,
      valueBytes: SCRATCH_BYTES,
      maxEntries: SCRATCH_SLOTS,
      mapped: false,
    },
    {
      name: 'syscalls',
      type: 'program-array',
      keyBytes: 4,
      valueBytes: 4,
      maxEntries: 2 * SYSCALL_SLOTS + chainedSyscalls,
      mapped: false,
    },
  ];
}

/** A power of two. */
function ringBytes(megabytes: number | undefined): number {
  const wanted = Math.min(Math.max(megabytes ?? DEFAULT_RING_MEGABYTES, 1), MOST_RING_MEGABYTES);
  return 2 ** Math.ceil(Math.log2(wanted)) * MEGABYTE;
}
