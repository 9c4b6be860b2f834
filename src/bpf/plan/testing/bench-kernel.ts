import { MODULE_STATE, type KernelPart } from '../../../module/kernel-part.ts';
import type { KernelProbes } from '../../../runtime/kernel-event.ts';
import type { KernelMaps } from '../../../runtime/kernel-maps.ts';
import { kernelMapAccess } from '../../loader/kernel-map-access.ts';
import { ProgramBench } from '../../emit/testing/program-bench.ts';

const EFAULT = 14;

/** The kernel half of a module whose programs are run when a test says so, and attached nowhere. */
export class BenchKernel implements KernelProbes {
  readonly maps: KernelMaps;
  readonly skipped = { lostRecords: 0, nested: 0 };
  /** Who gets the records. */
  take: (record: Uint8Array) => boolean = () => true;
  readonly #bench: ProgramBench;
  readonly #programs: readonly number[];
  readonly #running: number;

  /** `paused`: all handlers are deferred. */
  constructor(part: KernelPart, paused: boolean) {
    this.#bench = new ProgramBench(part.maps);
    this.#running = paused ? MODULE_STATE.paused : MODULE_STATE.running;
    this.#bench.state = MODULE_STATE.off;
    this.maps = kernelMapAccess(part, this.#bench.maps);
    this.#programs = part.programs.map((program) => this.#bench.load(program));
  }

  /** Runs a program of the part for an event with these arguments. */
  fire(program: number, args: readonly bigint[]): void {
    this.#bench.run(this.descriptor(program), args);
    this.drain();
  }

  /** Descriptor of a loaded program of the part. */
  descriptor(program: number): number {
    const fd = this.#programs[program];
    if (fd === undefined) throw new RangeError(`the part has no program ${program}`);
    return fd;
  }

  attach(): void {
    this.#bench.state = this.#running;
  }

  drain(): void {
    for (const record of this.#bench.records()) if (!this.take(record)) return;
  }

  pause(): void {
    this.#bench.state = MODULE_STATE.paused;
  }

  unpause(): void {
    this.#bench.state = this.#running;
  }

  detach(): void {
    this.#bench.state = MODULE_STATE.off;
  }

  kernelHits(): number {
    return 0;
  }

  readMemory(): number {
    return -EFAULT;
  }

  close(): void {
    this.#bench.close();
  }
}
