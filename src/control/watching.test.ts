import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { claimModule, type ModuleClaim } from '../registry/module-claim.ts';
import { startControlServer, type ControlServer } from './control-server.ts';
import { RecordedControl } from './testing/recorded-control.ts';
import { WatchHub } from './watch-hub.ts';

const WATCH = '{"op":"watch","output":true}';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let scratch = '';
let claim: ModuleClaim;
let control: RecordedControl;
let server: ControlServer;
const sockets: Socket[] = [];

beforeEach(async () => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'stap-watching-')));
  claim = claimModule(join(scratch, 'root'), { name: 'recorded', script: 'a.stp' });
  control = new RecordedControl();
  server = await startControlServer(claim.controlSocket, control, { requestMs: 200, descriptorsMs: 200 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
  claim.release();
  rmSync(scratch, { recursive: true, force: true });
});

interface Client {
  readonly socket: Socket;
  readonly lines: () => readonly Record<string, unknown>[];
}

async function client(...requests: readonly string[]): Promise<Client> {
  const socket = connect({ path: claim.controlSocket });
  sockets.push(socket);
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const lines = (): Record<string, unknown>[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const request of requests) socket.write(`${request}\n`);
  await vi.waitFor(() => expect(lines().length).toBeGreaterThanOrEqual(requests.length));
  return { socket, lines };
}

function write(text: string): void {
  control.hub.takeOutput('out', Buffer.from(text, 'latin1'));
  control.hub.flush();
}

test('a watching connection is told what happens, has no hurry, and still asks', async () => {
  const { socket, lines } = await client(WATCH);
  await new Promise((resolve) => setTimeout(resolve, 400));
  write('caf\xe9\n');
  socket.write('{"op":"source"}\n');
  await vi.waitFor(() => expect(lines()).toHaveLength(3));
  expect(lines()).toMatchObject([
    { ok: true },
    { event: 'output', stream: 'out', text: 'caf\xe9\n' },
    { ok: true, sources: [{ name: '<input>' }] },
  ]);
});

test('its wishes can change, and end with it', async () => {
  const { socket, lines } = await client(WATCH);
  socket.write('{"op":"watch","timing":true}\n');
  await vi.waitFor(() => expect(lines()).toHaveLength(2));
  write('not wanted any more');
  socket.destroy();
  await vi.waitFor(() => expect(control.calls).toContain('unwatch'));
  expect(control.calls).toEqual([
    'watch true false',
    'watch false true',
    'timing true',
    'unwatch',
    'timing false',
  ]);
});

test('it cannot be attached as well', async () => {
  const { lines } = await client(WATCH, '{"op":"attach","pid":1}');
  expect(lines()[1]).toMatchObject({ ok: false, code: 'not-possible' });
  expect(control.calls).toEqual(['watch true false']);
});

test.each(['{"op":"watch","output":1}', '{"op":"watch","timing":null}'])(
  '%s is no request',
  async (request) => {
    const { lines } = await client(request);
    expect(lines()).toMatchObject([{ ok: false, code: 'bad-request' }]);
  },
);

test('who does not read keeps little waiting, and learns what it missed when it reads again', async () => {
  const { socket, lines } = await client(WATCH);
  socket.pause();
  const heldBytes = (): number => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = heldBytes();
  for (let count = 0; count < 500; count++) {
    write('x'.repeat(60_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Memory of buffers is given back a little after it was collected.
  await vi.waitFor(() => expect(heldBytes() - before).toBeLessThan(8 << 20), 5000);
  socket.resume();
  const bytesOf = (name: string): number =>
    lines()
      .filter(({ event }) => event === name)
      .reduce((sum, { text, bytes }) => sum + (typeof text === 'string' ? text.length : Number(bytes)), 0);
  await vi.waitFor(() => expect(bytesOf('output') + bytesOf('output-missed')).toBe(500 * 60_000));
  expect(bytesOf('output')).toBeLessThan(3 << 20);
  write('again');
  await vi.waitFor(() => expect(lines().at(-1)).toMatchObject({ text: 'again' }));
});

test('the connection ends after the last event', async () => {
  const { socket, lines } = await client(WATCH);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  control.hub.finish(() => ({ event: 'finished', status: 0, module: control.describe() }));
  await closed;
  expect(lines().at(-1)).toMatchObject({ event: 'finished', status: 0, module: { warnings: 2 } });
});

test('what was kept from the start comes after the reply, before what is told then', async () => {
  control.hub = new WatchHub({ onTiming: () => undefined, keepsOutput: true });
  write('begin\n');
  const { lines } = await client('{"op":"watch","output":true,"fromStart":true}');
  write('live\n');
  await vi.waitFor(() => expect(lines()).toHaveLength(3));
  expect(lines()).toMatchObject([{ ok: true }, { text: 'begin\n' }, { text: 'live\n' }]);
});

test('who does not say what it wants from the start, in a word that can be read, is refused', async () => {
  const { lines } = await client('{"op":"watch","output":true,"fromStart":1}');
  expect(lines()).toMatchObject([{ ok: false, code: 'bad-request' }]);
});
