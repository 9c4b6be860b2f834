import { readFile, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { rawConnection } from '../../src/web/testing/raw-request.ts';
import { WEB_LIMITS } from '../../src/web/web-limits.ts';
import { until, type RunningStap } from './running-stap.ts';
import { EventReader, serveDashboard, type ServedDashboard } from './served-dashboard.ts';

// Many clients of one script at a time: nobody misses anything, nobody hurts anybody.

const STREAMS = 50;
const SCRAPES_PER_SECOND = 100;
const WRITES = 300;

const started: RunningStap[] = [];
const readers: EventReader[] = [];

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  for (const stap of started.splice(0)) await stap.dispose();
});

function read(served: ServedDashboard, query: string): EventReader {
  const reader = new EventReader(served, query);
  readers.push(reader);
  return reader;
}

/** The lines of a reader are those of standard output, each once and in order, from the first one it was told to the last. */
function expectAllLines(reader: EventReader, printed: readonly string[]): void {
  const told = reader.lines.map(({ text }) => text);
  const first = printed.indexOf(told[0] ?? '');
  expect(first).toBeGreaterThanOrEqual(0);
  // An array of thousands of lines is no good message.
  const at = printed.slice(first).findIndex((line, index) => line !== told[index]);
  expect(at < 0 ? [] : [at, printed.slice(first + at).slice(0, 3), told.slice(at, at + 3)]).toEqual([]);
  expect(told).toHaveLength(printed.length - first);
  const ids = reader.lines.map(({ id }) => id);
  expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0))).toBe(true);
}

interface Scrapes {
  readonly faults: string[];
  readonly counts: number[];
  end(): Promise<void>;
}

/** Asks both servers for their metrics, by turns, again and again. */
function startScrapes({ url, metricsUrl = '', headers }: ServedDashboard): Scrapes {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const faults: string[] = [];
  const counts: number[] = [];
  let underWay = 0;
  let begun = 0;
  const scrape = (): void => {
    underWay++;
    const target = begun++ % 2 === 0 ? metricsUrl : `${url}metrics`;
    get(target, { agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => {
        underWay--;
        const count = /^stap_lines_total\{[^}]*\} (\d+)$/m.exec(text)?.[1];
        if (answer.statusCode !== 200 || count === undefined)
          faults.push(`${answer.statusCode ?? 0} ${text.slice(0, 200)}`);
        else counts.push(Number(count));
      });
    }).on('error', (error) => {
      underWay--;
      faults.push(error.message);
    });
  };
  const timer = setInterval(scrape, 1000 / SCRAPES_PER_SECOND);
  return {
    faults,
    counts,
    async end() {
      clearInterval(timer);
      await until('last scrapes', () => underWay === 0);
      agent.destroy();
    },
  };
}

test('streams, scrapes, readers and writers at a time', async () => {
  const script = `
      global lines
      probe timer.ms(10) { lines++; printf("tick %d\\n", lines) }
      probe procfs("lines").read { $value = sprintf("%d\\n", lines) }
      probe procfs("note").write { printf("note %s", $value) }
      probe end { println("bye") }`;
  const served = await serveDashboard({ script, options: ['--metrics=127.0.0.1:0', '-m', 'load'] }, (stap) =>
    started.push(stap),
  );
  const stap = await served.stap.ready();
  const streams = Array.from({ length: STREAMS }, (_, index) =>
    read(served, `?module=load${index % 5 === 0 ? '&file=lines' : ''}`),
  );
  await until('all streams', () => streams.every(({ lines }) => lines.length > 0), 20_000);
  const scrapes = startScrapes(served);
  const seen: number[] = [];
  for (let note = 1; note <= WRITES; note++) {
    await writeFile(join(stap.directory, 'note'), `${note}\n`);
    seen.push(Number(await readFile(join(stap.directory, 'lines'), 'latin1')));
    await pause(2);
  }
  await scrapes.end();
  expect(scrapes.faults).toEqual([]);
  expect(scrapes.counts.length).toBeGreaterThan(50);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(Math.max(...scrapes.counts)).toBeGreaterThan(seen[0] ?? 0);
  await until('last note', () => streams.every((one) => one.hasLine(`note ${WRITES}`)), 20_000);
  expect(streams.filter(({ isClosed }) => isClosed)).toEqual([]);

  const { status, stdout, stderr } = await stap.stop();
  expect(status).toBe(0);
  expect(stderr).toMatch(/^metrics: \S+\ndashboard: \S+\n$/);
  await until('end of all streams', () => streams.every(({ isClosed }) => isClosed));
  const printed = stdout.trimEnd().split('\n');
  expect(printed.at(-1)).toBe('bye');
  for (const stream of streams) expectAllLines(stream, printed);
  const notes = printed.filter((line) => line.startsWith('note '));
  expect(notes).toEqual(Array.from({ length: WRITES }, (_, index) => `note ${index + 1}`));
  expect(streams.map(({ counts }) => counts.get('ended'))).toEqual(streams.map(() => 1));
  expect(streams.filter(({ counts }) => (counts.get('file') ?? 0) > 0)).toHaveLength(STREAMS / 5);
  await expect(fetch(served.url)).rejects.toThrow();
  await stap.assertNothingLeft();
}, 90_000);

/** Opens a stream of which nothing is read any more. */
async function silentStream({ port, token }: ServedDashboard): Promise<Socket> {
  const socket = await rawConnection(port);
  socket.on('error', () => undefined);
  const lines = ['GET /api/v1/events?module=loud HTTP/1.1', `Host: localhost:${port}`];
  socket.pause();
  socket.write([...lines, `Authorization: Bearer ${token}`, '', ''].join('\r\n'));
  return socket;
}

test('clients that read nothing are left behind, and nobody else feels it', async () => {
  const BURST_LINES = 70;
  const script = `
      global bursts
      probe procfs("burst").write {
        bursts++
        for (i = 1; i <= ${BURST_LINES}; i++) printf("%d.%d %7000d\\n", bursts, i, i)
        printf("burst %d\\n", bursts)
      }
      probe procfs("bursts").read { $value = sprint(bursts) }`;
  const options = ['-DMAXACTION=100000', '-m', 'loud'];
  const served = await serveDashboard({ script, options }, (stap) => started.push(stap));
  const stap = await served.stap.ready();
  const quick = Array.from({ length: 3 }, () => read(served, '?module=loud'));
  await until('streams', () => quick.every(({ counts }) => counts.has('state')));
  const silent = await Promise.all(Array.from({ length: 5 }, () => silentStream(served)));
  // More than may wait for one client, in the server and in the system's buffers on both sides.
  const bursts = Math.ceil((WEB_LIMITS.maxStreamBytes + (12 << 20)) / (BURST_LINES * 7000));
  for (let burst = 1; burst <= bursts; burst++) {
    await writeFile(join(stap.directory, 'burst'), 'x');
    await until(`burst ${burst}`, () => quick.every((one) => one.hasLine(`burst ${burst}`)));
  }
  // They learn of it when they read again.
  const closed = silent.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
  for (const socket of silent) socket.resume();
  await Promise.all(closed);
  expect(quick.filter(({ isClosed }) => isClosed)).toEqual([]);
  expect(await stap.out('cat bursts')).toBe(String(bursts));
  const { status, stdout } = await stap.stop();
  expect(status).toBe(0);
  await until('end of all streams', () => quick.every(({ isClosed }) => isClosed));
  for (const one of quick) expectAllLines(one, stdout.trimEnd().split('\n'));
  await stap.assertNothingLeft();
}, 90_000);
