import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputChannel, type OutputPort } from '../../runtime/output.ts';
import type { StreamName } from './output-ring.ts';
import { OutputSwitch, type OutputTarget } from './output-switch.ts';

/** A reader that takes what there is room for; everything that any reader got is in one shared record. */
class Reader implements OutputTarget {
  readonly out: OutputPort;
  readonly err: OutputPort;
  room: number;
  broken = false;
  closed = false;
  brokenSeen = 0;
  endsRun = false;
  readonly #got: { stream: StreamName; text: string }[];
  #callbacks: (() => void)[] = [];

  constructor(got: { stream: StreamName; text: string }[], room = Infinity) {
    this.#got = got;
    this.room = room;
    this.out = this.#port('out');
    this.err = this.#port('err');
  }

  close(): void {
    this.closed = true;
  }

  onBroken(): void {
    this.brokenSeen++;
  }

  makeRoom(bytes: number): void {
    this.room += bytes;
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  #port(stream: StreamName): OutputPort {
    return {
      write: (bytes) => {
        expect(this.closed).toBe(false);
        if (this.broken) return 'broken';
        const taken = Math.min(this.room, bytes.length);
        if (taken === 0) return 'would-block';
        this.room -= taken;
        this.#got.push({ stream, text: Buffer.from(bytes.subarray(0, taken)).toString('latin1') });
        return taken;
      },
      onWritable: (callback) => void this.#callbacks.push(callback),
      encode: (text) => Buffer.from(text, 'latin1'),
    };
  }
}

function textOf(got: readonly { stream: StreamName; text: string }[], stream?: StreamName): string {
  return got
    .filter((piece) => stream === undefined || piece.stream === stream)
    .map(({ text }) => text)
    .join('');
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what was written while nobody read comes first, in order over both streams, then what follows', async () => {
  const got: { stream: StreamName; text: string }[] = [];
  const output = new OutputSwitch(1000);
  output.out.write(Buffer.from('1'));
  output.err.write(Buffer.from('2'));
  output.out.write(Buffer.from('3'));
  output.attach(new Reader(got));
  expect(output.out.write(Buffer.from('4'))).toBe(1);
  await settled();
  expect(got).toEqual([
    { stream: 'out', text: '1' },
    { stream: 'err', text: '2' },
    { stream: 'out', text: '3' },
    { stream: 'out', text: '4' },
  ]);
  expect(output.bufferedBytes).toBe(0);
});

test('a channel that waits for a slow reader goes on into the ring when the reader leaves', async () => {
  const got: { stream: StreamName; text: string }[] = [];
  const output = new OutputSwitch(1000);
  const slow = new Reader(got, 2);
  output.attach(slow);
  const channel = new OutputChannel(output.out, () => expect.unreachable());
  channel.write('abcdef');
  channel.flush();
  expect(textOf(got)).toBe('ab');
  output.detach();
  expect(slow.closed).toBe(true);
  await settled();
  expect(output.bufferedBytes).toBe(4);
  slow.makeRoom(100);
  await settled();
  output.attach(new Reader(got));
  await output.drained();
  expect(textOf(got)).toBe('abcdef');
});

test('a reader that breaks leaves the rest in the ring and is told once', async () => {
  const got: { stream: StreamName; text: string }[] = [];
  const output = new OutputSwitch(1000);
  const first = new Reader(got, 3);
  output.attach(first);
  const channel = new OutputChannel(output.out, () => expect.unreachable());
  channel.write('abcdef');
  channel.flush();
  first.broken = true;
  first.makeRoom(1);
  await settled();
  expect([first.brokenSeen, first.closed, output.attached]).toEqual([1, true, false]);
  output.attach(new Reader(got));
  await output.drained();
  expect(textOf(got)).toBe('abcdef');
});

test('a target that ends the run reports the break to the channel', () => {
  const output = new OutputSwitch(1000);
  const terminal = new Reader([]);
  terminal.endsRun = true;
  terminal.broken = true;
  output.attach(terminal);
  expect(output.out.write(Buffer.from('x'))).toBe('broken');
  expect(output.bufferedBytes).toBe(0);
});

test('the state of one switch goes on in another', async () => {
  const got: { stream: StreamName; text: string }[] = [];
  const old = new OutputSwitch(4);
  old.out.write(Buffer.from('abc'));
  old.err.write(Buffer.from('def'));
  const next = new OutputSwitch(1000);
  next.restore(old.state());
  next.out.write(Buffer.from('g'));
  next.attach(new Reader(got));
  await next.drained();
  expect([textOf(got), next.lostBytes]).toEqual(['defg', 3]);
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('write-out', 'write-err'), size: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('room'), size: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('attach', 'detach', 'break', 'turn'), size: fc.nat(30) }),
  },
);

/** Everything written and everything delivered, per stream, after random steps and a last patient reader. */
async function play(
  steps: readonly { kind: string; size: number }[],
  ringBytes: number,
): Promise<{ written: Record<StreamName, string>; got: Record<StreamName, string>; lost: number }> {
  const got: { stream: StreamName; text: string }[] = [];
  const written: Record<StreamName, string> = { out: '', err: '' };
  const output = new OutputSwitch(ringBytes);
  const channels = {
    out: new OutputChannel(output.out, () => expect.unreachable()),
    err: new OutputChannel(output.err, () => expect.unreachable()),
  };
  let reader: Reader | undefined;
  let count = 0;
  const write = (stream: StreamName, size: number): void => {
    const text = Array.from({ length: size }, () => String.fromCharCode(count++ % 256)).join('');
    written[stream] += text;
    channels[stream].write(text);
    channels[stream].flush();
  };
  for (const { kind, size } of steps) {
    if (kind === 'write-out') write('out', size);
    else if (kind === 'write-err') write('err', size);
    else if (kind === 'room') reader?.makeRoom(size);
    else if (kind === 'attach') output.attach((reader = new Reader(got, size)));
    else if (kind === 'detach') output.detach();
    else if (kind === 'turn') await settled();
    else if (reader !== undefined) {
      reader.broken = true;
      reader.makeRoom(0);
    }
  }
  await settled();
  output.attach(new Reader(got));
  await channels.out.drained();
  await channels.err.drained();
  await output.drained();
  return { written, got: { out: textOf(got, 'out'), err: textOf(got, 'err') }, lost: output.lostBytes };
}

test('whatever readers come, go and break: every byte is delivered once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { written, got, lost } = await play(steps, 1 << 20);
      expect(lost).toBe(0);
      expect(got).toEqual(written);
    }),
    { numRuns: 300 },
  );
});

test('with a small ring what is missing is what was counted as lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 90 }),
      async (steps, ring) => {
        const { written, got, lost } = await play(steps, ring);
        const lengthOf = (texts: Record<StreamName, string>): number => texts.out.length + texts.err.length;
        expect(lengthOf(got) + lost).toBe(lengthOf(written));
        for (const stream of ['out', 'err'] as const)
          expect(isSubsequence(got[stream], written[stream])).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const unit of part) {
    at = whole.indexOf(unit, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
