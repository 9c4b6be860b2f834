import { describe, expect, it } from 'vitest';
import type { CompiledGlobal, CompiledModule, CompiledProbe } from '../module/compiled-module.ts';
import { CELLS } from '../module/kernel-part.ts';
import type { KernelPart } from '../module/kernel-part.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './engine-ports.ts';
import { intrinsics } from './intrinsics/table.ts';
import { handWrittenModule } from './testing/hand-written-module.ts';
import type { HandWrittenProbe } from './testing/hand-written-module.ts';
import { EMPTY_KERNEL_PART, kernelRecord } from './testing/kernel-record.ts';
import { ListedKernel } from './testing/listed-kernel.ts';
import { MemoryMaps } from './testing/memory-maps.ts';
import { memoryWorld, PLAIN_OPTIONS } from './testing/memory-ports.ts';
import type { MemoryWorld } from './testing/memory-ports.ts';

/** Of the cell in the element of the map `cells`. */
const CELL_OFFSET = CELLS.hits + 64;
const ARRAY_MAP = 0;

const COUNT: CompiledGlobal = {
  name: 'count',
  mangledName: '__global_count',
  type: 'long',
  keyTypes: [],
  wrap: false,
  isPrivate: false,
  origin: 'script',
};
const BY_PID: CompiledGlobal = {
  ...COUNT,
  name: 'by_pid',
  mangledName: '__global_by_pid',
  keyTypes: ['long'],
};

const PART: KernelPart = {
  ...EMPTY_KERNEL_PART,
  maps: [{ name: 'by_pid', type: 'hash', keyBytes: 8, valueBytes: 16, maxEntries: 8, mapped: false }],
  layouts: { 0: { words: [], pieces: [] } },
  placements: { 0: { where: 'kernel' } },
  globals: [
    { kind: 'cell', global: 0, offset: CELL_OFFSET },
    { kind: 'array', global: 1, map: ARRAY_MAP, keyBytes: [8], value: 'long' },
  ],
};

const DECLARATIONS = 'const count = rt.cell(0, 5); const byPid = rt.array(1);';
const SCALARS = '{ get: () => count.value, set: (value) => { count.value = value; } }, undefined';
const LISTING = "rt.print(byPid.elements().map((e) => e.keys[0] + '=' + e.value + ' ').join(''));";

const HANDLER: HandWrittenProbe = {
  event: { family: 'tracepoint', name: 'sched_switch' },
  point: 'kernel.trace("sched_switch")',
  body: 'count.add(1); rt.addToElement(byPid, 7, [7], 1);',
};
const READ: HandWrittenProbe = {
  event: { family: 'procfs', access: 'read', path: 'x' },
  point: 'procfs("x").read',
  body: "rt.print(count.value + ' ');",
};
const RESET: HandWrittenProbe = {
  event: { family: 'procfs', access: 'read', path: 'reset' },
  point: 'procfs("reset").read',
  body: 'count.value = 0; byPid.clear();',
};
const END: HandWrittenProbe = {
  event: { family: 'end', priority: 0 },
  point: 'end',
  body: `rt.print('end ' + count.value + ' '); ${LISTING}`,
};

interface World extends MemoryWorld {
  readonly engine: Engine;
  readonly kernel: ListedKernel;
  readonly maps: MemoryMaps;
}

function moduleOf(): CompiledModule {
  const module = handWrittenModule([HANDLER, READ, RESET, END], {
    globals: [COUNT, BY_PID],
    kernel: PART,
    declarations: DECLARATIONS,
    scalars: SCALARS,
  });
  const pausing = (probe: CompiledProbe): CompiledProbe =>
    probe.pp === RESET.point ? { ...probe, pausesKernel: true } : probe;
  return { ...module, probes: module.probes.map(pausing) };
}

function worldOf(options: Partial<EngineOptions> = {}, maps = new MemoryMaps(PART.maps)): World {
  const world = memoryWorld(intrinsics);
  const kernel = new ListedKernel(maps);
  const engine = new Engine(
    moduleOf(),
    { ...world.ports, kernelProbes: kernel },
    { ...PLAIN_OPTIONS, ...options },
  );
  kernel.take = (record) => engine.takeRecord(record);
  return { ...world, engine, kernel, maps };
}

/** What a handler in the kernel does. */
function countThere({ maps }: World, pid: bigint): void {
  const sequence = maps.cells.getBigInt64(CELLS.sequence, true) + 1n;
  maps.cells.setBigInt64(CELLS.sequence, sequence, true);
  maps.cells.setBigInt64(CELL_OFFSET, maps.cells.getBigInt64(CELL_OFFSET, true) + 1n, true);
  const [key, value] = [BigInt64Array.of(pid), BigInt64Array.of(sequence, 1n)];
  maps.update(ARRAY_MAP, new Uint8Array(key.buffer), new Uint8Array(value.buffer));
}

function read(engine: Engine, path: string): void {
  engine
    .files()
    .find((file) => file.path === path)
    ?.read?.({ tid: 9, uid: 0, gid: 0 });
}

const RECORD = new Uint8Array(kernelRecord({}).buffer);

describe('globals in the kernel', () => {
  it('begin with their values, -G included, and are read by every handler and at the end', async () => {
    const world = worldOf();
    const { engine, output, maps } = world;
    maps.cells.setBigInt64(CELL_OFFSET, 99n, true);
    expect(engine.assignGlobal('count', '40')).toBe(true);
    expect(maps.cells.getBigInt64(CELL_OFFSET, true)).toBe(99n);
    engine.start();
    engine.activate();
    countThere(world, 3n);
    countThere(world, 1n);
    read(engine, 'x');
    await engine.stop();
    expect(output.text).toBe('42 end 42 3=1 1=1 ');
  });

  it('are seen, set and cleared by tools', () => {
    const world = worldOf();
    const { engine, kernel } = world;
    engine.start();
    engine.activate();
    countThere(world, 3n);
    expect(engine.setGlobal('by_pid', ['4'], '9')).toBe('set');
    expect(engine.setGlobal('count', [], '8')).toBe('set');
    expect(engine.globals()).toMatchObject([
      { value: 8 },
      {
        size: 2,
        elements: [
          { keys: [3], value: 1 },
          { keys: [4], value: 9 },
        ],
      },
    ]);
    engine.clearGlobals();
    expect(engine.globals()).toMatchObject([{ value: 5 }, { size: 0 }]);
    expect(kernel.calls.at(-1)).toBe('unpause');
  });

  it('are those of the module when there is no kernel', async () => {
    const world = memoryWorld(intrinsics);
    const engine = new Engine(moduleOf(), world.ports, PLAIN_OPTIONS);
    engine.start();
    engine.activate();
    read(engine, 'x');
    await engine.stop();
    expect(world.output.text).toBe('5 end 5 ');
  });
});

describe('pauses', () => {
  it('surround handlers that write back what they read, and no others', () => {
    const { engine, kernel } = worldOf();
    engine.start();
    engine.activate();
    kernel.calls.length = 0;
    read(engine, 'x');
    expect(kernel.calls).toEqual([]);
    read(engine, 'reset');
    expect(kernel.calls).toEqual(['pause', 'unpause']);
  });

  it('last for all handlers of one draining', () => {
    const { engine, kernel, output } = worldOf();
    engine.start();
    engine.activate();
    kernel.calls.length = 0;
    kernel.waiting.push(RECORD, RECORD, RECORD);
    read(engine, 'x');
    expect(kernel.calls).toEqual(['pause', 'unpause']);
    expect(output.text).toBe('8 ');
    expect(engine.globals()[1]).toMatchObject({ elements: [{ keys: [7], value: 3 }] });
  });

  it('last while a handler of the kernel is switched off, and while the engine is frozen', () => {
    const { engine, kernel, output } = worldOf();
    engine.start();
    engine.enableProbe(0, false);
    engine.activate();
    expect(kernel.calls.slice(-2)).toEqual(['attach', 'pause']);
    kernel.waiting.push(RECORD);
    read(engine, 'x');
    expect(output.text).toBe('5 ');
    engine.enableProbe(1, false);
    engine.enableProbe(0, true);
    expect(kernel.calls.at(-1)).toBe('unpause');
    engine.freeze();
    expect(kernel.calls.at(-1)).toBe('pause');
    engine.resume();
    expect(kernel.calls.at(-1)).toBe('unpause');
  });
});

describe('handover', () => {
  it.each(['the same maps', 'other maps'])('goes on with all values and hits, in %s', async (where) => {
    const old = worldOf();
    old.engine.start();
    old.engine.activate();
    countThere(old, 3n);
    countThere(old, 1n);
    old.kernel.hits[0] = 2;
    old.kernel.waiting.push(RECORD);
    const state = old.engine.freeze();
    const next = worldOf({ timing: true }, where === 'the same maps' ? old.maps : undefined);
    if (where === 'the same maps') next.kernel.hits[0] = 2;
    next.engine.thaw(state);
    next.engine.activate();
    expect(next.engine.probes()[0]?.hits).toBe(3);
    await next.engine.stop();
    expect(next.output.text).toMatch(/^end 8 3=1 1=1 7=1 ----- probe hit report: \n.*hits: 3,/);
  });
});

it('handlers in the kernel are told the time of day', () => {
  const { engine, maps } = worldOf();
  engine.start();
  engine.activate();
  expect(maps.cells.getBigInt64(CELLS.realtimeOffset, true)).toBe(0n);
});
