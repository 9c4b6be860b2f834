import { describe, expect, it } from 'vitest';
import type { Int64 } from '../../int64/int64.ts';
import type { CapturedPiece, WordName } from '../../module/event-record.ts';
import { EVENT_FUNCTIONS } from '../../module/event-functions.ts';
import type { MemoryRead } from '../kernel-event.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { RecordEvent } from '../record-event.ts';
import type { SymbolNames } from '../symbol-names.ts';
import { intrinsicContext } from '../testing/intrinsic-context.ts';
import type { IntrinsicContext } from '../testing/intrinsic-context.ts';
import { kernelRecord } from '../testing/kernel-record.ts';
import type { RecordedPiece } from '../testing/kernel-record.ts';
import { intrinsics } from './table.ts';

/** A handler whose event holds one word and these pieces. */
function handlerOf(
  pieces: readonly (CapturedPiece & RecordedPiece)[],
  words: Readonly<Record<string, Int64>> = {},
): IntrinsicContext {
  const context = intrinsicContext({}, { limits: { ...DEFAULT_LIMITS, MAXSTRINGLEN: 32 } });
  const event = new RecordEvent({ words: Object.keys(words) as WordName[], pieces }, () => -14);
  const record = kernelRecord({ words: Object.values(words), pieces });
  event.present(record, 0, record.byteLength);
  context.state.event = event;
  return context;
}

const bytes = (content: string): CapturedPiece & RecordedPiece => ({
  space: 'kernel',
  kind: 'bytes',
  size: content.length,
  address: 0x1000,
  content,
});

it('all functions of events are there', () => {
  expect(EVENT_FUNCTIONS.filter((name) => !intrinsics.has(name))).toEqual([]);
});

describe('event_word', () => {
  it('is what was captured, else a fact of the process', () => {
    const { call } = handlerOf([], { 'argument:1': -5, uid: 7 });
    expect(call('event_word', 'argument:1')).toBe(-5);
    expect(call('event_word', 'uid')).toBe(7);
    expect(call('event_word', 'egid')).toBe(101);
    expect(call('event_word', 'cgroup')).toBe(0);
  });

  it('is an error for values that only an event has', () => {
    const { call } = intrinsicContext();
    expect(call('event_word', 'ppid')).toBe(1);
    for (const name of ['argument:0', 'register:5', 'result', 'syscall:number'])
      expect(() => call('event_word', name)).toThrow('register access fault [man error::fault]');
  });
});

describe('kernel_read and user_read', () => {
  it('give numbers of 1 to 8 bytes, signed or not', () => {
    const { call } = handlerOf([bytes('\xff\xfe\xff\xff\xff\xff\xff\xff')]);
    expect(call('kernel_read', 0x1000, 1, 0)).toBe(255);
    expect(call('kernel_read', 0x1000, 1, 1)).toBe(-1);
    expect(call('kernel_read', 0x1000, 2, 0)).toBe(0xfeff);
    expect(call('kernel_read', 0x1000, 4, 1)).toBe(-257);
    expect(call('kernel_read', 0x1000, 8, 0)).toBe(-257);
  });

  it('fail with the address', () => {
    const { call } = handlerOf([]);
    expect(() => call('kernel_read', -16, 8, 0)).toThrow(
      'read fault [man error::fault] at 0xfffffffffffffff0',
    );
    expect(() => call('user_read', 0x20, 3, 0)).toThrow('read fault [man error::fault] at 0x20');
  });
});

describe('texts', () => {
  it('are cut at a NUL, at the size and at the longest string', () => {
    const { call } = handlerOf([bytes('ab\0cdefghijklmnopqrstuvwxyz0123456789')]);
    expect(call('kernel_read_string', 0x1000, 512)).toBe('ab');
    expect(call('kernel_read_bytes', 0x1000, 5)).toBe('ab');
    expect(call('kernel_read_string', 0x1003, 4)).toBe('cde');
    expect(call('kernel_read_bytes', 0x1003, 4)).toBe('cdef');
    expect(call('kernel_read_string', 0x1003, 1000)).toHaveLength(31);
    expect(call('kernel_read_bytes', 0x1003, -1)).toBe('');
  });

  it('fail in the words of their space', () => {
    const { call } = handlerOf([]);
    expect(() => call('kernel_read_string', 16, 10)).toThrow(
      'kernel string copy fault at 0x10 [man error::fault]',
    );
    expect(() => call('user_read_bytes', 16, 10)).toThrow(
      'user string copy fault -14 at 0x10 [man error::fault]',
    );
  });
});

describe('without an event', () => {
  const memory = 'hello\0';
  const readMemory = (space: string, pid: number, address: Int64, size: number): MemoryRead => {
    const from = Number(address) - (space === 'user' ? 0x1ffa : 0x9ffa);
    return pid === 4241 && from >= 0 && from + size <= memory.length ? memory.slice(from, from + size) : -3;
  };

  it('memory of the process at hand and of the kernel is read where there is a reader', () => {
    const { call } = intrinsicContext({}, { readMemory });
    expect(call('kernel_read_string', 0x9ffa, 512)).toBe('hello');
    expect(call('user_read_string', 0x1ffa, 512)).toBe('hello');
    expect(call('user_read', 0x1ffa, 1, 0)).toBe(0x68);
    expect(() => call('user_read_string', 0x10, 512)).toThrow('user string copy fault -3 at 0x10');
    expect(() => call('kernel_read', 0x1ffa, 1, 0)).toThrow('read fault');
  });

  it('all memory faults where there is none, and stacks are empty', () => {
    const { call } = intrinsicContext();
    expect(() => call('user_read_string', 0x1ffa, 512)).toThrow('user string copy fault -14 at 0x1ffa');
    expect(() => call('kernel_read_bytes', 0x1ffa, 5)).toThrow('kernel string copy fault at 0x1ffa');
    expect([call('kernel_stack'), call('user_stack')]).toEqual(['', '']);
  });
});

it('stacks of the kernel begin where the probe is', () => {
  const names = [
    'bpf_prog_12_p0',
    'bpf_trace_run4',
    '__bpf_trace_sched_switch',
    '__schedule',
    'bpf_trace_run4',
  ];
  const symbols: SymbolNames = {
    kernelPlace: (address) => ({ module: 'kernel', symbol: names[Number(address) - 1], offset: 0, size: 1 }),
    kernelProblem: () => undefined,
    userPlace: () => undefined,
    rememberProcess: () => undefined,
  };
  const content = names.map((_, index) => `${String.fromCharCode(index + 1)}${'\0'.repeat(7)}`).join('');
  const piece = { space: 'kernel', kind: 'stack', size: 64, address: 0, content } as const;
  const context = intrinsicContext({}, { symbols });
  const event = new RecordEvent({ words: [], pieces: [piece] }, () => -14);
  const record = kernelRecord({ pieces: [piece] });
  event.present(record, 0, record.byteLength);
  context.state.event = event;
  expect(context.call('kernel_stack')).toBe('0x4 0x5');
});

it('stacks hold as many whole addresses as fit', () => {
  const content = `${'\xff'.repeat(8)}\x10${'\0'.repeat(7)}`.repeat(2);
  const { call } = handlerOf([{ space: 'user', kind: 'stack', size: 64, address: 0, content }]);
  expect(call('user_stack')).toBe('0xffffffffffffffff 0x10');
  expect(call('kernel_stack')).toBe('');
});
