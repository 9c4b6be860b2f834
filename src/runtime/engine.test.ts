import { describe, expect, it } from 'vitest';
import type { CompiledModule } from '../module/compiled-module.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './engine-ports.ts';
import { intrinsics } from './intrinsics/table.ts';
import { EXITING, failing, handWrittenModule, printing } from './testing/hand-written-module.ts';
import type { HandWrittenProbe } from './testing/hand-written-module.ts';
import { memoryWorld, PLAIN_OPTIONS } from './testing/memory-ports.ts';
import type { MemoryWorld } from './testing/memory-ports.ts';

function engineOf(
  module: CompiledModule,
  options: Partial<EngineOptions> = {},
): { readonly engine: Engine; readonly world: MemoryWorld } {
  const world = memoryWorld(intrinsics);
  return { engine: new Engine(module, world.ports, { ...PLAIN_OPTIONS, ...options }), world };
}

function begin(body: string, priority: number | bigint = 0): HandWrittenProbe {
  return { event: { family: 'begin', priority }, point: `begin(${priority})`, body };
}

function end(body: string, priority = 0): HandWrittenProbe {
  return { event: { family: 'end', priority }, point: `end(${priority})`, body };
}

function error(body: string, priority = 0): HandWrittenProbe {
  return { event: { family: 'error', priority }, point: `error(${priority})`, body };
}

async function runThrough(
  module: CompiledModule,
  options: Partial<EngineOptions> = {},
): Promise<MemoryWorld> {
  const { engine, world } = engineOf(module, options);
  engine.start();
  engine.activate();
  await engine.stop();
  return world;
}

describe('begin and end probes', () => {
  it('run by ascending priority, in module order where equal', async () => {
    const module = handWrittenModule([
      begin(printing('c'), 5),
      begin(printing('b1')),
      begin(printing('b2')),
      begin(printing('a'), -9223372036854775808n),
      end(printing('z'), 1),
      end(printing('y')),
    ]);
    const { output } = await runThrough(module);
    expect(output.text).toBe('ab1b2cyz');
  });

  it('skip later begin probes after exit(), but run the end probes', async () => {
    const module = handWrittenModule([
      begin(EXITING + printing('1')),
      begin(printing('2'), 1),
      end(printing('3')),
    ]);
    const { engine, world } = engineOf(module);
    expect(engine.start()).toBe(true);
    expect(engine.state).toBe('STOPPING');
    await engine.stop();
    expect(world.output.text).toBe('13');
    expect(engine.state).toBe('STOPPED');
  });

  it('pass over a handler whose condition is 0', async () => {
    const module = handWrittenModule([
      { ...begin(printing('no')), condition: '0' },
      { ...begin(printing('yes')), condition: '1' },
    ]);
    expect((await runThrough(module)).output.text).toBe('yes');
  });
});

describe('an uncaught error', () => {
  const module = handWrittenModule([
    begin(failing('boom')),
    begin(printing('later'), 1),
    end(printing('end')),
    error(printing('e1') + failing('second')),
    error(printing('e2'), 1),
  ]);

  it('ends the session: error probes run, every one, and end probes do not', async () => {
    const { output, messages } = await runThrough(module);
    expect(output.text).toBe('e1e2');
    expect(messages).toEqual([
      { kind: 'error', text: 'boom' },
      { kind: 'error', text: 'second' },
      { kind: 'warning', text: 'Number of errors: 2, skipped probes: 0' },
    ]);
  });

  it('is only counted with --suppress-handler-errors', async () => {
    const { engine, world } = engineOf(module, { suppressHandlerErrors: true });
    engine.start();
    await engine.stop();
    expect(world.output.text).toBe('laterend');
    expect(world.messages.map(({ kind }) => kind)).toEqual(['warning']);
    expect(engine.facts).toMatchObject({ errorCount: 1, errorReported: false });
  });

  it('is tolerated up to MAXERRORS', async () => {
    const tolerant = handWrittenModule([begin(failing('a')), begin(printing('b'), 1), end(printing('end'))], {
      defines: ['MAXERRORS=1'],
    });
    const { output, messages } = await runThrough(tolerant);
    expect(output.text).toBe('bend');
    expect(messages).toHaveLength(2);
  });

  it('in an end probe switches to the error probes', async () => {
    const failingEnd = handWrittenModule([end(failing('x')), end(printing('no'), 1), error(printing('yes'))]);
    expect((await runThrough(failingEnd)).output.text).toBe('yes');
  });
});

describe('a mistake of the run time itself', () => {
  it('ends the session in good order', async () => {
    const module = handWrittenModule([begin('null.x;'), begin(printing('no'), 1), error(printing('error'))], {
      defines: ['MAXERRORS=9'],
    });
    const { output, messages } = await runThrough(module);
    expect(output.text).toBe('error');
    expect(messages[0]?.text).toMatch(/^internal error \(please report this, with the script\): TypeError/);
  });
});

describe('abort()', () => {
  it('ends the handler and asks for the end without an error', async () => {
    const module = handWrittenModule([
      begin(`${printing('a')} rt.intrinsic('abort')(rt.context); ${printing('no')}`),
      end(printing('end')),
    ]);
    const { engine, world } = engineOf(module);
    engine.start();
    await engine.stop();
    expect(world.output.text).toBe('aend');
    expect(engine.facts.errorCount).toBe(0);
  });
});

describe('the request for an end', () => {
  it('is delivered once and never from inside a handler', async () => {
    let inside = false;
    let calls = 0;
    const { engine } = engineOf(handWrittenModule([begin(`${EXITING} ${EXITING}`)]));
    engine.onExitRequested(() => {
      expect(inside).toBe(false);
      calls += 1;
    });
    inside = true;
    engine.start();
    inside = false;
    await Promise.resolve();
    expect(calls).toBe(1);
  });

  it('comes when nobody reads the output any more', async () => {
    const { engine, world } = engineOf(handWrittenModule([begin(printing('x'))]));
    world.output.broken = true;
    engine.start();
    expect(engine.state).toBe('STOPPING');
    await engine.stop();
    expect(engine.facts.lostBytes).toBe(1);
  });
});

describe('timers', () => {
  it('run while the session is running only', async () => {
    const timer: HandWrittenProbe = {
      event: { family: 'timer', clock: 'hrtimer', intervalNs: 100, randomizeNs: 0 },
      point: 'timer.ns(100)',
      body: printing('t'),
    };
    const { engine, world } = engineOf(handWrittenModule([timer]));
    engine.start();
    world.time.advance(1000n);
    engine.activate();
    world.time.advance(350n);
    expect(world.output.text).toBe('ttt');
    await engine.stop();
    expect(world.time.waiting).toBe(0);
  });
});

describe('messages', () => {
  it('of warn() are given once for each text', async () => {
    const warn = (text: string): string => `rt.context.warn(${JSON.stringify(text)});`;
    const module = handWrittenModule([begin(warn('a') + warn('a') + warn('a\n') + warn('b'))]);
    expect((await runThrough(module)).messages.map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('of warn() are forgotten when there are too many different ones to remember', async () => {
    const flood = "for (let i = 0; i < 1024; i++) rt.context.warn('w' + i); ";
    const repeats = "rt.context.warn('w1023'); rt.context.warn('new'); rt.context.warn('w1023');";
    const { messages } = await runThrough(handWrittenModule([begin(flood + repeats)]));
    expect(messages.slice(1023).map(({ text }) => text)).toEqual(['w1023', 'new', 'w1023']);
  });

  it('name what keeps a global from being set up, and nothing runs', async () => {
    const module = handWrittenModule([begin(printing('no')), error(printing('no'))], {
      globals: [
        {
          name: 'x',
          mangledName: '__global_x',
          type: 'stats',
          keyTypes: [],
          wrap: false,
          histogram: { kind: 'linear', low: 0, high: 1000, width: 1 },
          isPrivate: false,
          origin: 'script',
        },
      ],
    });
    const { engine, world } = engineOf(module);
    expect(engine.start()).toBe(false);
    await engine.stop();
    expect(world.output.text).toBe('');
    expect(world.messages.at(-1)).toEqual({
      kind: 'error',
      text: "global variable '__global_x' allocation failed",
    });
  });
});

describe('global variables', () => {
  const scalar = (name: string, type: 'long' | 'string'): CompiledModule['globals'][number] => ({
    name,
    mangledName: `__global_${name}`,
    type,
    keyTypes: [],
    wrap: false,
    isPrivate: false,
    origin: 'script',
  });
  const access = (name: string): string => `{ get: () => ${name}, set: (v) => { ${name} = v; } }`;
  const module = handWrittenModule([begin('rt.print(n + s);')], {
    globals: [scalar('n', 'long'), scalar('s', 'string'), { ...scalar('a', 'long'), keyTypes: ['string'] }],
    declarations: 'let n = 1, s = "x"; const a = rt.array(2); a.set("k", ["k"], 5);',
    scalars: `${access('n')}, ${access('s')}, undefined`,
  });

  it('take values from -G before the begin probes', async () => {
    const { engine, world } = engineOf(module);
    expect(engine.assignGlobal('n', '-0x10')).toBe(true);
    expect(engine.assignGlobal('s', 'text')).toBe(true);
    expect(engine.assignGlobal('n', 'abc')).toBe(false);
    expect(engine.assignGlobal('a', '1')).toBe(false);
    expect(engine.assignGlobal('none', '1')).toBe(false);
    engine.start();
    await engine.stop();
    expect(world.output.text).toBe('-16text');
  });

  it('can be looked at and set', () => {
    const { engine } = engineOf(module);
    expect(engine.setGlobal('n', [], '0x9')).toBe('set');
    expect(engine.setGlobal('a', ['new'], '6')).toBe('set');
    expect(engine.globals().map(({ name, value, elements }) => [name, value, elements?.length])).toEqual([
      ['n', 9, undefined],
      ['s', 'x', undefined],
      ['a', undefined, 2],
    ]);
  });
});

describe('the timing report', () => {
  it('lists the handlers that ran', async () => {
    const { output } = await runThrough(handWrittenModule([begin(''), { ...end(''), condition: '0' }]), {
      timing: true,
    });
    expect(output.text).toContain('----- probe hit report: \nbegin(0), (<input>:1:1), hits: 1, nsecs: ');
  });
});
