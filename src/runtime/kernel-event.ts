import type { Int64 } from '../int64/int64.ts';
import type { WordName } from '../module/event-record.ts';
import type { KernelMaps } from './kernel-maps.ts';

/** Result of reading memory: the bytes as a byte string, or a negative errno. */
export type MemoryRead = string | number;

/** The event of the running handler, as captured in the kernel. Valid during that handler only. */
export interface KernelEvent {
  /** CLOCK_MONOTONIC. */
  readonly monotonicNs: bigint;
  readonly cpu: number;
  readonly pid: number;
  readonly tid: number;
  /** Undefined when the handler's program did not capture it. */
  word(name: WordName): Int64 | undefined;
  /** Memory as it was at the event; what was not captured is read now, late. */
  readMemory(space: 'kernel' | 'user', address: Int64, size: number): MemoryRead;
  /** Up to a NUL, at most `max` bytes with it. */
  readString(space: 'kernel' | 'user', address: Int64, max: number): MemoryRead;
  /** Return addresses from the innermost frame outwards. */
  stack(space: 'kernel' | 'user'): readonly Int64[];
}

/** The kernel half of a running module, as the engine sees it. bpf/loader implements it. */
export interface KernelProbes {
  /** Attaches everything; handlers may be called from `drain` from then on. Throws `KernelProbeError`. */
  attach(): void;
  /**
   * Hands the records that wait to the engine (`Engine.takeRecord`), in order of events, until it answers false or all
   * that were there at the call are handed over. Cheap when there are none.
   */
  drain(): void;
  /** While a handler of the engine uses globals that live in the kernel. */
  pause(): void;
  unpause(): void;
  /** Detaches everything; records that wait can still be drained. */
  detach(): void;
  /** Runs that were lost: no room in the ring buffer, or nested too deep. */
  readonly skipped: { readonly lostRecords: number; readonly nested: number };
  /** Runs of a handler in the kernel, by index of the module's probes. */
  kernelHits(probe: number): number;
  /** Where the module's globals are that live in the kernel; absent when it has none. */
  readonly maps?: KernelMaps;
  /** Late reads; a negative errno when they fail. */
  readMemory(space: 'kernel' | 'user', pid: number, address: Int64, size: number): MemoryRead;
}
