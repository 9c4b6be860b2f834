import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimModule, type ModuleClaim } from '../registry/module-claim.ts';
import { ControlClient, ControlError } from './control-client.ts';
import { startControlServer, type ControlServer } from './control-server.ts';
import { loadDescriptorPassing, stopReading, streamHandle } from './descriptor-passing.ts';
import { MAX_CONNECTIONS, MAX_REQUEST_BYTES } from './protocol.ts';
import { RecordedControl } from './testing/recorded-control.ts';

/** Long enough for every test that is not about patience. */
const PATIENCE = { requestMs: 1000, descriptorsMs: 300 };

let scratch = '';
let claim: ModuleClaim;
let control: RecordedControl;
let server: ControlServer;
const clients: ControlClient[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'stap-control-')));
  claim = claimModule(join(scratch, 'root'), { name: 'recorded', script: 'a.stp' });
  control = new RecordedControl();
  server = await startControlServer(claim.controlSocket, control, PATIENCE);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
  claim.release();
  rmSync(scratch, { recursive: true, force: true });
});

async function client(): Promise<ControlClient> {
  const connected = await ControlClient.connect(claim.home);
  clients.push(connected);
  return connected;
}

/** A connection that sends anything; what comes back is collected. */
async function rawClient(): Promise<{ socket: Socket; text: () => string; closed: Promise<void> }> {
  const socket = connect({ path: claim.controlSocket });
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, text: () => text, closed };
}

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return [];
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function codeOf(line: string): unknown {
  return (JSON.parse(line) as { code?: unknown }).code;
}

describe('the socket', () => {
  test('is for its owner alone, and no other name stays', () => {
    expect(statSync(claim.controlSocket).mode & 0o777).toBe(0o600);
    expect(statSync(claim.controlSocket).isSocket()).toBe(true);
    expect(readdirSync(claim.home).sort()).toEqual(['control', 'entry.json']);
  });

  test('is replaced without a gap by that of a successor', async () => {
    const second = new RecordedControl();
    const successor = await startControlServer(claim.controlSocket, second);
    await server.close();
    expect(existsSync(claim.controlSocket)).toBe(true);
    await (await client()).request({ op: 'describe' });
    expect([control.calls, second.calls]).toEqual([[], ['describe']]);
    await successor.close();
  });

  test('works below a long path', async () => {
    const long = join(scratch, 'x'.repeat(120));
    const deep = claimModule(long, { name: 'deep', script: 'a.stp' });
    const other = await startControlServer(deep.controlSocket, control);
    const connected = await ControlClient.connect(deep.home);
    clients.push(connected);
    expect(await connected.request({ op: 'switch', probe: '*', on: true })).toEqual({ ok: true });
    await other.close();
    deep.release();
    expect(existsSync(long)).toBe(false);
  });
});

describe('a client', () => {
  test.each(['{"ok":false}', '{"ok":false,"code":{},"text":{"a":1}}'])(
    'makes a whole refusal of %s',
    async (line) => {
      const hostile = createServer((socket) => socket.end(`${line}\n`));
      await new Promise<void>((resolve) => hostile.listen(join(claim.home, 'other'), resolve));
      renameSync(join(claim.home, 'other'), claim.controlSocket);
      const reply = await (await client()).request({ op: 'get' });
      expect(reply).toMatchObject({
        ok: false,
        code: 'not-possible',
        text: expect.stringMatching(/does not say why/) as string,
      });
      hostile.close();
    },
  );

  test('gets what it asks for, byte for byte', async () => {
    control.globalsAnswer = [{ name: 'g', type: 'long', keyTypes: [], value: 9223372036854775807n }];
    const one = await client();
    const reply = await one.request({ op: 'describe' });
    expect(reply).toMatchObject({ ok: true, module: { entry: { script: 'caf\xc3\xa9.stp' } } });
    expect(await one.request({ op: 'get' })).toEqual({ ok: true, globals: control.globalsAnswer });
    expect(await one.request({ op: 'get', name: 'none' })).toMatchObject({ code: 'unknown-global' });
    await one.request({ op: 'set', name: 'g', keys: ['\xff', '"'], value: '\n\xe9' });
    expect(control.calls).toContain('set g[\xff,"]=\n\xe9');
    expect(await one.request({ op: 'stop', force: false })).toEqual({ ok: true });
    expect(await one.request({ op: 'detach' })).toMatchObject({ code: 'not-attached' });
    expect(await one.request({ op: 'rotate' })).toMatchObject({ code: 'not-attached' });
  });

  test('is told about an error of the module, which goes on', async () => {
    const one = await client();
    const failed = await one.request({ op: 'set', name: 'throws', keys: [], value: '' });
    expect(failed).toEqual({ ok: false, code: 'not-possible', text: 'thrown' });
    expect(await one.request({ op: 'get' })).toMatchObject({ ok: true });
  });

  test('gets answers in order, also after a request that takes time', async () => {
    let finish: (() => void) | undefined;
    control.reloading = new Promise((resolve) => (finish = () => resolve({ ok: true, kept: ['x'] })));
    const one = await client();
    const module = 'm'.repeat(3 << 20);
    const reload = one.request({ op: 'reload', module, script: 'b.stp', scriptArguments: [] });
    const next = one.request({ op: 'get' });
    await until(() => control.calls.length > 0);
    expect(control.calls).toEqual([`reload ${3 << 20} b.stp`]);
    finish?.();
    expect(await reload).toEqual({ ok: true, kept: ['x'] });
    expect(await next).toMatchObject({ ok: true });
  });

  test('waits for a module that is moving to another process', async () => {
    await server.close();
    unlinkSync(claim.controlSocket);
    const waiting = client();
    await new Promise((resolve) => setTimeout(resolve, 100));
    server = await startControlServer(claim.controlSocket, control, PATIENCE);
    expect(await (await waiting).request({ op: 'get' })).toMatchObject({ ok: true });
  });

  test('learns why it cannot ask', async () => {
    const { home } = claim;
    const codeFor = async (action: Promise<unknown>): Promise<unknown> =>
      action.then(
        () => 'connected',
        (error: unknown) => (error as ControlError).code,
      );
    await server.close();
    expect(await codeFor(ControlClient.connect(home, { retryMs: 50 }))).toBe('no-answer');
    claim.release();
    expect(await codeFor(ControlClient.connect(home))).toBe('not-running');
    claim = claimModule(join(scratch, 'root'), { name: 'recorded', script: 'a.stp' });
    server = await startControlServer(claim.controlSocket, control, PATIENCE);
  });

  test('of another user is turned away', async () => {
    if (process.getuid?.() !== 0) return;
    chmodSync(scratch, 0o755);
    const program = `const s = require('net').connect(${JSON.stringify(claim.controlSocket)});
      s.on('connect', () => console.log('in')); s.on('error', (e) => console.log(e.code));
      setTimeout(() => process.exit(), 500)`;
    const child = spawn(process.execPath, ['-e', program], {
      uid: 65534,
      gid: 65534,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    expect(text).toBe('EACCES\n');
  });
});

describe('attaching', () => {
  test('passes the descriptors, and events come after', async () => {
    const before = descriptors().length;
    const one = await client();
    const events: unknown[] = [];
    one.onEvent = (event) => events.push(event);
    const outPath = join(scratch, 'out');
    const errPath = join(scratch, 'err');
    const [out, err] = [openSync(outPath, 'w'), openSync(errPath, 'w')];
    const reply = await one.attach({ op: 'attach', pid: 1, hideWarnings: false }, out, err);
    closeSync(out);
    closeSync(err);
    expect(reply).toEqual({ ok: true });
    expect(readFileSync(outPath, 'utf8') + readFileSync(errPath, 'utf8')).toBe('output\nerrors\n');
    // The kernel knows better than the client who it is.
    expect(control.calls).toEqual(['mayAttach 1', `attach ${process.pid}`]);
    expect(await one.request({ op: 'rotate' })).toEqual({ ok: true });
    const second = await client();
    const refusal = await second.attach({ op: 'attach', pid: 2, hideWarnings: false }, 1, 2);
    expect(refusal).toMatchObject({ code: 'attached' });
    expect(await second.request({ op: 'stop', force: false })).toMatchObject({ code: 'in-use' });
    expect(await one.request({ op: 'stop', force: false })).toEqual({ ok: true });
    expect(await one.request({ op: 'detach' })).toEqual({ ok: true });
    await until(() => events.length > 1);
    expect(events).toEqual([{ event: 'attached' }, { event: 'detached' }]);
    one.close();
    second.close();
    await until(() => descriptors().length <= before);
  });

  test('ends with its connection', async () => {
    const one = await client();
    const file = openSync(join(scratch, 'out'), 'w');
    await one.attach({ op: 'attach', pid: 1, hideWarnings: false }, file, file);
    closeSync(file);
    one.close();
    await until(() => control.client === undefined);
    expect(control.calls.at(-1)).toBe(`detach ${process.pid}`);
  });

  test('ends when the module says so, with all events', async () => {
    const one = await client();
    const events: unknown[] = [];
    one.onEvent = (event) => events.push(event);
    const closed = new Promise<void>((resolve) => {
      one.onClosed = resolve;
    });
    const file = openSync(join(scratch, 'out'), 'w');
    await one.attach({ op: 'attach', pid: 1, hideWarnings: false }, file, file);
    closeSync(file);
    const attached = control.client;
    attached?.tell({ event: 'ended', status: 0 });
    attached?.close();
    await closed;
    expect(events.at(-1)).toEqual({ event: 'ended', status: 0 });
    expect(control.calls).not.toContain(`detach ${process.pid}`);
    if (attached !== undefined) control.detach(attached);
  });

  test.each([0, 1, 3, 20])('with %i descriptors is refused and none stays open', async (count) => {
    const before = descriptors().length;
    const { socket, text } = await rawClient();
    socket.write('{"op":"attach","pid":1}\n');
    await until(() => text().includes('\n'));
    const file = openSync(join(scratch, 'out'), 'w');
    const fds = Array.from({ length: count }, () => file);
    const { fd } = streamHandle(socket) ?? { fd: -1 };
    if (count === 0) socket.write('x');
    else expect(loadDescriptorPassing().send(fd, fds)).toBe(0);
    await until(() => text().includes('bad-request'));
    closeSync(file);
    expect(control.calls).toEqual(['mayAttach 1']);
    socket.write('{"op":"get"}\n');
    await until(() => text().includes('"globals"'));
    socket.destroy();
    await until(() => descriptors().length <= before);
  });

  test('without sending any descriptor is given up', async () => {
    const { socket, text } = await rawClient();
    socket.write('{"op":"attach","pid":1}\n');
    await until(() => text().includes('No descriptors came'));
    const other = await client();
    expect(await other.request({ op: 'get' })).toMatchObject({ ok: true });
  });

  test('and going away at once leaves nothing behind', async () => {
    const before = descriptors().length;
    for (let round = 0; round < 20; round++) {
      const { socket, text } = await rawClient();
      socket.write('{"op":"attach","pid":1}\n');
      if (round % 2 === 0) await until(() => text().includes('\n'));
      socket.destroy();
    }
    await until(() => descriptors().length <= before);
  });
});

describe('who is at the other end', () => {
  test('is asked for where another user could have put a socket', async () => {
    const own = await ControlClient.connect(claim.home, { uid: process.geteuid?.() });
    clients.push(own);
    expect(await own.request({ op: 'get' })).toMatchObject({ ok: true });
    const refused = ControlClient.connect(claim.home, { uid: 1501 });
    await expect(refused).rejects.toMatchObject({ code: 'denied' });
    expect(control.calls).toEqual(['globals undefined']);
  });

  // Root can take the user of somebody else, who got at the socket in spite of its mode.
  test.runIf(process.getuid?.() === 0)('another user is refused whatever the mode says', async () => {
    chmodSync(scratch, 0o755);
    chmodSync(claim.controlSocket, 0o666);
    const ask = `const socket = require('node:net').connect(${JSON.stringify(claim.controlSocket)});
      socket.on('error', () => undefined).pipe(process.stdout);
      socket.once('data', () => socket.end('{"op":"stop","force":true}\\n'))`;
    const child = spawn(process.execPath, ['-e', ask], { uid: 1501, gid: 1501, cwd: '/' });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    expect(text).toContain('Another user may not');
    expect(control.calls).toEqual([]);
  });
});

/** Bytes that are in use once garbage has been collected, outside of V8's heap as well. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('whatever a client sends', () => {
  test('memory does not grow with the number of connections', async () => {
    const round = async (): Promise<void> => {
      const one = await ControlClient.connect(claim.home);
      await one.request({ op: 'get' });
      one.close();
    };
    for (let count = 0; count < 200; count++) await round();
    const before = usedBytes();
    for (let count = 0; count < 1500; count++) await round();
    console.log('GROWN', usedBytes() - before);
    expect(usedBytes() - before).toBeLessThan(16 << 20);
  });

  test.each([
    ['nothing sensible', 'hello\n', 'bad-request'],
    ['an empty line', '\n', 'bad-request'],
    ['an array', '[1,2]\n', 'bad-request'],
    ['no such request', '{"op":"toString"}\n', 'bad-request'],
    ['a request without its facts', '{"op":"set","name":"x"}\n', 'bad-request'],
    ['facts of another type', '{"op":"switch","probe":1,"on":"yes"}\n', 'bad-request'],
    ['deep nesting', `${'['.repeat(100_000)}\n`, 'bad-request'],
    ['a long request', `{"op":"get","name":"${'x'.repeat(70_000)}"}\n`, 'too-long'],
    ['an endless line', 'x'.repeat(MAX_REQUEST_BYTES + 1), 'too-long'],
  ])('%s is answered with why not', async (_what, text, code) => {
    const raw = await rawClient();
    raw.socket.write(text);
    await until(() => raw.text().includes('\n'));
    expect(codeOf(raw.text())).toBe(code);
    expect(await (await client()).request({ op: 'get' })).toMatchObject({ ok: true });
  });

  test('garbage ends nothing and leaks nothing', async () => {
    const before = descriptors().length;
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
      fc
        .constantFrom('{"op":"get"}\n', '{"op":"desc', 'ribe"}\n', '\n\n\n', '{"op":"attach","pid":1}\n')
        .map((text) => Buffer.from(text)),
      fc
        .record({
          op: fc.constantFrom('get', 'set', 'stop', 'switch', 'reload', 'attach'),
          name: fc.jsonValue(),
        })
        .map((value) => Buffer.from(`${JSON.stringify(value)}\n`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const { socket } = await rawClient();
        for (const bytes of pieces) socket.write(bytes);
        socket.destroySoon();
        return true;
      }),
      { numRuns: 300 },
    );
    expect(await (await client()).request({ op: 'get' })).toMatchObject({ ok: true });
    for (const connected of clients.splice(0)) connected.close();
    await until(() => descriptors().length <= before);
  });

  test('two hundred connections are too many, and later ones are served again', async () => {
    const before = descriptors().length;
    const all = await Promise.all(Array.from({ length: 200 }, () => rawClient()));
    for (const { socket } of all) socket.write('{"op":"get"}\n');
    await until(() => all.every(({ text }) => text().includes('\n')));
    const busy = all.filter(({ text }) => text().includes('busy'));
    expect(busy.length).toBe(200 - MAX_CONNECTIONS);
    for (const { socket } of all) socket.destroy();
    await until(() => descriptors().length <= before);
    expect(await (await client()).request({ op: 'get' })).toMatchObject({ ok: true });
  });

  test('large requests come one at a time, until each is done; small ones do not wait', async () => {
    let finish: () => void = () => undefined;
    control.reloading = new Promise((resolve) => (finish = () => resolve({ ok: true })));
    const module = 'x'.repeat(1 << 20);
    const reload = { op: 'reload', module, script: 'a', scriptArguments: [] } as const;
    const slow = await rawClient();
    slow.socket.write(`{"op":"reload","script":"a","module":"${module}`);
    const one = await client();
    await until(() => slow.socket.writableLength === 0);
    expect(await one.request(reload)).toMatchObject({ code: 'busy' });
    expect(await (await client()).request({ op: 'get' })).toMatchObject({ ok: true });
    slow.socket.write('"}\n');
    await until(() => control.calls.some((call) => call.startsWith('reload')));
    expect(await (await client()).request(reload)).toMatchObject({ code: 'busy' });
    finish();
    await until(() => slow.text().includes('"ok":true'));
    for (const times of [1, 2]) {
      expect(await (await client()).request(reload)).toEqual({ ok: true });
      expect(control.calls.filter((call) => call.startsWith('reload')).length).toBe(1 + times);
    }
  });

  test('a large request that is broken off, or is none, makes room for the next', async () => {
    const module = 'x'.repeat(1 << 20);
    const reload = { op: 'reload', module, script: 'a', scriptArguments: [] } as const;
    for (const text of [`"${module}"\n`, `"${module}`]) {
      const raw = await rawClient();
      raw.socket.write(text);
      await until(() => raw.socket.writableLength === 0 && (raw.text() !== '' || !text.endsWith('\n')));
      if (!text.endsWith('\n')) raw.socket.destroy();
      await until(() => raw.socket.destroyed || text.endsWith('\n'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await (await client()).request(reload)).toEqual({ ok: true });
    }
  });

  test('a client that does not read gets no further', async () => {
    control.globalsAnswer = [{ name: 'g', type: 'string', keyTypes: [], value: 'x'.repeat(1 << 20) }];
    const { socket } = await rawClient();
    socket.pause();
    const handle = streamHandle(socket);
    if (handle !== undefined) stopReading(handle);
    for (let asked = 0; asked < 50; asked++) socket.write('{"op":"get"}\n');
    await until(() => control.calls.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(control.calls.length).toBeLessThan(5);
    expect(await (await client()).request({ op: 'switch', probe: '*', on: true })).toEqual({ ok: true });
  });

  test('silence and half requests are borne for a while only', async () => {
    const silent = await rawClient();
    const half = await rawClient();
    half.socket.write('{"op":');
    const asked = await client();
    await asked.request({ op: 'get' });
    await Promise.all([silent.closed, half.closed]);
    expect(await asked.request({ op: 'get' })).toMatchObject({ ok: true });
  });
});

test('a server whose directory is missing does not start', async () => {
  await expect(startControlServer(join(scratch, 'none', 'control'), control)).rejects.toThrow(
    /EACCES|ENOENT/,
  );
});
