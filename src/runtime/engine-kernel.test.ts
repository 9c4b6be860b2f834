import { describe, expect, it } from 'vitest';
import type { RecordLayout } from '../module/event-record.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './engine-ports.ts';
import { intrinsics } from './intrinsics/table.ts';
import type { KernelProbes } from './kernel-event.ts';
import { RecordEvent } from './record-event.ts';
import { EXITING, failing, handWrittenModule, printing } from './testing/hand-written-module.ts';
import type { HandWrittenProbe } from './testing/hand-written-module.ts';
import { kernelRecord } from './testing/kernel-record.ts';
import { memoryWorld, PLAIN_OPTIONS } from './testing/memory-ports.ts';
import type { MemoryWorld } from './testing/memory-ports.ts';

/** Index of the kernel probe in the modules below. */
const KERNEL_PROBE = 0;
const LAYOUT: RecordLayout = { words: ['argument:0'], pieces: [] };

/** The kernel as a list of records. */
class ListedRecords implements KernelProbes {
  readonly calls: string[] = [];
  readonly waiting: DataView[] = [];
  skipped = { lostRecords: 0, nested: 0 };
  onEvent: (event: RecordEvent) => unknown = () => undefined;
  readonly #event = new RecordEvent(LAYOUT, () => -14);

  happen(argument: number): void {
    this.waiting.push(kernelRecord({ pid: 500, tid: 501, words: [argument] }));
  }

  attach(): void {
    this.calls.push('attach');
  }

  drain(): void {
    for (let record = this.waiting.shift(); record !== undefined; record = this.waiting.shift()) {
      this.#event.present(record, 0, record.byteLength);
      this.onEvent(this.#event);
    }
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

  kernelHits(): number {
    return 0;
  }

  readMemory(): string {
    return 'u';
  }
}

interface KernelWorld extends MemoryWorld {
  readonly engine: Engine;
  readonly kernel: ListedRecords;
}

/** A script whose first probe fires in the kernel. */
function worldOf(
  body: string,
  others: readonly HandWrittenProbe[] = [],
  options: Partial<EngineOptions> & { readonly defines?: readonly string[] } = {},
): KernelWorld {
  const event = { family: 'tracepoint', name: 'sched_switch' } as const;
  const probes = [{ event, point: 'kernel.trace("sched_switch")', body }, ...others];
  const world = memoryWorld(intrinsics);
  const kernel = new ListedRecords();
  const module = handWrittenModule(probes, { defines: options.defines ?? [] });
  const engine = new Engine(
    module,
    { ...world.ports, kernelProbes: kernel },
    { ...PLAIN_OPTIONS, ...options },
  );
  kernel.onEvent = (event) => engine.fire(KERNEL_PROBE, event);
  return { ...world, engine, kernel };
}

function called(name: string, ...args: readonly (string | number)[]): string {
  const list = ['rt.context', ...args.map((argument) => JSON.stringify(argument))].join(', ');
  return `rt.print(String(rt.intrinsic('${name}')(${list})) + ' ');`;
}

const READ: HandWrittenProbe = {
  event: { family: 'procfs', access: 'read', path: 'x' },
  point: 'procfs("x").read',
  body: printing('file '),
};
const END: HandWrittenProbe = {
  event: { family: 'end', priority: 0 },
  point: 'end',
  body: printing('end '),
};
const ACCESSOR = { tid: 9, uid: 0, gid: 0 };

describe('a handler of the kernel', () => {
  it('runs with its event and the process of that event', async () => {
    const { engine, kernel, output } = worldOf(
      called('event_word', 'argument:0') + called('pid') + called('tid') + called('execname') + called('pp'),
    );
    engine.start();
    engine.activate();
    kernel.happen(42);
    await engine.stop();
    expect(output.text).toBe('42 500 501 cat kernel.trace("sched_switch") ');
    expect(engine.probes()[KERNEL_PROBE]?.hits).toBe(1);
  });

  it('is refused before activation, after the end and when there is no such probe', async () => {
    const { engine, output } = worldOf(printing('ran'));
    const event = new RecordEvent(LAYOUT, () => -14);
    expect(engine.fire(KERNEL_PROBE, event)).toBe('refused');
    engine.start();
    expect(engine.fire(KERNEL_PROBE, event)).toBe('refused');
    engine.activate();
    expect(engine.fire(7, event)).toBe('refused');
    await engine.stop();
    expect(engine.fire(KERNEL_PROBE, event)).toBe('refused');
    expect(output.text).toBe('');
  });

  it('reports its error with its point', async () => {
    const { engine, kernel, messages } = worldOf(failing('bad'));
    engine.start();
    engine.activate();
    kernel.happen(1);
    kernel.happen(2);
    await engine.stop();
    expect(messages.map(({ text }) => text)).toEqual([
      expect.stringContaining('bad'),
      'Number of errors: 1, skipped probes: 0',
    ]);
  });

  it('is not run for later events once it called exit()', async () => {
    const { engine, kernel, output } = worldOf(EXITING + called('event_word', 'argument:0'), [END]);
    engine.start();
    engine.activate();
    kernel.happen(1);
    kernel.happen(2);
    await engine.stop();
    expect(output.text).toBe('1 end ');
  });
});

describe('events that wait', () => {
  it('come before the handlers of files and of the end', async () => {
    const { engine, kernel, output } = worldOf(called('event_word', 'argument:0'), [READ, END]);
    engine.start();
    engine.activate();
    kernel.happen(1);
    engine.files()[0]?.read?.(ACCESSOR);
    kernel.happen(2);
    engine.requestExit();
    kernel.happen(3);
    await engine.stop();
    expect(output.text).toBe('1 file 2 end ');
    expect(kernel.calls).toEqual(['attach', 'detach']);
  });

  it('come before timers, whose handlers see no event and can read user memory', async () => {
    const timer: HandWrittenProbe = {
      event: { family: 'timer', clock: 'hrtimer', intervalNs: 1_000_000, randomizeNs: 0 },
      point: 'timer.ms(1)',
      body: called('user_read_bytes', 16, 1) + called('event_word', 'cgroup'),
    };
    const { engine, kernel, output, time } = worldOf(called('event_word', 'argument:0'), [timer]);
    engine.start();
    engine.activate();
    kernel.happen(5);
    time.advance(1_000_000n);
    await engine.stop();
    expect(output.text).toBe('5 u 0 ');
  });
});

describe('lost events', () => {
  it('end the run when there are more than MAXSKIPPED', async () => {
    const { engine, kernel, messages, output } = worldOf('', [READ, END]);
    engine.start();
    engine.activate();
    kernel.skipped = { lostRecords: 100, nested: 500 };
    engine.files()[0]?.read?.(ACCESSOR);
    expect(engine.state).toBe('RUNNING');
    kernel.skipped = { lostRecords: 101, nested: 500 };
    engine.files()[0]?.read?.(ACCESSOR);
    expect(engine.state).toBe('ERROR');
    await engine.stop();
    expect(output.text).toBe('file ');
    expect(messages).toEqual([
      {
        kind: 'error',
        text: 'Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.',
      },
      { kind: 'warning', text: 'Number of errors: 0, skipped probes: 101' },
    ]);
  });

  it('are only counted with --suppress-handler-errors, in detail with -t', async () => {
    const { engine, kernel, messages } = worldOf('', [END], {
      suppressHandlerErrors: true,
      timing: true,
      defines: ['MAXSKIPPED=0'],
    });
    engine.start();
    engine.activate();
    kernel.skipped = { lostRecords: 1, nested: 2 };
    await engine.stop();
    expect(messages.map(({ text }) => text)).toEqual([
      'Number of errors: 0, skipped probes: 1',
      'Skipped due to reentrancy: 2',
    ]);
  });
});
