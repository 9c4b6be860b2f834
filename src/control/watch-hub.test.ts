import { beforeEach, expect, test } from 'vitest';
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

  close(): void {
    this.isClosed = true;
  }

  get texts(): string[] {
    return this.told.map((event) => ('text' in event ? `${event.stream} ${event.text}` : event.event));
  }
}

let timing: boolean[] = [];
let hub = new WatchHub(() => undefined);
beforeEach(() => {
  timing = [];
  hub = new WatchHub((isWanted) => timing.push(isWanted));
});

function watch(output: boolean, timed = false): Client {
  const client = new Client();
  expect(hub.watch(client, { op: 'watch', output, timing: timed })).toEqual({ ok: true });
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
