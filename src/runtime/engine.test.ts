import { describe, expect, it } from 'vitest';
import type { CompiledModule } from '../module/compiled-module.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './engine-ports.ts';
import { intrinsics } from './intrinsics/table.ts';
import { EXITING, failing, handWrittenModule, printing } from './testing/hand-written-module.ts';
import type { HandWrittenProbe } from './testing/hand-written-module.ts';
import { memoryWorld, PLAIN_OPTIONS } from './testing/memory-ports.ts';
import type { MemoryWorld } from './testing/memory-ports.ts';

const ACCESSOR = { tid: 7, uid: 0, gid: 0 };
const EIO = 5;

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

function procfs(
  access: 'read' | 'write',
  path: string,
  body: string,
  settings: Partial<Extract<ProbeEvent, { family: 'procfs' }>> = {},
): HandWrittenProbe {
  return {
    event: { family: 'procfs', access, path, ...settings },
    point: `procfs("${path}").${access}`,
    body,
  };
}

function setting(text: string): string {
  return `rt.context.procfs.set(${JSON.stringify(text)});`;
}

const ECHO = 'rt.print("[" + rt.context.procfs.value + "]");';

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
    expect(engine.facts.outputBroken).toBe(true);
  });
});

describe('procfs files', () => {
  it('answer EIO before activation and after the end was asked for', () => {
    const { engine } = engineOf(handWrittenModule([procfs('read', 'f', EXITING + setting('x'))]));
    engine.start();
    const [file] = engine.files();
    expect(file?.read?.(ACCESSOR)).toEqual({ errno: EIO });
    engine.activate();
    expect(file?.read?.(ACCESSOR)).toEqual({ content: 'x' });
    expect(file?.read?.(ACCESSOR)).toEqual({ errno: EIO });
  });

  it('give what a failing read handler had set', () => {
    const probe = procfs('read', 'f', setting('partial') + failing('boom'));
    const { engine, world } = engineOf(handWrittenModule([probe]));
    engine.start();
    engine.activate();
    expect(engine.files()[0]?.read?.(ACCESSOR)).toEqual({ content: 'partial' });
    expect(world.messages).toEqual([{ kind: 'error', text: 'boom' }]);
  });

  it('cut the text at the buffer size and report it', () => {
    const probe = procfs('read', 'f', setting('12345678'), { maxSize: 8 });
    const { engine, world } = engineOf(handWrittenModule([probe]));
    engine.start();
    engine.activate();
    expect(engine.files()[0]?.read?.(ACCESSOR)).toEqual({ content: '1234567' });
    expect(world.messages[0]?.text).toBe('buffer size exceeded, consider .maxsize(9).');
  });

  it.each([
    [[], 1200, [511, 511, 178]],
    [['MAXSTRINGLEN=80'], 165, [79, 79, 7]],
    [['MAXSTRINGLEN=80', 'STP_PROCFS_BUFSIZE=64'], 165, [79, 79, 7]],
  ])('deliver a long write as events (%j)', (defines, length, sizes) => {
    const body = 'rt.print(rt.context.procfs.value.length + " ");';
    const { engine, world } = engineOf(handWrittenModule([procfs('write', 'f', body)], { defines }));
    engine.start();
    engine.activate();
    expect(engine.files()[0]?.write?.(ACCESSOR, 'x'.repeat(length))).toEqual({ written: length });
    expect(world.output.text.trim().split(' ').map(Number)).toEqual(sizes);
  });

  it('size the events of a path by its read buffer as well', () => {
    const module = handWrittenModule([procfs('read', 'f', '', { maxSize: 8 }), procfs('write', 'f', ECHO)]);
    const { engine, world } = engineOf(module);
    engine.start();
    engine.activate();
    expect(engine.files()).toHaveLength(1);
    expect(engine.files()[0]?.write?.(ACCESSOR, '0123456789abcdef\n')).toEqual({ written: 17 });
    expect(world.output.text).toBe('[0123456][789abcd][ef\n]');
  });

  it('end the data at a NUL but count the write as a whole; run the handler for an empty write', () => {
    const { engine, world } = engineOf(handWrittenModule([procfs('write', 'f', ECHO)]));
    engine.start();
    engine.activate();
    const [file] = engine.files();
    expect(file?.write?.(ACCESSOR, 'a\0b\n')).toEqual({ written: 4 });
    expect(file?.write?.(ACCESSOR, '')).toEqual({ written: 0 });
    expect(world.output.text).toBe('[a][]');
  });

  it('run all write probes of a path in order for each event', () => {
    const module = handWrittenModule(
      [procfs('write', 'f', `rt.print("1");${ECHO}`), procfs('write', 'f', `rt.print("2");${ECHO}`)],
      { defines: ['MAXSTRINGLEN=3'] },
    );
    const { engine, world } = engineOf(module);
    engine.start();
    engine.activate();
    engine.files()[0]?.write?.(ACCESSOR, 'abc');
    expect(world.output.text).toBe('1[ab]2[ab]1[c]2[c]');
  });

  it('tell a writer once that its handler failed', () => {
    const body = `if (rt.context.procfs.value === "bad") ${failing('boom')}`;
    const module = handWrittenModule([procfs('write', 'f', body)], {
      defines: ['MAXSTRINGLEN=4', 'MAXERRORS=9'],
    });
    const { engine } = engineOf(module);
    engine.start();
    engine.activate();
    const [file] = engine.files();
    expect(file?.write?.(ACCESSOR, 'bad')).toEqual({ errno: EIO });
    expect(file?.write?.(ACCESSOR, 'okybad')).toEqual({ written: 3 });
  });

  it.each([
    [[procfs('read', 'f', '')], 0o400],
    [[procfs('write', 'f', '')], 0o200],
    [[procfs('read', 'f', ''), procfs('write', 'f', '')], 0o600],
    [[procfs('read', 'f', '', { umask: 0 })], 0o444],
    [[procfs('read', 'f', '', { umask: 0o404 })], 0o040],
    [[procfs('write', 'f', '', { umask: 0o20 })], 0o202],
    [[procfs('read', 'f', '', { umask: 2 }), procfs('write', 'f', '', { umask: 0o40 })], 0o624],
    [[procfs('read', 'f', '', { umask: 0o777 })], 0o444],
    [[procfs('read', 'f', '', { umask: -1 })], 0o444],
  ])('have the mode that umask leaves (%#)', (probes, mode) => {
    expect(engineOf(handWrittenModule(probes)).engine.files()[0]?.mode).toBe(mode);
  });

  it('run with the process that accesses them', () => {
    const body = 'rt.print(rt.context.process.execname() + rt.context.process.pid());';
    const { engine, world } = engineOf(handWrittenModule([procfs('write', 'f', body)]));
    engine.start();
    engine.activate();
    engine.files()[0]?.write?.(ACCESSOR, 'x');
    expect(world.output.text).toBe('cat7');
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
    expect(engine.setGlobal('n', [], 9n)).toBe(true);
    expect(engine.setGlobal('a', ['new'], 6)).toBe(true);
    expect(engine.setGlobal('a', [1], 6)).toBe(false);
    expect(engine.globals().map(({ name, value, elements }) => [name, value, elements?.length])).toEqual([
      ['n', 9n, undefined],
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
