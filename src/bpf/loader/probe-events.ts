import { readFileSync } from 'node:fs';
import { failedCall } from './error-number.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

/** struct perf_event_attr, PERF_ATTR_SIZE_VER5. */
const ATTRIBUTE_BYTES = 112;
const EVENT_SOURCES = '/sys/bus/event_source/devices';
/** Where `config` holds the offset of a semaphore, as /sys/bus/event_source/devices/uprobe/format tells. */
const SEMAPHORE_SHIFT = 32n;
const RETURN_FLAG = 1n;

/** A place in a program or in the kernel that perf_event_open(2) makes an event of. */
export interface ProbedPlace {
  readonly source: 'uprobe' | 'kprobe';
  /** `uprobe`: path of the file, a byte string; `kprobe`: name of the function. */
  readonly in: string;
  /** Bytes from the start of the file or function. */
  readonly offset: number;
  readonly isReturn: boolean;
  readonly semaphoreOffset?: number | undefined;
  /** Only in this process. */
  readonly pid?: number | undefined;
}

/** Opens the event of a place, one after the other: Linux before 6.6 knows no other way. Throws `KernelProbeError`. */
export function openProbeEvent(calls: LoaderSystemCalls, place: ProbedPlace): number {
  const { source, isReturn, semaphoreOffset = 0 } = place;
  const attributes = Buffer.alloc(ATTRIBUTE_BYTES);
  const text = Buffer.from(`${place.in}\0`, 'latin1');
  attributes.writeUInt32LE(sourceType(source), 0);
  attributes.writeUInt32LE(ATTRIBUTE_BYTES, 4);
  const config = (BigInt(semaphoreOffset) << SEMAPHORE_SHIFT) | (isReturn ? RETURN_FLAG : 0n);
  attributes.writeBigUInt64LE(config, 8);
  attributes.writeBigUInt64LE(calls.address(text), 56);
  attributes.writeBigUInt64LE(BigInt(place.offset), 64);
  // An event of all processes is opened on one processor, and its program runs on each.
  const [pid, cpu] = place.pid === undefined ? [-1, 0] : [place.pid, -1];
  const event = calls.perfEventOpen(attributes, pid, cpu);
  if (event < 0)
    throw failedCall(`probe ${source === 'kprobe' ? `the function ${place.in}` : place.in}`, -event);
  return event;
}

/** Number of the event source. Throws `KernelProbeError` when the kernel has none of that name. */
function sourceType(source: ProbedPlace['source']): number {
  try {
    return Number(readFileSync(`${EVENT_SOURCES}/${source}/type`, 'latin1'));
  } catch {
    const option = `CONFIG_${source.toUpperCase()}_EVENTS`;
    throw new KernelProbeError('ENOENT', `this kernel has no ${source}s (${option})`);
  }
}
