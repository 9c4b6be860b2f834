import { CELLS } from '../module/kernel-part.ts';
import type { KernelPart } from '../module/kernel-part.ts';
import { DrainTimer } from './drain-timer.ts';
import type { EngineMessages } from './engine-messages.ts';
import type { EnginePorts } from './engine-ports.ts';
import { EventProcess } from './event-process.ts';
import type { HandlerRunner } from './handler-runner.ts';
import type { KernelEvent, KernelProbes, MemoryRead } from './kernel-event.ts';
import type { KernelPause } from './kernel-pause.ts';
import { KernelRecords } from './kernel-records.ts';
import type { JsonLines } from './json-lines.ts';
import { recordOrigin } from './line-origin.ts';
import { LITTLE_ENDIAN } from './native-memory.ts';
import type { OutputChannel } from './output.ts';
import type { ProbeRecord } from './probe-record.ts';
import type { RunOutcome } from './procfs-files.ts';
import type { HandlerGate } from './pseudo-file.ts';
import type { SessionLife } from './session-life.ts';

const EFAULT = 14;
const NOTHING_SKIPPED = { lostRecords: 0, nested: 0 };

/** What the kernel half needs of its engine. */
export interface KernelSideParts {
  readonly ports: Pick<EnginePorts, 'kernelProbes' | 'processOf' | 'timers' | 'clock' | 'symbols'>;
  /** In module order. */
  readonly probes: readonly ProbeRecord[];
  readonly runner: HandlerRunner;
  readonly life: SessionLife;
  readonly output: OutputChannel;
  /** Output goes through here when it is told in JSON. */
  readonly lines: JsonLines | undefined;
  readonly messages: EngineMessages;
  readonly gate: HandlerGate;
  readonly pause: KernelPause;
  /** Longest text of one print. */
  readonly printBytesMax: number;
}

/** The kernel half of a module as its engine uses it, also for modules that have none. */
export class KernelSide {
  readonly #parts: KernelSideParts;
  readonly #probes: KernelProbes | undefined;
  readonly #process: EventProcess;
  readonly #records: KernelRecords | undefined;
  readonly #timer: DrainTimer;
  #takesRecords = false;
  #busy = false;
  #takenCount = 0;

  constructor(part: KernelPart | undefined, parts: KernelSideParts) {
    const { ports, gate } = parts;
    this.#parts = parts;
    this.#probes = ports.kernelProbes;
    this.#process = new EventProcess(ports.processOf);
    this.#records = part && this.#newRecords(part);
    const monotonicNs = (): bigint => ports.clock.monotonicNs();
    this.#timer = new DrainTimer({ timers: ports.timers, monotonicNs, gate }, () => this.#drainByTimer());
  }

  /** Runs that were lost so far; a record that could not be believed is one too. */
  get skipped(): KernelProbes['skipped'] {
    const { lostRecords, nested } = this.#probes?.skipped ?? NOTHING_SKIPPED;
    return { lostRecords: lostRecords + (this.#records?.brokenCount ?? 0), nested };
  }

  /** Lets events happen. Throws when the kernel refuses. */
  attach(): void {
    if (this.#probes === undefined) return;
    this.#setClock();
    this.#probes.attach();
    this.#parts.pause.attached();
    this.#takesRecords = true;
  }

  /** Handlers of events run by themselves, soon after them. */
  start(): void {
    if (this.#probes !== undefined) this.#timer.start();
  }

  /** They run only when somebody drains. */
  stop(): void {
    this.#timer.stop();
  }

  /** Runs the handler of an event, by index of the module's probes. */
  fire(probe: number, event: KernelEvent): RunOutcome {
    const record = this.#parts.probes[probe];
    if (record === undefined) return 'refused';
    if (this.#records?.hasUserStack(probe) === true) this.#parts.ports.symbols?.rememberProcess(event.pid);
    this.#process.present(event);
    return this.#parts.runner.run(record, this.#process, event);
  }

  /** Does what a record asks for. Whether the next one is wanted now. */
  take(record: Uint8Array): boolean {
    this.#takenCount += 1;
    this.#records?.take(record);
    return this.#parts.life.state === 'RUNNING' && this.#timer.allowsMore();
  }

  /** Handlers of events that came before now run, unless that is what is going on. */
  drain(): void {
    const { life, output, messages, pause } = this.#parts;
    const isRunning = (): boolean => life.state === 'RUNNING';
    if (this.#busy || !this.#takesRecords || !isRunning()) return;
    this.#busy = true;
    try {
      pause.batch(() => this.#probes?.drain());
    } finally {
      this.#busy = false;
      output.flush();
    }
    if (isRunning() && messages.tooManySkipped(this.skipped.lostRecords)) life.fail();
  }

  /** Nothing fires any more. What happened before is done, unless the end was asked for. */
  detach(): void {
    this.#timer.stop();
    if (!this.#takesRecords) return;
    this.#probes?.detach();
    this.drain();
    this.#takesRecords = false;
  }

  #drainByTimer(): number {
    this.#setClock();
    const before = this.#takenCount;
    this.drain();
    return this.#takenCount - before;
  }

  /** Handlers in the kernel know only the time since boot. */
  #setClock(): void {
    const { clock } = this.#parts.ports;
    this.#probes?.maps?.cells.setBigInt64(CELLS.realtimeOffset, clock.wallMinusMonotonicNs(), LITTLE_ENDIAN);
  }

  #newRecords(part: KernelPart): KernelRecords {
    const { life, messages, runner, probes, printBytesMax } = this.#parts;
    const whileRunning = (act: () => void): void => {
      if (life.state === 'RUNNING') act();
    };
    return new KernelRecords(part, (...read) => this.#readLate(...read), {
      fire: (probe, event) => {
        this.fire(probe, event);
      },
      print: (text, view, start) => {
        whileRunning(() => this.#print(text.slice(0, printBytesMax), view, start));
      },
      fail: (probe, error) => {
        const failed = probes[probe]?.probe;
        if (failed !== undefined) whileRunning(() => runner.report(error, failed));
      },
      exit: () => {
        life.exit();
      },
      refuse: (reason) => {
        messages.warnOnce(`${reason}; such records are passed over`);
      },
    });
  }

  #print(text: string, view: DataView, start: number): void {
    const { lines, output, probes, ports } = this.#parts;
    if (lines === undefined) {
      output.write(text);
      return;
    }
    const pp = probes[view.getUint32(start, LITTLE_ENDIAN)]?.probe.pp;
    lines.print(text, () => recordOrigin(view, start, pp, ports.clock));
  }

  #readLate(...[space, pid, address, size]: Parameters<KernelProbes['readMemory']>): MemoryRead {
    return this.#probes?.readMemory(space, pid, address, size) ?? -EFAULT;
  }
}
