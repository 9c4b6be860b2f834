import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CELLS, MODULE_STATE } from '../../module/kernel-part.ts';
import type { KernelProgram } from '../../module/kernel-part.ts';
import type { CapturedPiece, WordName } from '../../module/event-record.ts';
import { RecordEvent } from '../../runtime/record-event.ts';
import type { CaptureBody, KernelContext, KernelProgramSource, LongExpression } from '../ir.ts';
import { hasEbpf } from '../loader/testing/ebpf-access.ts';
import { attachRawTracepoint } from '../loader/links.ts';
import { emitProgram, emitSyscallDispatch } from './emit-program.ts';
import type { EmitContext } from './emit-program.ts';
import { mapShapes, ProgramBench } from './testing/program-bench.ts';

const target: EmitContext = {
  architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  maps: mapShapes(),
  globals: [],
  maxStringLength: 512,
};
const argument = (index: number): LongExpression => ({ kind: 'argument', index });

type Piece = readonly [CapturedPiece, LongExpression | 'stack'];

function capture(
  words: readonly (readonly [WordName, LongExpression])[],
  pieces: readonly Piece[] = [],
  filter?: LongExpression,
): CaptureBody {
  return {
    ...(filter && { filter }),
    layout: {
      words: words.map(([name]) => name),
      pieces: pieces.map(([piece]) => piece),
    },
    words: words.map(([, value]) => value),
    pieces: pieces.map(([, source]) =>
      source === 'stack' ? { kind: 'stack' } : { kind: 'memory', address: source },
    ),
  };
}

function program(
  source: Omit<KernelProgramSource, 'name'>,
  rest: Partial<KernelProgram> = {},
): KernelProgram {
  return {
    name: 'test',
    type: 'raw-tracepoint',
    ...emitProgram({ name: 'test', ...source }, target),
    ...rest,
  };
}

function presented(body: CaptureBody, record: Buffer | undefined): RecordEvent {
  if (record === undefined) throw new Error('there is no record');
  const event = new RecordEvent(body.layout, () => -1);
  event.present(new DataView(record.buffer, record.byteOffset), 0, record.length);
  return event;
}

describe.runIf(hasEbpf())('captures in the kernel', () => {
  let bench: ProgramBench;
  beforeAll(() => {
    bench = new ProgramBench();
  });
  afterAll(() => {
    bench.close();
  });

  function captured(body: CaptureBody, args: readonly bigint[]): RecordEvent {
    const fd = bench.load(program({ context: 'tracepoint', probe: 3, capture: body }));
    bench.run(fd, args);
    const [record, ...others] = bench.records();
    expect(others).toEqual([]);
    return presented(body, record);
  }

  test('header, words and facts', () => {
    const event = captured(
      capture([
        ['argument:0', argument(0)],
        ['argument:1', { kind: 'binary', operator: '-', left: argument(1), right: argument(0) }],
        ['uid', { kind: 'fact', fact: 'uid' }],
      ]),
      [7n, -9n],
    );
    expect(event.pid).toBe(process.pid);
    expect(event.tid).toBe(process.pid);
    expect(Number(event.monotonicNs)).toBeCloseTo(Number(process.hrtime.bigint()), -9);
    expect(event.word('argument:0')).toBe(7);
    expect(event.word('argument:1')).toBe(-16);
    expect(event.word('uid')).toBe(process.getuid?.());
  });

  test('memory, strings that are short and long, faults', () => {
    const text = Buffer.from('a text of this process\0', 'latin1');
    const long = Buffer.from(`${'x'.repeat(700)}\0`, 'latin1');
    const user = (kind: 'bytes' | 'string', size: number): CapturedPiece => ({ space: 'user', kind, size });
    const body = capture(
      [],
      [
        [user('string', 64), argument(0)],
        [user('bytes', 10), argument(0)],
        [user('string', 512), argument(1)],
        [user('string', 512), argument(2)],
        [user('string', 16), argument(0)],
        [user('bytes', 4), argument(2)],
        [{ space: 'kernel', kind: 'bytes', size: 8 }, argument(0)],
      ],
    );
    const [at, longAt] = [bench.calls.address(text), bench.calls.address(long)];
    const event = captured(body, [at, longAt, 8n]);
    expect(event.readString('user', at, 64)).toBe('a text of this process');
    expect(event.readMemory('user', at, 10)).toBe('a text of ');
    expect(event.readString('user', longAt, 512)).toBe('x'.repeat(511));
    expect(event.readString('user', 8, 512)).toBe(-14);
    expect(event.readMemory('user', 8, 4)).toBe(-14);
    expect(event.readMemory('kernel', at, 8)).toBeLessThan(0);
    expect(text.length + long.length).toBe(724);
  });

  test('stacks', () => {
    const stack = (space: 'kernel' | 'user'): Piece => [{ space, kind: 'stack', size: 1016 }, 'stack'];
    const event = captured(capture([], [stack('kernel'), stack('user')]), []);
    expect(event.stack('user').length).toBeGreaterThan(1);
    expect(event.stack('kernel').every((address) => address < 0)).toBe(true);
  });

  test('what the filter excludes is counted, and nothing is done while the module is off', () => {
    const body = capture([], [], { kind: 'binary', operator: '>', left: argument(0), right: argument(1) });
    const fd = bench.load(program({ context: 'tracepoint', probe: 5, capture: body }));
    const hits = CELLS.hits + 5 * 8;
    bench.run(fd, [1n, 2n]);
    bench.run(fd, [-1n, 0n]);
    expect(bench.cell(hits)).toBe(2n);
    bench.run(fd, [0n, -1n]);
    bench.state = MODULE_STATE.off;
    bench.run(fd, [0n, -1n]);
    bench.run(fd, [0n, 0n]);
    bench.state = MODULE_STATE.running;
    expect(bench.records()).toHaveLength(1);
    expect(bench.cell(hits)).toBe(2n);
  });

  test('records for which there is no room are counted', () => {
    const body = capture([], [[{ space: 'user', kind: 'bytes', size: 16_000 }, argument(0)]]);
    const fd = bench.load(program({ context: 'tracepoint', probe: 0, capture: body }));
    for (let round = 0; round < 70; round += 1) bench.run(fd, [0n]);
    expect(Number(bench.cell(CELLS.lostRecords))).toBe(70 - bench.records().length);
    expect(Number(bench.cell(CELLS.lostRecords))).toBeGreaterThan(0);
  });

  const everyContext: readonly (readonly [KernelContext, Partial<KernelProgram>, LongExpression])[] = [
    ['syscall-enter', {}, { kind: 'syscall-argument', index: 5 }],
    ['syscall-exit', {}, { kind: 'syscall-result' }],
    ['registers', { type: 'kprobe' }, { kind: 'register', number: 16 }],
    ['registers', { type: 'perf-event' }, { kind: 'register', number: 7 }],
  ];
  test.each(everyContext)('a program at %s is taken by the verifier: %o', (context, rest, word) => {
    const body = capture(
      [['result', word]],
      [
        [{ space: 'user', kind: 'string', size: 512 }, word],
        [{ space: 'user', kind: 'stack', size: 1016 }, 'stack'],
      ],
    );
    expect(bench.load(program({ context, probe: 0, capture: body }, rest))).toBeGreaterThan(0);
    // Which probe it is comes from the attachment.
    if (context === 'registers')
      expect(bench.load(program({ context, capture: body }, rest))).toBeGreaterThan(0);
  });

  test('system calls go through the dispatch, one program after the other', () => {
    const WRITE = process.arch === 'arm64' ? 64 : 1;
    const enter = capture(
      [
        ['syscall:number', { kind: 'syscall-number' }],
        ['syscall:0', { kind: 'syscall-argument', index: 0 }],
        ['syscall:2', { kind: 'syscall-argument', index: 2 }],
      ],
      [],
      {
        kind: 'binary',
        operator: '==',
        left: { kind: 'fact', fact: 'pid' },
        right: { kind: 'constant', value: process.pid },
      },
    );
    const exit = capture(
      [
        ['syscall:number', { kind: 'syscall-number' }],
        ['syscall:result', { kind: 'syscall-result' }],
        ['syscall:2', { kind: 'syscall-argument', index: 2 }],
      ],
      [],
      enter.filter,
    );
    const slots = bench.map(3);
    slots.setProgram(
      WRITE,
      bench.load(program({ context: 'syscall-enter', probe: 10, capture: enter, continueAt: 2048 })),
    );
    slots.setProgram(2048, bench.load(program({ context: 'syscall-enter', probe: 11, capture: enter })));
    slots.setProgram(
      1024 + WRITE,
      bench.load(program({ context: 'syscall-exit', probe: 12, capture: exit })),
    );
    const links = (['enter', 'exit'] as const).map((access) => {
      const code = emitSyscallDispatch(access, target);
      const fd = bench.load({ name: `dispatch_${access}`, type: 'raw-tracepoint', ...code });
      return attachRawTracepoint(bench.calls, fd, `sys_${access}`);
    });
    writeFileSync('/dev/null', 'abcde');
    for (const link of links) link.close();
    const five = bench.records().filter((record) => record.readBigUInt64LE(48) === 5n);
    expect(five.map((record) => record.readUInt32LE(0))).toEqual([10, 11, 12]);
    const [first, , last] = five;
    expect(presented(enter, first).word('syscall:number')).toBe(WRITE);
    expect(presented(exit, last).word('syscall:number')).toBe(WRITE);
    expect(presented(exit, last).word('syscall:result')).toBe(5);
  });
});
