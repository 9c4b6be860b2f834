import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompiledGlobal, CompiledModule, ScalarType } from '../module/compiled-module.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { EngineState } from './engine-state.ts';
import { Engine } from './engine.ts';
import { intrinsics } from './intrinsics/table.ts';
import { handWrittenModule } from './testing/hand-written-module.ts';
import type { HandWrittenProbe } from './testing/hand-written-module.ts';
import { memoryWorld, PLAIN_OPTIONS } from './testing/memory-ports.ts';
import type { ManualTime, MemoryWorld } from './testing/memory-ports.ts';

const LINEAR: HistogramShape = { kind: 'linear', low: 0, high: 100, width: 10 };

function globalOf(name: string, type: CompiledGlobal['type'], keyTypes: ScalarType[] = []): CompiledGlobal {
  const mangledName = `__global_${name}`;
  return { name, mangledName, type, keyTypes, wrap: false, isPrivate: false, origin: 'script' };
}

const GLOBALS: readonly CompiledGlobal[] = [
  globalOf('n', 'long'),
  globalOf('s', 'string'),
  { ...globalOf('a', 'long', ['long', 'string']), maxSize: 6, wrap: true },
  { ...globalOf('t', 'string', ['string']), maxSize: 6 },
  { ...globalOf('q', 'stats'), histogram: LINEAR, varianceShift: 3 },
  {
    ...globalOf('p', 'stats', ['long']),
    histogram: { kind: 'log' },
    varianceShift: 0,
    maxSize: 6,
    wrap: true,
  },
];

/** Handlers by what they do to the globals with the number and text that the operation left in `input`. */
const ACTIONS = [
  'n = rt.add(n, i);',
  's = rt.clip(s + x);',
  'a.set(rt.mapKey2(i, x), [i, x], rt.add(a.get(rt.mapKey2(i, x)) ?? 0, i));',
  't.set(x, [x], s);',
  'a.delete(rt.mapKey2(i, x)); t.delete(x);',
  'a.sort(0, true, 0, (v) => v);',
  "t.sort('value', false, 2, (v) => v);",
  'q.add(i);',
  'p(i, [i]).add(n);',
  'q.clear();',
  'rt.print(`${n}|${s}|${a.elements().map((e) => `${e.keys}=${e.value}`)}|${t.elements().map((e) => `${e.keys}=${e.value}`)}`);',
  "rt.print(q.count ? `${q.sum()} ${q.min()} ${q.max()} ${q.variance()} ${q.buckets()}` : 'empty');",
  'const e = p(i, [i]); rt.print(e.count ? `${e.variance()} ${e.avg()} ${e.buckets()}` : "none");',
  'rt.intrinsic("speculate")(rt.context, 1, x); rt.context.warn(x);',
  'rt.intrinsic("commit")(rt.context, 1);',
];

const MODULE = handWrittenModule(
  ACTIONS.map((body, index): HandWrittenProbe => ({
    event: { family: 'procfs', access: 'write', path: String(index) },
    point: `procfs("${index}").write`,
    body: `const [left, x] = rt.context.procfs.value.split(';'); const i = rt.add(0, Number.isSafeInteger(Number(left)) ? Number(left) : BigInt(left)); ${body}`,
  })),
  {
    globals: GLOBALS,
    defines: ['MAXERRORS=1000000'],
    declarations: `let n = 7; let s = 'start';
      const a = rt.array(2), t = rt.array(3), q = rt.statistic(4), p = rt.statisticElement(5);`,
    scalars: '{ get: () => n, set: (v) => { n = v; } }, { get: () => s, set: (v) => { s = v; } }',
  },
);

interface Running {
  readonly engine: Engine;
  readonly world: MemoryWorld;
}

function construct(module: CompiledModule = MODULE): Running {
  const world = memoryWorld(intrinsics);
  return { engine: new Engine(module, world.ports, PLAIN_OPTIONS), world };
}

function started(module: CompiledModule = MODULE): Running {
  const running = construct(module);
  running.engine.start();
  running.engine.activate();
  return running;
}

function moved(from: Running, module: CompiledModule = MODULE): Running {
  const state = deserialize(serialize(from.engine.freeze())) as EngineState;
  const to = construct(module);
  to.world.time.nowNs = from.world.time.nowNs;
  to.engine.thaw(state);
  to.engine.activate();
  return to;
}

function write(engine: Engine, action: number, data: string): unknown {
  const file = engine.files().find(({ path }) => path === String(action));
  return file?.write?.({ tid: 1, uid: 0, gid: 0 }, data);
}

const operations = fc.array(
  fc.record({
    action: fc.nat({ max: ACTIONS.length - 1 }),
    number: fc.oneof(fc.bigInt({ min: -3n, max: 5n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    text: fc.constantFrom('', 'a', 'b', '\xff', 'long'.repeat(100)),
  }),
  { maxLength: 40 },
);

describe('a frozen engine', () => {
  it('goes on elsewhere exactly as it would have here', () => {
    fc.assert(
      fc.property(operations, operations, (before, after) => {
        const original = started();
        for (const { action, number, text } of before) write(original.engine, action, `${number};${text}`);
        const copy = moved(original);
        original.engine.resume();
        const printed = original.world.output.text.length;
        const messages = original.world.messages.length;
        for (const { action, number, text } of after) {
          const data = `${number};${text}`;
          expect(write(copy.engine, action, data)).toEqual(write(original.engine, action, data));
        }
        expect(copy.world.output.text).toBe(original.world.output.text.slice(printed));
        expect(copy.world.messages).toEqual(original.world.messages.slice(messages));
        expect(copy.engine.facts).toEqual(original.engine.facts);
        expect(copy.engine.freeze()).toEqual(original.engine.freeze());
      }),
    );
  });

  it('lets requests wait until it is resumed, and refuses what comes all the same', () => {
    const { engine } = started();
    engine.freeze();
    expect(engine.state).toBe('FROZEN');
    expect(engine.gate.ready()).toBe(false);
    const waited: string[] = [];
    engine.gate.whenReady(() => waited.push('ready'));
    expect(write(engine, 0, '1;x')).toEqual({ errno: 5 });
    expect(waited).toEqual([]);
    engine.resume();
    expect(waited).toEqual(['ready']);
    expect(write(engine, 0, '1;x')).toEqual({ written: 3 });
  });

  it('can be ended where it is', async () => {
    const module = handWrittenModule([
      { event: { family: 'end', priority: 0 }, point: 'end', body: 'rt.print("ended");' },
    ]);
    const { engine, world } = started(module);
    engine.freeze();
    expect(() => engine.freeze()).toThrow(/FROZEN/);
    await engine.stop();
    expect(world.output.text).toBe('ended');
  });

  it('keeps clearing back to what -G gave', () => {
    const { engine, world } = construct();
    engine.assignGlobal('n', '40');
    engine.start();
    engine.activate();
    write(engine, 0, '2;');
    const copy = moved({ engine, world });
    expect(copy.engine.globals()[0]?.value).toBe(42);
    copy.engine.clearGlobals();
    expect(copy.engine.globals()[0]?.value).toBe(40);
  });

  it('refuses the state of another module', () => {
    const state = started().engine.freeze();
    const other = construct(handWrittenModule([], { globals: [globalOf('z', 'long')] }));
    expect(() => {
      other.engine.thaw(state);
    }).toThrow(RangeError);
  });
});

describe('timers of a frozen engine', () => {
  const timer: HandWrittenProbe = {
    event: { family: 'timer', clock: 'hrtimer', intervalNs: 100, randomizeNs: 0 },
    point: 'timer.ns(100)',
    body: 'rt.print(".");',
  };
  const module = handWrittenModule([timer]);

  function firedAt(time: ManualTime, startNs: bigint, world: MemoryWorld, stepNs = 10n): string {
    const length = world.output.text.length;
    const at: bigint[] = [];
    for (let step = 0; step < 30; step++) {
      const before = world.output.text.length;
      time.advance(stepNs);
      if (world.output.text.length > before) at.push(time.nowNs - startNs);
    }
    expect(world.output.text.length - length).toBe(at.length);
    return at.join(' ');
  }

  it('keep their time line, in the same engine and in another', () => {
    const first = started(module);
    const startNs = first.world.time.nowNs;
    first.world.time.advance(150n);
    const state = first.engine.freeze();
    expect(state.timerDueNs).toEqual([[0, startNs + 200n]]);
    first.world.time.advance(20n);
    expect(first.world.time.waiting).toBe(0);
    first.engine.resume();
    expect(firedAt(first.world.time, startNs, first.world)).toBe('200 300 400');
    const second = moved(first, module);
    expect(firedAt(second.world.time, startNs, second.world)).toBe('500 600 700');
  });

  it('fire once for what they missed', () => {
    const first = started(module);
    const startNs = first.world.time.nowNs;
    first.engine.freeze();
    first.world.time.advance(350n);
    expect(first.world.output.text).toBe('');
    first.engine.resume();
    expect(firedAt(first.world.time, startNs, first.world)).toBe('360 400 500 600');
  });
});

describe('hits and times', () => {
  it('counts hits always, takes times only while asked', () => {
    const { engine } = started();
    write(engine, 0, '1;');
    expect(engine.probes()[0]).toEqual({
      index: 0,
      pp: 'procfs("0").write',
      location: '<input>:1:1',
      on: true,
      hits: 1,
    });
    engine.requestTiming('watchers', true);
    write(engine, 0, '1;');
    engine.requestTiming('watchers', false);
    engine.enableProbe(0, false);
    write(engine, 0, '1;');
    expect(engine.probes()[0]).toMatchObject({ on: false, hits: 2, minNs: 0, avgNs: 0, maxNs: 0 });
  });
});

describe('setting globals from text', () => {
  it.each([
    ['n', [], ' -0x10', 'set'],
    ['__global_n', [], '1', 'set'],
    ['s', [], 'text', 'set'],
    ['a', ['010', 'k'], '5', 'set'],
    ['n', [], 'abc', { code: 'bad-value', text: "'abc' is not a number, which 'n' is" }],
    ['a', ['x', 'k'], '5', { code: 'bad-value', text: "The key 'x' of 'a' is not a number" }],
    ['a', ['1'], '5', { code: 'bad-value', text: "'a' is an array with 2 keys, not 1" }],
    ['n', ['1'], '5', { code: 'bad-value', text: "'n' is no array, it takes no keys" }],
    ['q', [], '5', { code: 'bad-value', text: "'q' is a statistic, which cannot be set" }],
    ['zz', [], '5', { code: 'unknown-global', text: "There is no global variable 'zz'" }],
  ] as const)('%s %j = %s', (name, keys, text, outcome) => {
    const { engine } = started();
    expect(engine.setGlobal(name, keys, text)).toEqual(outcome);
    const elements = engine.globals()[2]?.elements;
    if (name === 'a' && outcome === 'set') expect(elements).toEqual([{ keys: [8, 'k'], value: 5 }]);
    else expect(elements).toEqual([]);
  });

  it('finds one element by its keys as texts', () => {
    const { engine } = started();
    for (const key of ['1', '2', '0x3']) engine.setGlobal('a', [key, 'k'], key);
    expect(engine.globalElement('a', ['03', 'k'])).toMatchObject({
      elements: [{ keys: [3, 'k'], value: 3 }],
      size: 3,
    });
    expect(engine.globalElement('a', ['4', 'k'])).toMatchObject({ elements: [], size: 3 });
    expect(engine.globalElement('a', ['x', 'k'])).toMatchObject({ code: 'bad-value' });
    expect(engine.globalElement('n', ['1'])).toMatchObject({ code: 'bad-value' });
    expect(engine.globalElement('zz', ['1'])).toMatchObject({ code: 'unknown-global' });
  });

  it('cuts strings and tells when an array is full', () => {
    const { engine } = started();
    expect(engine.setGlobal('s', [], 'x'.repeat(1000))).toBe('set');
    expect(engine.globals()[1]?.value).toBe('x'.repeat(511));
    for (const key of '123456') expect(engine.setGlobal('t', [key], key)).toBe('set');
    const refusal = { code: 'bad-value', text: 'Array overflow, check size limit (6)' };
    expect(engine.setGlobal('t', ['7'], '7')).toEqual(refusal);
  });
});
