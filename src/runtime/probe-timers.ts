import { timerPeriod } from './probe-event-rules.ts';
import type { ProbeRecord } from './probe-record.ts';
import { Scheduler } from './scheduler.ts';
import type { PeriodicTimer, SchedulerPorts } from './scheduler.ts';

/** Next expiry on the monotonic clock, by index of the probe. */
export type TimerDues = readonly (readonly [number, bigint])[];

/** The timer probes of a module. Their time line can be frozen and go on later, here or in another process. */
export class ProbeTimers {
  readonly #records: readonly ProbeRecord[];
  readonly #scheduler: Scheduler;
  #timers: ReadonlyMap<ProbeRecord, PeriodicTimer> = new Map();
  #dueNs: ReadonlyMap<number, bigint> = new Map();

  constructor(records: readonly ProbeRecord[], ports: SchedulerPorts) {
    this.#records = records;
    this.#scheduler = new Scheduler(ports);
  }

  /** Calls `fire` for each expiry from now on; after `freeze` or `restore` at the times that were due. */
  start(fire: (record: ProbeRecord) => void): void {
    const timers = new Map<ProbeRecord, PeriodicTimer>();
    for (const record of this.#records) {
      const period = timerPeriod(record.probe.event);
      if (period === undefined) continue;
      const dueNs = this.#dueNs.get(record.index);
      timers.set(record, { ...period, fire: () => fire(record), dueNs });
    }
    this.#timers = timers;
    this.#scheduler.start([...timers.values()]);
  }

  /** No timer fires any more. */
  stop(): void {
    this.#scheduler.stop();
  }

  /** Stops; the next `start`, or one after `restore` of the answer, keeps the time line. */
  freeze(): TimerDues {
    const dues = this.#scheduler.dues();
    this.#scheduler.stop();
    const byIndex = [...this.#timers].flatMap(([{ index }, timer]) => {
      const dueNs = dues.get(timer);
      return dueNs === undefined ? [] : [[index, dueNs] as const];
    });
    this.restore(byIndex);
    return byIndex;
  }

  /** The next `start` goes on with the time line that `freeze` returned. */
  restore(dues: TimerDues): void {
    this.#dueNs = new Map(dues);
  }
}
