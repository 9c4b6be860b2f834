import type { KernelProbes } from '../kernel-event.ts';
import type { KernelMaps } from '../kernel-maps.ts';
import { MemoryMaps } from './memory-maps.ts';

/** The kernel half of a module as a list of records that wait, and what the engine asked of it. */
export class ListedKernel implements KernelProbes {
  /** `attach`, `pause` and so on, in order. */
  readonly calls: string[] = [];
  readonly maps: KernelMaps;
  readonly waiting: Uint8Array[] = [];
  /** By index of the probe. */
  readonly hits: number[] = [];
  skipped = { lostRecords: 0, nested: 0 };
  /** Who gets the records. */
  take: (record: Uint8Array) => boolean = () => true;

  constructor(maps: KernelMaps = new MemoryMaps([])) {
    this.maps = maps;
  }

  attach(): void {
    this.calls.push('attach');
  }

  drain(): void {
    for (let record = this.waiting.shift(); record !== undefined; record = this.waiting.shift())
      if (!this.take(record)) return;
  }

  pause(): void {
    this.calls.push('pause');
  }

  unpause(): void {
    this.calls.push('unpause');
  }

  detach(): void {
    this.calls.push('detach');
  }

  kernelHits(probe: number): number {
    return this.hits[probe] ?? 0;
  }

  readMemory(): string {
    return 'u';
  }
}
