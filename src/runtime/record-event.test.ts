import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Int64 } from '../int64/int64.ts';
import type { CapturedPiece, RecordLayout } from '../module/event-record.ts';
import type { MemoryRead } from './kernel-event.ts';
import { BrokenRecordError, RecordEvent } from './record-event.ts';
import { kernelRecord } from './testing/kernel-record.ts';
import type { RecordedEvent } from './testing/kernel-record.ts';

const FAULT = -14;
const KERNEL_ADDRESS = -0x7780_0000_0000;

const bytes = (size: number): CapturedPiece => ({ space: 'user', kind: 'bytes', size });
const text = (size: number): CapturedPiece => ({ space: 'user', kind: 'string', size });

interface LateRead {
  readonly pid: number;
  readonly address: Int64;
  readonly size: number;
}

/** An event over such a record, and the late reads it made of a memory that starts at 0x1000. */
function eventOf(
  layout: Partial<RecordLayout>,
  recorded: RecordedEvent,
  memory = '',
): { readonly event: RecordEvent; readonly late: readonly LateRead[] } {
  const late: LateRead[] = [];
  const readLate = (_space: string, pid: number, address: Int64, size: number): MemoryRead => {
    late.push({ pid, address, size });
    const from = Number(address) - 0x1000;
    return from >= 0 && from + size <= memory.length ? memory.slice(from, from + size) : FAULT;
  };
  const event = new RecordEvent({ words: [], pieces: [], ...layout }, readLate);
  const record = kernelRecord(recorded);
  event.present(record, 0, record.byteLength);
  return { event, late };
}

describe('words of a record', () => {
  it('are found by name, signed, and missing when not captured', () => {
    const { event } = eventOf(
      { words: ['argument:0', 'task', 'uid'] },
      { words: [-1, KERNEL_ADDRESS, 9223372036854775807n] },
    );
    expect(event.word('argument:0')).toBe(-1);
    expect(event.word('task')).toBe(KERNEL_ADDRESS);
    expect(event.word('uid')).toBe(9223372036854775807n);
    expect(event.word('gid')).toBeUndefined();
  });

  it('hold every 64-bit number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const { event } = eventOf({ words: ['result'] }, { words: [value] });
        const word = event.word('result') ?? 'missing';
        expect(BigInt(word)).toBe(value);
        expect(typeof word).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      }),
    );
  });

  it('come with the header', () => {
    const { event } = eventOf({}, { pid: 7, tid: 4294967295 });
    expect([event.monotonicNs, event.cpu, event.pid, event.tid]).toEqual([1000n, 3, 7, 4294967295]);
  });

  it('are those of the record that was presented last', () => {
    const event = new RecordEvent({ words: ['result'], pieces: [] }, () => FAULT);
    const ring = new DataView(new ArrayBuffer(256));
    [11, 22].forEach((value, index) => {
      const record = new Uint8Array(kernelRecord({ words: [value] }).buffer);
      new Uint8Array(ring.buffer).set(record, index * 48);
    });
    event.present(ring, 0, 40);
    expect(event.word('result')).toBe(11);
    event.present(ring, 48, 40);
    expect(event.word('result')).toBe(22);
  });
});

describe('memory of a record', () => {
  it('answers any part of a piece from the record', () => {
    const { event, late } = eventOf(
      { pieces: [bytes(8)] },
      { pieces: [{ address: 0x1000, content: 'abcdefgh' }] },
    );
    expect(event.readMemory('user', 0x1000, 8)).toBe('abcdefgh');
    expect(event.readMemory('user', 0x1003, 2)).toBe('de');
    expect(event.readString('user', 0x1003, 3)).toBe('de');
    expect(late).toEqual([]);
  });

  it('is read late beyond the pieces and in the other space', () => {
    const { event, late } = eventOf(
      { pieces: [bytes(8)] },
      { pid: 9, pieces: [{ address: 0x1000, content: 'abcdefgh' }] },
      'ABCDEFGHIJ',
    );
    expect(event.readMemory('user', 0x1004, 6)).toBe('EFGHIJ');
    expect(event.readMemory('user', 0xfff, 2)).toBe(FAULT);
    expect(event.readMemory('kernel', 0x1000, 1)).toBe('A');
    expect(late[0]).toEqual({ pid: 9, address: 0x1004, size: 6 });
  });

  it('knows where kernel addresses are', () => {
    const { event } = eventOf(
      { pieces: [{ space: 'kernel', kind: 'bytes', size: 4 }] },
      { pieces: [{ address: KERNEL_ADDRESS, content: 'wxyz' }] },
    );
    expect(event.readMemory('kernel', KERNEL_ADDRESS + 1, 3)).toBe('xyz');
  });

  it('keeps a fault of the kernel for what holds the failed range, and only for that', () => {
    const { event, late } = eventOf(
      { pieces: [{ ...bytes(8), space: 'kernel' }] },
      { pieces: [{ address: 0x1000, content: -5 }] },
      'abcdefgh',
    );
    expect(event.readMemory('kernel', 0x1000, 8)).toBe(-5);
    expect(event.readMemory('kernel', 0xffe, 12)).toBe(-5);
    expect(late).toEqual([]);
    expect(event.readMemory('kernel', 0x1000, 4)).toBe('abcd');
  });

  it('of a process that was not paged in is read late, and has the fault of the event when that fails', () => {
    const failed = { pieces: [{ address: 0x1000, content: -5 }] };
    expect(eventOf({ pieces: [bytes(8)] }, failed, 'abcdefgh').event.readMemory('user', 0x1000, 8)).toBe(
      'abcdefgh',
    );
    expect(eventOf({ pieces: [bytes(8)] }, failed).event.readMemory('user', 0x1000, 8)).toBe(-5);
    expect(eventOf({ pieces: [text(8)] }, failed, 'abc\0').event.readString('user', 0x1000, 8)).toBe(-5);
    expect(
      eventOf({ pieces: [text(8)] }, failed, 'abc\0'.padEnd(4096)).event.readString('user', 0x1000, 8),
    ).toBe('abc');
  });
});

describe('strings of a record', () => {
  it('end where the captured one ended', () => {
    const { event, late } = eventOf(
      { pieces: [text(16)] },
      { pieces: [{ address: 0x1000, content: 'hello' }] },
    );
    expect(event.readString('user', 0x1000, 512)).toBe('hello');
    expect(event.readString('user', 0x1002, 512)).toBe('llo');
    expect(event.readString('user', 0x1005, 512)).toBe('');
    expect(event.readMemory('user', 0x1000, 6)).toBe('hello\0');
    expect(late).toEqual([]);
  });

  it('that were cut are read late as a whole', () => {
    const { event } = eventOf(
      { pieces: [text(6)] },
      { pieces: [{ address: 0x1000, content: 'hello' }] },
      'hello world\0after',
    );
    expect(event.readString('user', 0x1000, 6)).toBe('hello');
    expect(event.readString('user', 0x1000, 512)).toBe(FAULT);
    expect(event.readString('user', 0x1000, 12)).toBe('hello world');
  });

  it('read late stop at each page', () => {
    const { event, late } = eventOf({}, {}, `${'x'.repeat(4096)}tail\0${'.'.repeat(600)}`);
    expect(event.readString('user', 0x1ffe, 512)).toBe('xxtail');
    expect(late.map(({ size }) => size)).toEqual([2, 509]);
  });

  it('keep their fault, and have room for nothing below two bytes', () => {
    const { event } = eventOf({ pieces: [text(512)] }, { pieces: [{ address: 0, content: FAULT }] });
    expect(event.readString('user', 0, 512)).toBe(FAULT);
    expect(event.readString('user', 0, 1)).toBe('');
  });
});

describe('stacks of a record', () => {
  it('are lists of signed addresses, empty when not captured or failed', () => {
    const stack: CapturedPiece = { space: 'kernel', kind: 'stack', size: 128 };
    const content = `${'\xff'.repeat(8)}\x10${'\0'.repeat(7)}`;
    const { event } = eventOf({ pieces: [stack] }, { pieces: [{ address: 0, content }] });
    expect(event.stack('kernel')).toEqual([-1, 16]);
    expect(event.stack('user')).toEqual([]);
    const failed = eventOf({ pieces: [stack] }, { pieces: [{ address: 0, content: -2 }] });
    expect(failed.event.stack('kernel')).toEqual([]);
  });
});

describe('records that are broken', () => {
  const layout: RecordLayout = {
    words: ['uid', 'result'],
    pieces: [bytes(8), text(8), { space: 'kernel', kind: 'stack', size: 16 }],
  };
  const good = kernelRecord({
    words: [1, 2],
    pieces: [
      { address: 4096, content: 'abcdefgh' },
      { address: 8192, content: 'abc' },
      { address: 0, content: '\x01'.repeat(8) },
    ],
  });

  /** Asks for everything and returns the texts. */
  function useAll(event: RecordEvent): string {
    event.word('uid');
    const spaces = ['kernel', 'user'] as const;
    return spaces
      .flatMap((space) => {
        event.stack(space);
        const addresses = [4096, 4099, 8192, 0, -1];
        return addresses.flatMap((address) => [
          event.readMemory(space, address, 8),
          event.readString(space, address, 8),
        ]);
      })
      .join('');
  }

  it('are refused when they are short, of another kind or length', () => {
    const event = new RecordEvent(layout, () => FAULT);
    expect(() => {
      event.present(good, 0, good.byteLength);
    }).not.toThrow();
    for (const [start, length] of [
      [0, 0],
      [0, 40],
      [8, good.byteLength],
      [-8, good.byteLength],
      [0, good.byteLength - 8],
    ] as const) {
      expect(() => {
        event.present(good, start, length);
      }).toThrow(BrokenRecordError);
    }
  });

  it('never make it read outside, whatever bytes they hold', () => {
    const damage = fc.array(fc.tuple(fc.nat({ max: good.byteLength - 1 }), fc.nat({ max: 0x79 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(damage, fc.boolean(), (changes, alsoKind) => {
        // Around the record is memory that no answer may hold.
        const room = new Uint8Array(good.byteLength + 64).fill(0x7a);
        room.set(new Uint8Array(good.buffer), 32);
        for (const [at, byte] of changes) if (alsoKind || at >= 32) room[32 + at] = byte;
        const event = new RecordEvent(layout, () => FAULT);
        try {
          event.present(new DataView(room.buffer), 32, good.byteLength);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(BrokenRecordError);
          return;
        }
        expect(useAll(event)).not.toContain('z');
      }),
      { numRuns: 500 },
    );
  });

  it('of random bytes either are refused or can be used', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (random) => {
        const event = new RecordEvent(layout, () => FAULT);
        const view = new DataView(random.buffer, random.byteOffset, random.byteLength);
        try {
          event.present(view, 0, random.byteLength);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(BrokenRecordError);
          return;
        }
        useAll(event);
      }),
    );
  });
});
