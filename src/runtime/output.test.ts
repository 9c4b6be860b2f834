import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIGH_WATER_BYTES, OutputChannel } from './output.ts';
import { MemoryOutput } from './testing/memory-ports.ts';

function ignore(): void {
  // Nothing to do when the port breaks.
}

describe('an output channel', () => {
  it('sends at flush, not before', () => {
    const port = new MemoryOutput();
    const channel = new OutputChannel(port, ignore);
    channel.write('a');
    expect(port.text).toBe('');
    channel.flush();
    expect(port.text).toBe('a');
  });

  it('keeps order and loses nothing, however the port takes the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary-ascii', maxLength: 50 })),
        fc.array(fc.integer({ min: 1, max: 40 })),
        async (texts, rooms) => {
          const port = new MemoryOutput();
          port.room = 0;
          const channel = new OutputChannel(port, ignore);
          for (const [index, text] of texts.entries()) {
            channel.write(text);
            channel.flush();
            port.makeRoom(rooms[index] ?? 1);
          }
          const drained = channel.drained();
          for (let round = 0; round < 3000 && port.text.length < texts.join('').length; round += 1)
            port.makeRoom(7);
          await drained;
          expect(port.text).toBe(texts.join(''));
        },
      ),
    );
  });

  it('is not ready while too much waits, and says when it is again', () => {
    const port = new MemoryOutput();
    port.room = 0;
    const channel = new OutputChannel(port, ignore);
    channel.write('x'.repeat(HIGH_WATER_BYTES + 1));
    channel.flush();
    expect(channel.ready()).toBe(false);
    let ready = 0;
    channel.whenReady(() => (ready += 1));
    port.makeRoom(10);
    expect(ready).toBe(0);
    port.makeRoom(HIGH_WATER_BYTES);
    expect(ready).toBe(1);
    expect(channel.ready()).toBe(true);
  });

  it('waits for the port once, also when those who waited write at once', async () => {
    const port = new MemoryOutput();
    port.room = 0;
    const channel = new OutputChannel(port, ignore);
    channel.write('a'.repeat(HIGH_WATER_BYTES + 1));
    channel.flush();
    channel.whenReady(() => {
      channel.write('b');
      channel.flush();
    });
    port.makeRoom(HIGH_WATER_BYTES);
    const drained = channel.drained();
    port.makeRoom(10);
    await drained;
    expect(port.text).toBe(`${'a'.repeat(HIGH_WATER_BYTES + 1)}b`);
  });

  it('lets everybody go on when the port breaks', async () => {
    const port = new MemoryOutput();
    port.room = 0;
    let broken = 0;
    const channel = new OutputChannel(port, () => (broken += 1));
    channel.write('x'.repeat(HIGH_WATER_BYTES + 1));
    channel.flush();
    let ready = 0;
    channel.whenReady(() => (ready += 1));
    const drained = channel.drained();
    port.broken = true;
    port.makeRoom(0);
    await drained;
    channel.write('more');
    channel.flush();
    expect([broken, ready, channel.ready(), port.text]).toEqual([1, 1, true, '']);
  });
});
