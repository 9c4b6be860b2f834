import type { Int64 } from '../int64/int64.ts';
import type { EnginePorts } from './engine-ports.ts';
import { EventProcess } from './event-process.ts';
import type { ProcessContext } from './handler-context.ts';
import type { KernelEvent, KernelProbes, MemoryRead } from './kernel-event.ts';

const NOTHING_SKIPPED = { lostRecords: 0, nested: 0 };

/** The kernel half of a module as its engine uses it, also for modules that have none. */
export class KernelSide {
  /** Of a process as it is now; undefined where nothing can read it. */
  readonly readUserMemory: ((pid: number, address: Int64, size: number) => MemoryRead) | undefined;
  readonly #probes: KernelProbes | undefined;
  readonly #process: EventProcess;
  #attached = false;
  #busy = false;

  constructor({ kernelProbes, processOf }: Pick<EnginePorts, 'kernelProbes' | 'processOf'>) {
    this.#probes = kernelProbes;
    this.#process = new EventProcess(processOf);
    this.readUserMemory =
      kernelProbes && ((pid, address, size) => kernelProbes.readMemory('user', pid, address, size));
  }

  /** Runs that were lost so far. */
  get skipped(): KernelProbes['skipped'] {
    return this.#probes?.skipped ?? NOTHING_SKIPPED;
  }

  /** Throws when the kernel refuses. */
  attach(): void {
    this.#probes?.attach();
    this.#attached = true;
  }

  /** The process of an event, until the next one. */
  processOf(event: KernelEvent): ProcessContext {
    this.#process.present(event);
    return this.#process;
  }

  /** Runs the handlers of all events that wait. Without effect while it is at work. */
  drain(): void {
    if (this.#busy || !this.#attached) return;
    this.#busy = true;
    try {
      this.#probes?.drain();
    } finally {
      this.#busy = false;
    }
  }

  /** Nothing fires any more. */
  detach(): void {
    if (this.#attached) this.#probes?.detach();
    this.#attached = false;
  }
}
