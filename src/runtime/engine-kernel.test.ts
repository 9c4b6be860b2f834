import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordLayout } from '../module/event-record.ts';
import type { KernelPart } from '../module/kernel-part.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './engine-ports.ts';
import type { Intrinsic } from './handler-context.ts';
import { intrinsics } from './intrinsics/table.ts';
import { RecordEvent } from './record-event.ts';
import { EXITING, failing, handWrittenModule, printing } from './testing/hand-written-module.ts';
import type { HandWrittenProbe } from './testing/hand-written-module.ts';
import { EMPTY_KERNEL_PART, kernelRecord, messageRecord } from './testing/kernel-record.ts';
import { ListedKernel } from './testing/listed-kernel.ts';
import { memoryWorld, PLAIN_OPTIONS } from './testing/memory-ports.ts';
import type { MemoryWorld } from './testing/memory-ports.ts';

/** Index of the kernel probe in the modules below. */
const KERNEL_PROBE = 0;
const LAYOUT: RecordLayout = { words: ['argument:0'], pieces: [] };

function recordOf(argument: number): Uint8Array {
  return new Uint8Array(kernelRecord({ pid: 500, tid: 501, words: [argument] }).buffer);
}

interface KernelWorld extends MemoryWorld {
  readonly engine: Engine;
  readonly kernel: ListedKernel;
}

type WorldOptions = Partial<EngineOptions> & {
  readonly defines?: readonly string[];
  readonly part?: Partial<KernelPart>;
};

/** A script whose first probe fires in the kernel. */
function worldOf(
  body: string,
  others: readonly HandWrittenProbe[] = [],
  options: WorldOptions = {},
): KernelWorld {
  const event = { family: 'tracepoint', name: 'sched_switch' } as const;
  const probes = [{ event, point: 'kernel.trace("sched_switch")', body }, ...others];
  const stall: Intrinsic = () => {
    world.time.stall(1_000_000n);
    return 0;
  };
  const world = memoryWorld(new Map([...intrinsics, ['stall', stall]]));
  const kernel = new ListedKernel();
  const part = { ...EMPTY_KERNEL_PART, layouts: { [KERNEL_PROBE]: LAYOUT }, ...options.part };
  const module = handWrittenModule(probes, { defines: options.defines ?? [], kernel: part });
  const engine = new Engine(
    module,
    { ...world.ports, kernelProbes: kernel },
    { ...PLAIN_OPTIONS, ...options },
  );
  kernel.take = (record) => engine.takeRecord(record);
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
    kernel.waiting.push(recordOf(42));
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
    kernel.waiting.push(recordOf(1));
    kernel.waiting.push(recordOf(2));
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
    kernel.waiting.push(recordOf(1));
    kernel.waiting.push(recordOf(2));
    await engine.stop();
    expect(output.text).toBe('1 end ');
  });
});

describe('events that wait', () => {
  it('come before the handlers of files and of the end', async () => {
    const { engine, kernel, output } = worldOf(called('event_word', 'argument:0'), [READ, END]);
    engine.start();
    engine.activate();
    kernel.waiting.push(recordOf(1));
    engine.files()[0]?.read?.(ACCESSOR);
    kernel.waiting.push(recordOf(2));
    engine.requestExit();
    kernel.waiting.push(recordOf(3));
    await engine.stop();
    expect(output.text).toBe('1 file 2 end ');
    expect(kernel.calls).toEqual(['attach', 'unpause', 'pause', 'detach']);
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
    kernel.waiting.push(recordOf(5));
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

describe('records of handlers in the kernel', () => {
  const prints: KernelPart['prints'] = [
    {
      probe: KERNEL_PROBE,
      parts: [conversion('s'), { kind: 'text', text: '=' }, conversion('d'), { kind: 'text', text: ';' }],
      arguments: ['string', 'long'],
    },
  ];
  const errors: KernelPart['errors'] = [
    {
      probe: KERNEL_PROBE,
      parts: [{ kind: 'text', text: 'bad ' }, conversion('x')],
      arguments: ['long'],
      statement: "operator '/' at x.stp:1:2",
    },
  ];

  it('print in the order of events, cut at the size of a print', async () => {
    const { engine, kernel, output } = worldOf(called('event_word', 'argument:0'), [END], {
      part: { prints },
      defines: ['STP_BUFFER_SIZE=12'],
    });
    engine.start();
    engine.activate();
    kernel.waiting.push(messageRecord('print', 0, ['one', -1]), recordOf(7));
    kernel.waiting.push(messageRecord('print', 0, ['\xe9\0 hidden', 2n ** 63n - 1n]));
    await engine.stop();
    expect(output.text).toBe('one=-1;7 \xe9=9223372036end ');
  });

  it('report errors as handlers do, and fail the run after MAXERRORS', async () => {
    const { engine, kernel, messages } = worldOf('', [END], { part: { errors }, defines: ['MAXERRORS=1'] });
    engine.start();
    engine.activate();
    kernel.waiting.push(messageRecord('error', 0, [255]), messageRecord('error', 0, [16]));
    kernel.waiting.push(messageRecord('error', 0, [1]));
    engine.requestExit();
    expect(engine.state).toBe('ERROR');
    await engine.stop();
    const text = (hex: string): string =>
      `bad ${hex} near operator '/' at x.stp:1:2 in probe kernel.trace("sched_switch")`;
    expect(messages.map((message) => message.text)).toEqual([
      text('ff'),
      text('10'),
      'Number of errors: 2, skipped probes: 0',
    ]);
  });

  it('end the run with exit(), and nothing after it happens', async () => {
    const { engine, kernel, output } = worldOf(called('event_word', 'argument:0'), [END], {
      part: { prints },
    });
    engine.start();
    engine.activate();
    kernel.waiting.push(
      recordOf(1),
      messageRecord('exit'),
      recordOf(2),
      messageRecord('print', 0, ['no', 0]),
    );
    await engine.stop();
    expect(output.text).toBe('1 end ');
  });
});

describe('broken records', () => {
  it('are counted, told once and passed over', async () => {
    const { engine, kernel, messages, output } = worldOf(called('event_word', 'argument:0'), [END]);
    engine.start();
    engine.activate();
    const short = recordOf(1).slice(0, 36);
    kernel.waiting.push(short, recordOf(2), short.slice(0, 3), short.slice(0, 7), recordOf(3));
    await engine.stop();
    expect(output.text).toBe('2 3 end ');
    expect(messages.map(({ text }) => text)).toEqual([
      'a record of the kernel is too short; such records are passed over',
      'Number of errors: 0, skipped probes: 3',
    ]);
  });

  it('never throw, whatever they hold', () => {
    const part: Partial<KernelPart> = {
      layouts: {
        [KERNEL_PROBE]: {
          words: ['uid', 'execname:0'],
          pieces: [
            { space: 'user', kind: 'string', size: 16 },
            { space: 'kernel', kind: 'stack', size: 64 },
          ],
        },
      },
      prints: [{ probe: 0, parts: [conversion('s')], arguments: ['string'] }],
      errors: [{ probe: 0, parts: [conversion('s')], arguments: ['string'], statement: '' }],
    };
    const body = called('user_read_string', 64, 512) + called('kernel_stack') + called('uid');
    const small = fc.integer({ min: 0, max: 4 });
    const header = fc.tuple(small, small, fc.nat(200)).map(([probe, kind, length]) => {
      const words = Uint32Array.of(probe, kind, 0, 0, 1, 1, 0, length);
      return new Uint8Array(words.buffer);
    });
    const tail = fc.array(fc.oneof(fc.nat(255), fc.constant(0)), { maxLength: 160 });
    fc.assert(
      fc.property(header, tail, (head, rest) => {
        const { engine } = worldOf(body, [], { part, defines: ['MAXERRORS=9', 'MAXSKIPPED=9'] });
        engine.start();
        engine.activate();
        engine.takeRecord(Uint8Array.of(...head, ...rest));
        engine.takeRecord(Uint8Array.from(rest));
      }),
      { numRuns: 500 },
    );
  });
});

describe('draining by itself', () => {
  const MS = 1_000_000n;

  it('happens every 5 ms while records come, every 40 ms when idle', () => {
    const { engine, kernel, output, time } = worldOf(called('event_word', 'argument:0'));
    engine.start();
    engine.activate();
    kernel.waiting.push(recordOf(1));
    time.advance(4n * MS);
    expect(output.text).toBe('');
    time.advance(1n * MS);
    expect(output.text).toBe('1 ');
    kernel.waiting.push(recordOf(2));
    time.advance(5n * MS);
    expect(output.text).toBe('1 2 ');
    time.advance(500n * MS);
    kernel.waiting.push(recordOf(3));
    time.advance(40n * MS);
    expect(output.text).toBe('1 2 3 ');
  });

  it('waits while output waits, and goes on when it is out', () => {
    const { engine, kernel, output, time } = worldOf(printing('x'.repeat(60_000)), [], {
      outputBufferBytes: 100_000,
      defines: ['STP_BUFFER_SIZE=100000'],
    });
    engine.start();
    engine.activate();
    output.room = 0;
    for (let count = 0; count < 20; count += 1) kernel.waiting.push(recordOf(count));
    time.advance(1000n * MS);
    expect(kernel.waiting).toHaveLength(18);
    output.makeRoom(200_000);
    time.advance(1n * MS);
    expect(kernel.waiting.length).toBeLessThan(18);
    output.makeRoom(Infinity);
    time.advance(1n * MS);
    expect(kernel.waiting).toEqual([]);
    expect(output.text).toHaveLength(1_200_000);
  });

  it('gives others their turn when records take long, and stops at the end', async () => {
    const world = worldOf("rt.intrinsic('stall')();");
    const { engine, kernel, time } = world;
    engine.start();
    engine.activate();
    for (let count = 0; count < 100; count += 1) kernel.waiting.push(recordOf(count));
    time.advance(5n * MS);
    expect(kernel.waiting.length).toBeGreaterThan(70);
    for (let count = 0; count < 20; count += 1) time.advance(10n * MS);
    expect(kernel.waiting).toHaveLength(0);
    await engine.stop();
    expect(time.waiting).toBe(0);
  });
});

function conversion(letter: 'd' | 's' | 'x'): KernelPart['prints'][number]['parts'][number] {
  return { kind: 'conversion', conversion: letter, flag: '', width: undefined, precision: undefined };
}
