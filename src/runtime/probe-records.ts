import type { CompiledProbe } from '../module/compiled-module.ts';
import type { EngineState } from './engine-state.ts';
import type { HandlerTiming } from './handler-timing.ts';
import { comparePriority } from './probe-event-rules.ts';
import { ProbeRecord } from './probe-record.ts';
import type { ProbeView } from './probe-record.ts';

/** The records of all probes of a module, in module order. */
export class ProbeRecords {
  readonly all: readonly ProbeRecord[];
  readonly #byProbe: ReadonlyMap<CompiledProbe, ProbeRecord>;

  /** `hitsInKernel`: how often the handler of a probe ran there. */
  constructor(probes: readonly CompiledProbe[], hitsInKernel: (index: number) => number = () => 0) {
    this.all = probes.map((probe, index) => new ProbeRecord(probe, index, () => hitsInKernel(index)));
    this.#byProbe = new Map(this.all.map((record) => [record.probe, record]));
  }

  /** The record of a probe of the module. */
  of(probe: CompiledProbe): ProbeRecord {
    const record = this.#byProbe.get(probe);
    if (record === undefined) throw new RangeError(`no probe of this module: ${probe.pp}`);
    return record;
  }

  /** The probes of a family by ascending priority, in module order where equal. */
  byPriority(family: 'begin' | 'end' | 'error'): readonly ProbeRecord[] {
    const records = this.all.filter(({ probe }) => probe.event.family === family);
    return records.sort((left, right) => comparePriority(left.probe.event, right.probe.event));
  }

  /** How often and how long each handler ran. */
  timings(): readonly HandlerTiming[] {
    return this.all.map((record) => record.timing());
  }

  /** As tools show them. */
  views(): readonly ProbeView[] {
    return this.all.map((record) => record.view());
  }

  /** What was collected and which probes are off, for `restore`. */
  state(): Pick<EngineState, 'disabled' | 'timings'> {
    const disabled = this.all.filter(({ on }) => !on).map(({ index }) => index);
    return { disabled, timings: this.all.map((record) => record.state()) };
  }

  /** Goes on from what the records of another engine of the module collected. */
  restore({ disabled, timings }: Pick<EngineState, 'disabled' | 'timings'>): void {
    for (const record of this.all) {
      const timing = timings[record.index];
      if (timing !== undefined) record.restore(timing);
      record.on = !disabled.includes(record.index);
    }
  }
}
