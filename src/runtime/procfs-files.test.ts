import { describe, expect, it } from 'vitest';
import type { CompiledModule } from '../module/compiled-module.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import { Engine } from './engine.ts';
import { intrinsics } from './intrinsics/table.ts';
import { EXITING, failing, handWrittenModule } from './testing/hand-written-module.ts';
import type { HandWrittenProbe } from './testing/hand-written-module.ts';
import { memoryWorld, PLAIN_OPTIONS } from './testing/memory-ports.ts';
import type { MemoryWorld } from './testing/memory-ports.ts';

const ACCESSOR = { tid: 7, uid: 0, gid: 0 };
const EIO = 5;

function engineOf(module: CompiledModule): { readonly engine: Engine; readonly world: MemoryWorld } {
  const world = memoryWorld(intrinsics);
  return { engine: new Engine(module, world.ports, PLAIN_OPTIONS), world };
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
