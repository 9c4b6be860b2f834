import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ModuleSession } from './module-session.ts';
import { until } from './running-stap.ts';

// What clients of the module's own user may do to its control socket without harming it.

const SCRIPT = `
global hits, table
probe timer.ms(10) { hits++ }
probe begin { for (i = 0; i < 100; i++) table[i] = i }
probe end { printf("end %d\\n", table[99]) }
`;
/** A module prepares for clients in its first moments. */
const PREPARED_MS = 400;

/** For a shell: kills its last command at a random moment of the first 110 ms, which is as long as it takes. */
const KILL = 'p=$!; sleep 0.$(printf %03d $((RANDOM % 110))); kill -9 $p 2> /dev/null; wait $p 2> /dev/null';

let session: ModuleSession;
const sockets: Socket[] = [];
beforeEach(() => (session = new ModuleSession()));
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await session.dispose();
});

const home = (): string => join(session.root, '.target');

/** Starts the module `target`; its process. */
async function start(): Promise<number> {
  writeFileSync(join(session.folder, 'target.stp'), SCRIPT);
  const { stderr } = await session.sh('stap -F -m target target.stp');
  expect(stderr).toMatch(/staprun -A target/);
  await pause(PREPARED_MS);
  const entry = JSON.parse(readFileSync(join(home(), 'entry.json'), 'utf8')) as { pid: number };
  return entry.pid;
}

/** A connection, and what came back. */
function client(): { readonly socket: Socket; readonly text: () => string } {
  const socket = connect({ path: join(home(), 'control') });
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  return { socket, text: () => text };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function mostMemoryKb(pid: number): number {
  return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

/** Processor time used so far, in clock ticks of 10 ms. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Lowers the limit of open files so that `spare` more can be opened. */
async function leaveDescriptors(pid: number, spare: number): Promise<void> {
  const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let free = 0; free <= spare; limit++) if (!used.has(limit)) free++;
  await session.sh(`prlimit --pid ${pid} --nofile=${limit - 1}:`);
}

test.each([0, 1, 5])(
  'without descriptors but %i it goes on, without spinning, and serves afterwards',
  async (spare) => {
    const pid = await start();
    await leaveDescriptors(pid, spare);
    for (let count = 0; count < 60; count++) client();
    await pause(200);
    const before = ticks(pid);
    await pause(1000);
    expect(ticks(pid) - before).toBeLessThan(30);
    for (const socket of sockets.splice(0)) socket.destroy();
    await session.sh(`prlimit --pid ${pid} --nofile=1024:`);
    expect((await session.sh('stap-ctl target get "table[7]"')).stdout).toBe('table[7]=7\n');
    expect(await session.sh('stap-rmmod target')).toMatchObject({ status: 0, stderr: '' });
  },
);

test('sixty clients that slowly send as much as they may take the memory of one', async () => {
  const pid = await start();
  const before = mostMemoryKb(pid);
  const clients = Array.from({ length: 60 }, client);
  const piece = Buffer.alloc(1 << 20, 'x');
  for (const { socket } of clients) socket.write('{"op":"reload","script":"a","module":"');
  for (let round = 0; round < 15; round++) {
    for (const { socket } of clients) if (socket.writableLength === 0) socket.write(piece);
    await pause(30);
  }
  await until('refusals', () => clients.filter(({ text }) => text().includes('"busy"')).length === 59);
  expect(mostMemoryKb(pid) - before).toBeLessThan(100 * 1024);
  expect((await session.sh('stap-ctl target get "table[7]"')).stdout).toBe('table[7]=7\n');
  expect(await session.sh('stap-rmmod target')).toMatchObject({ status: 0, stderr: '' });
}, 30_000);

test('clients killed at any moment do it no harm', async () => {
  const pid = await start();
  await session.sh(`
    for i in {1..20}; do
      for words in 'reload target.stp' 'set table[5]=5'; do
        stap-ctl target $words > /dev/null 2>&1 & ${KILL}
      done
    done`);
  expect((await session.sh('stap-ctl target get "table[5]"')).stdout).toBe('table[5]=5\n');
  expect(readdirSync(`/proc/${pid}/fd`).length).toBeLessThan(40);
  for (let round = 0, isRunning = true; round < 20; round++) {
    if (!isRunning) await start();
    await session.sh(`stap-rmmod target & ${KILL}`);
    // It was asked, or not: it ends in good order or goes on.
    await pause(200);
    isRunning = existsSync(home());
    const { status, stdout } = await session.sh('stap-ctl target get "table[99]"');
    expect([status, stdout]).toEqual(isRunning ? [0, 'table[99]=99\n'] : [1, '']);
  }
  await session.sh('stap-rmmod target');
  await session.assertNothingLeft();
}, 60_000);
