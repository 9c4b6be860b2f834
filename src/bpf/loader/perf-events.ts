import { readFileSync } from 'node:fs';
import { failedCall } from './error-number.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

/** struct perf_event_attr, PERF_ATTR_SIZE_VER5. */
const ATTRIBUTE_BYTES = 112;
/** PERF_TYPE_SOFTWARE */
const SOFTWARE = 1;
const FLAG_FREQUENCY = 1n << 10n;

/** An event of perf_event_open(2) as scripts name it. */
export interface PerfEventKind {
  readonly type: number;
  readonly config: number;
  /** A sample every so many; without it and `frequencyHz` the event only counts. */
  readonly sampleEvery?: number;
  /** Samples a second, instead. */
  readonly frequencyHz?: number;
}

/**
 * Opens the event, running, for a process on all processors (`cpu` -1) or for all processes (`pid` -1) on one.
 * Throws `KernelProbeError`.
 */
export function openPerfEvent(
  calls: LoaderSystemCalls,
  kind: PerfEventKind,
  pid: number,
  cpu: number,
): number {
  const attributes = Buffer.alloc(ATTRIBUTE_BYTES);
  attributes.writeUInt32LE(kind.type, 0);
  attributes.writeUInt32LE(ATTRIBUTE_BYTES, 4);
  attributes.writeBigUInt64LE(BigInt(kind.config), 8);
  attributes.writeBigUInt64LE(BigInt(kind.frequencyHz ?? kind.sampleEvery ?? 0), 16);
  attributes.writeBigUInt64LE(kind.frequencyHz === undefined ? 0n : FLAG_FREQUENCY, 40);
  const event = calls.perfEventOpen(attributes, pid, cpu);
  if (event < 0) throw refused(kind, -event);
  return event;
}

function refused({ type, config }: PerfEventKind, number: number): KernelProbeError {
  const counter = `perf.type(${type}).config(${config})`;
  const error = failedCall(`count ${counter}`, number);
  if (error.code !== 'ENOENT' && error.code !== 'EOPNOTSUPP') return error;
  const hint = type === SOFTWARE ? '' : '; virtual machines often have no counters of the processor';
  return new KernelProbeError(error.code, `there is no counter ${counter} on this machine${hint}`);
}

/** Numbers of the processors that are switched on. */
export function onlineProcessors(): readonly number[] {
  const list = readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
