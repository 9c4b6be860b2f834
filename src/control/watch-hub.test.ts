import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ModuleDescription, WatchEvent } from './protocol.ts';
import { RecordedControl } from './testing/recorded-control.ts';
import { WatchHub, type WatchingClient } from './watch-hub.ts';

/** A client that keeps what it is told, until `room` is used up. */
class Client implements WatchingClient {
  readonly told: WatchEvent[] = [];
  room = Infinity;
  missedBytes = 0;
  isClosed = false;

  get isBehind(): boolean {
    return this.room <= 0;
  }

  tellOutput(line: Buffer, bytes: number): void {
    this.room -= bytes;
    this.told.push(JSON.parse(line.toString('latin1')) as WatchEvent);
  }

  missOutput(bytes: number): void {
    this.missedBytes += bytes;
  }

  tell(event: WatchEvent): void {
    this.told.push(event);
  }

  tellAfterReply(event: WatchEvent): void {
    this.told.push(event);
  }

  close(): void {
    this.isClosed = true;
  }

  get texts(): string[] {
    return this.told.map((event) => ('text' in event ? `${event.stream} ${event.text}` : event.event));
  }
}

let timing: boolean[] = [];
let hub = new WatchHub({ onTiming: () => undefined });
beforeEach(() => {
  timing = [];
  hub = new WatchHub({ onTiming: (isWanted) => timing.push(isWanted) });
});

function watch(output: boolean, timed = false): Client {
  const client = new Client();
  expect(hub.watch(client, { op: 'watch', output, timing: timed })).toEqual({ ok: true, earlierBytes: 0 });
  return client;
}

function write(stream: 'out' | 'err', text: string): void {
  hub.takeOutput(stream, Buffer.from(text, 'latin1'));
}

test('output is told in order, that of one stream together, to those who want it', () => {
  const [reader, other] = [watch(true), watch(false)];
  write('out', 'a');
  write('out', 'b\n');
  write('err', 'caf\xe9\n');
  write('out', 'c\n');
  hub.tell({ event: 'reloaded' });
  expect(reader.texts).toEqual(['out ab\n', 'err caf\xe9\n', 'out c\n', 'reloaded']);
  expect(other.texts).toEqual(['reloaded']);
});

test('output is told soon', async () => {
  const reader = watch(true);
  write('out', 'a');
  expect(reader.texts).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(reader.texts).toEqual(['out a']);
});

test('what was written before is not told to those who come', () => {
  watch(true);
  write('out', 'before');
  const late = watch(true);
  write('out', 'after');
  hub.flush();
  expect(late.texts).toEqual(['out after']);
});

test('a client that is behind learns how much it missed, the others all of it', () => {
  const [slow, quick] = [watch(true), watch(true)];
  slow.room = 1;
  write('out', 'abc');
  hub.flush();
  write('out', 'defg');
  hub.flush();
  expect([slow.texts, slow.missedBytes]).toEqual([['out abc'], 4]);
  expect([quick.texts, quick.missedBytes]).toEqual([['out abc', 'out defg'], 0]);
});

test('of very much output at once a part is told, and how much is not', () => {
  const reader = watch(true);
  for (let count = 0; count < 30; count++) write('out', 'x'.repeat(100_000));
  hub.flush();
  const lengths = reader.told.map((event) => ('text' in event ? event.text.length : 0));
  expect(Math.max(...lengths)).toBeLessThanOrEqual(1 << 16);
  const toldBytes = lengths.reduce((sum, length) => sum + length, 0);
  expect(toldBytes).toBeGreaterThanOrEqual(1 << 20);
  expect(toldBytes + reader.missedBytes).toBe(3_000_000);
});

test('handlers are measured while anybody wants that', () => {
  const [one, two] = [watch(false, true), watch(false, true)];
  hub.unwatch(one);
  expect(timing).toEqual([true]);
  hub.watch(two, { op: 'watch', output: true, timing: false });
  expect(timing).toEqual([true, false]);
  hub.unwatch(two);
  expect(timing).toEqual([true, false]);
});

test('the end is told once, after all output, also to those who come later', async () => {
  const module: ModuleDescription = new RecordedControl().describe();
  const reader = watch(true, true);
  write('out', 'last');
  hub.finish(() => ({ event: 'finished', status: 1, module }));
  hub.finish(() => ({ event: 'finished', status: 0, module }));
  expect(reader.texts).toEqual(['out last', 'finished']);
  expect(reader.told.at(-1)).toMatchObject({ status: 1 });
  expect([reader.isClosed, timing]).toEqual([true, [true, false]]);
  const late = watch(false);
  expect(late.texts).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect([late.texts, late.isClosed]).toEqual([['finished'], true]);
});

describe('output from before somebody watched', () => {
  const KEPT_BYTES = 256 << 10;
  const FROM_START = { op: 'watch', output: true, timing: false, fromStart: true } as const;
  beforeEach(() => {
    vi.useFakeTimers({ now: 1000 });
    hub = new WatchHub({ onTiming: () => undefined, keepsOutput: true });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is told to the first one who asks for it, with its times, and then what comes', () => {
    write('out', 'begin\n');
    write('err', 'WARNING: x\n');
    vi.advanceTimersByTime(500);
    write('out', 'later\n');
    const plain = watch(true);
    const client = new Client();
    expect(hub.watch(client, FROM_START)).toEqual({ ok: true, earlierBytes: 23 });
    write('out', 'live\n');
    hub.flush();
    expect(plain.texts).toEqual(['out live\n']);
    expect(client.told).toEqual([
      { event: 'output', stream: 'out', text: 'begin\n', timeMs: 1000 },
      { event: 'output', stream: 'err', text: 'WARNING: x\n', timeMs: 1000 },
      { event: 'output', stream: 'out', text: 'later\n', timeMs: 1500 },
      { event: 'output', stream: 'out', text: 'live\n', timeMs: 1500 },
    ]);
    const second = new Client();
    expect(hub.watch(second, FROM_START)).toEqual({ ok: true, earlierBytes: 0 });
    expect(hub.watch(client, FROM_START)).toEqual({ ok: true, earlierBytes: 0 });
    expect(second.texts).toEqual([]);
  });

  test('is told after the end, too', async () => {
    vi.useRealTimers();
    write('out', 'short\n');
    hub.finish(() => ({ event: 'finished', status: 0, module: {} as ModuleDescription }));
    const client = new Client();
    hub.watch(client, FROM_START);
    await vi.waitFor(() => expect(client.isClosed).toBe(true));
    expect(client.texts).toEqual(['out short\n', 'finished']);
  });

  test('is the newest, however much there is at once', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`);
    for (const line of lines) write('out', line);
    const client = new Client();
    const bytes = lines.join('').length;
    expect(hub.watch(client, FROM_START)).toEqual({ ok: true, earlierBytes: bytes });
    const text = client.told.map((event) => ('text' in event ? event.text : '')).join('');
    expect(text.length).toBeLessThanOrEqual(KEPT_BYTES);
    expect(text.length).toBeGreaterThan(KEPT_BYTES / 2);
    expect(lines.join('').endsWith(text)).toBe(true);
    expect(client.told[0]).toEqual({ event: 'output-missed', bytes: bytes - text.length });
  });

  test('is without gap where more was written at once than is told to those who watch', () => {
    watch(true);
    for (let count = 0; count < 40; count++) write('out', 'x'.repeat(1 << 16));
    hub.flush();
    write('out', 'afterwards\n');
    const client = new Client();
    expect(hub.watch(client, FROM_START)).toEqual({ ok: true, earlierBytes: 40 * (1 << 16) + 11 });
    expect(client.told).toEqual([
      { event: 'output-missed', bytes: 40 * (1 << 16) },
      { event: 'output', stream: 'out', text: 'afterwards\n', timeMs: 1000 },
    ]);
  });

  test('nobody asks for: nothing is kept without being told to', () => {
    hub = new WatchHub({ onTiming: () => undefined });
    write('out', 'gone\n');
    const client = new Client();
    expect(hub.watch(client, FROM_START)).toEqual({ ok: true, earlierBytes: 0 });
    expect(client.texts).toEqual([]);
  });
});
