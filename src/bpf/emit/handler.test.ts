import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CELLS, MODULE_STATE, STATISTIC } from '../../module/kernel-part.ts';
import type { KernelGlobal, KernelMap, KernelProgram } from '../../module/kernel-part.ts';
import { RECORD_KIND } from '../../module/event-record.ts';
import { recordArguments } from '../../runtime/record-arguments.ts';
import type { Int64 } from '../../int64/int64.ts';
import type {
  KernelProgramSource,
  KernelStatement,
  KernelValue,
  LongExpression,
  StringExpression,
} from '../ir.ts';
import { hasEbpf } from '../loader/testing/ebpf-access.ts';
import { emitProgram } from './emit-program.ts';
import type { EmitContext } from './emit-program.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';
import { mapShapes, ProgramBench } from './testing/program-bench.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Statement = DistributiveOmit<KernelStatement, 'place'>;

const hash = { type: 'hash', keyBytes: 8, valueBytes: 16, maxEntries: 4, mapped: false } as const;
const shapes: readonly KernelMap[] = mapShapes([
  { ...hash, name: 'longs' },
  { ...hash, name: 'texts', keyBytes: 520, valueBytes: 520 },
  { ...hash, name: 'stat', type: 'per-cpu-array', keyBytes: 4, valueBytes: 32 + 128 * 8, maxEntries: 1 },
  { ...hash, name: 'stats', type: 'per-cpu-hash', valueBytes: 8 + 32 },
]);
const LONGS = { global: 0, map: 4 };
const TEXTS = { global: 1, map: 5 };
const STAT = { global: 2, map: 6 };
const STATS = { global: 3, map: 7 };
const CELL = 1024;
const globals: readonly KernelGlobal[] = [
  { kind: 'array', ...LONGS, keyBytes: [8], value: 'long' },
  { kind: 'array', ...TEXTS, keyBytes: [512, 8], value: 'string' },
  { kind: 'statistic', ...STAT },
  { kind: 'array', ...STATS, keyBytes: [8], value: 'statistic' },
];
const target: EmitContext = {
  architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  maps: shapes,
  globals,
  maxStringLength: 512,
  histograms: { [STAT.global]: { kind: 'log' } },
};

const constant = (value: Int64): LongExpression => ({ kind: 'constant', value });
const argument = (index: number): LongExpression => ({ kind: 'argument', index });
const long = (value: LongExpression): KernelValue => ({ type: 'long', value });
const text = (value: StringExpression): KernelValue => ({ type: 'string', value });
const binary = (
  operator: Extract<LongExpression, { kind: 'binary' }>['operator'],
  left: LongExpression,
  right: LongExpression,
): LongExpression => ({ kind: 'binary', operator, left, right });
const literal = (shown: string): StringExpression => ({ kind: 'literal', text: shown });
const setCell = (value: LongExpression): Statement => ({ kind: 'set-cell', offset: CELL, value });

function program(
  statements: readonly Statement[],
  slots: { readonly longSlots?: number; readonly stringSlots?: number } = {},
): KernelProgram {
  const source: KernelProgramSource = {
    name: 'test',
    context: 'tracepoint',
    probe: 1,
    capture: { layout: { words: [], pieces: [] }, words: [], pieces: [] },
    handler: {
      statements: statements.map((statement, index) => ({ ...statement, place: `test:${index + 1}:1` })),
      longSlots: 0,
      stringSlots: 0,
      ...slots,
    },
  };
  return { name: 'test', type: 'raw-tracepoint', ...emitProgram(source, target) };
}

const kernelIt = describe.runIf(hasEbpf());

kernelIt('handlers in the kernel', () => {
  let bench: ProgramBench;
  beforeAll(() => {
    bench = new ProgramBench(shapes);
  });
  afterAll(() => {
    bench.close();
  });

  function run(
    statements: readonly Statement[],
    args: readonly bigint[] = [],
    slots: { readonly longSlots?: number; readonly stringSlots?: number } = {},
  ): void {
    bench.run(bench.load(program(statements, slots)), args);
  }

  function value(expression: LongExpression, args: readonly bigint[] = []): bigint {
    run([setCell(expression)], args);
    return bench.cell(CELL);
  }

  function shown(record: Buffer | undefined, types: readonly ('long' | 'string')[]): readonly unknown[] {
    if (record === undefined) throw new Error('there is no record');
    const view = new DataView(record.buffer, record.byteOffset, record.length);
    return [
      record.readUInt32LE(4),
      record.readUInt32LE(32),
      ...recordArguments(view, 0, record.length, types),
    ];
  }

  test('runs are counted, and a paused module has the record instead', () => {
    const hits = bench.cell(CELLS.hits + 8);
    const fd = bench.load(program([{ kind: 'add-cell', offset: CELL + 8, amount: constant(2) }]));
    bench.run(fd, []);
    bench.run(fd, []);
    expect(bench.cell(CELL + 8)).toBe(4n);
    expect(bench.cell(CELLS.hits + 8) - hits).toBe(2n);
    bench.state = MODULE_STATE.paused;
    bench.run(fd, []);
    bench.state = MODULE_STATE.running;
    expect(bench.cell(CELL + 8)).toBe(4n);
    expect(bench.records().map((record) => record.readUInt32LE(4))).toEqual([RECORD_KIND.event]);
  });

  test('division has the signs of C', () => {
    const least = -(2n ** 63n);
    for (const [left, right] of [
      [7n, 2n],
      [-7n, 2n],
      [7n, -2n],
      [-7n, -2n],
      [least, -1n],
      [least, 3n],
      [5n, least],
    ] as const) {
      expect(value(binary('/', argument(0), argument(1)), [left, right])).toBe(
        BigInt.asIntN(64, left / right),
      );
      expect(value(binary('%', argument(0), argument(1)), [left, right])).toBe(left % right);
      expect(value(binary('/', argument(0), constant(Number(right === least ? 9n : right))), [left])).toBe(
        BigInt.asIntN(64, left / (right === least ? 9n : right)),
      );
    }
    expect(value(binary('/', argument(0), argument(1)), [3n, 0n])).toBe(0n);
  });

  test('a division by zero fails the handler', () => {
    const division: LongExpression = {
      kind: 'binary',
      operator: '/',
      left: constant(1),
      right: argument(0),
      onZero: 4,
    };
    run([setCell(constant(99)), setCell(division), setCell(constant(98))], [0n]);
    expect(bench.cell(CELL)).toBe(99n);
    expect(bench.records().map((record) => shown(record, []))).toEqual([[RECORD_KIND.error, 4]]);
  });

  test('a fault tells its address', () => {
    const read: LongExpression = {
      kind: 'read',
      space: 'user',
      address: argument(0),
      size: 8,
      signed: false,
      onFault: 3,
    };
    run([setCell(read)], [64n]);
    expect(bench.records().map((record) => shown(record, ['long']))).toEqual([[RECORD_KIND.error, 3, 64]]);
    expect(value({ kind: 'read', space: 'user', address: argument(0), size: 4, signed: true }, [64n])).toBe(
      0n,
    );
    const memory = Buffer.from('ffffff8000000000', 'hex');
    const signed: LongExpression = {
      kind: 'read',
      space: 'user',
      address: argument(0),
      size: 4,
      signed: true,
    };
    expect(value(signed, [bench.calls.address(memory)])).toBe(BigInt(memory.readInt32LE()));
  });

  test('texts are compared, copied and measured', () => {
    const comm = 'vitest-comparison'.slice(0, 15);
    process.title = comm;
    const memory = Buffer.from(`${'ab'.repeat(200)}\0`, 'latin1');
    const at: StringExpression = { kind: 'read-string', space: 'user', address: argument(0), size: 512 };
    const local: StringExpression = { kind: 'local-string', slot: 0 };
    const compare = (
      operator: '==' | '<' | '>=',
      left: StringExpression,
      right: StringExpression,
    ): LongExpression => ({
      kind: 'compare-strings',
      operator,
      left,
      right,
    });
    const results: readonly (readonly [LongExpression, bigint])[] = [
      [compare('==', local, at), 1n],
      [compare('==', at, literal('ab'.repeat(200))), 1n],
      [compare('==', at, literal('ab'.repeat(199))), 0n],
      [compare('<', literal('ab'.repeat(199)), at), 1n],
      [compare('>=', local, literal('ac')), 0n],
      [compare('<', local, literal('ac')), 1n],
      [compare('<', literal('\xff'), literal('a')), 0n],
      [compare('<', local, { kind: 'execname' }), comm > 'ab' ? 1n : 0n],
      [{ kind: 'string-length', operand: local }, 400n],
      [{ kind: 'string-length', operand: literal('four') }, 4n],
      [
        compare(
          '==',
          { kind: 'string-conditional', condition: argument(0), consequent: local, alternate: literal('') },
          local,
        ),
        1n,
      ],
    ];
    const address = bench.calls.address(memory);
    for (const [expression, expected] of results) {
      run([{ kind: 'set-local-string', slot: 0, value: at }, setCell(expression)], [address], {
        stringSlots: 1,
      });
      expect([expression, bench.cell(CELL)]).toEqual([expression, expected]);
    }
    expect(memory.length).toBe(401);
  });

  test('elements are created, changed, found and deleted; a full array is an error', () => {
    const key = [long(argument(0))];
    const add: Statement = { kind: 'add-element', global: 0, keys: key, amount: constant(5), onFull: 7 };
    run([add, add, { ...add, amount: constant(-1) }], [11n]);
    expect(value({ kind: 'element', global: 0, keys: key }, [11n])).toBe(9n);
    expect(value({ kind: 'element', global: 0, keys: key }, [12n])).toBe(0n);
    expect(value({ kind: 'contains', global: 0, keys: key }, [11n])).toBe(1n);
    run([{ kind: 'set-element', global: 0, keys: key, value: long(constant(3)), onFull: 7 }], [12n]);
    run([{ kind: 'set-element', global: 0, keys: key, value: long(constant(4)), onFull: 7 }], [12n]);
    const orders: bigint[] = [];
    bench.map(LONGS.map).forEach((_, element) => orders.push(element.readBigInt64LE(0)));
    expect(orders.sort()).toEqual([1n, 2n]);
    for (const more of [13n, 14n, 15n]) run([add], [more]);
    expect(bench.records().map((record) => shown(record, []))).toEqual([[RECORD_KIND.error, 7]]);
    for (const gone of [11n, 12n, 13n, 14n]) run([{ kind: 'delete-element', global: 0, keys: key }], [gone]);
    expect(value({ kind: 'contains', global: 0, keys: key }, [11n])).toBe(0n);
  });

  test('texts are keys and values', () => {
    const keys = [text({ kind: 'execname' }), long(argument(0))];
    const set = (shownText: string): Statement => ({
      kind: 'set-element',
      global: 1,
      keys,
      value: text(literal(shownText)),
      onFull: 7,
    });
    run([set('first'), set('second text, somewhat longer')], [1n]);
    const element: StringExpression = { kind: 'string-element', global: 1, keys };
    run(
      [
        {
          kind: 'print',
          print: 2,
          arguments: [text(element), long(argument(0)), text(element), text(literal('end'))],
        },
      ],
      [1n],
    );
    run([{ kind: 'print', print: 2, arguments: [text(element)] }], [2n]);
    const [one, two] = bench.records();
    const second = 'second text, somewhat longer';
    expect(shown(one, ['string', 'long', 'string', 'string'])).toEqual([
      RECORD_KIND.print,
      2,
      second,
      1,
      second,
      'end',
    ]);
    expect(shown(two, ['string'])).toEqual([RECORD_KIND.print, 2, '']);
  });

  test('statistics', () => {
    for (const added of [5n, -3n, 0n, 1024n])
      run([{ kind: 'aggregate', global: 2, keys: [], value: argument(0), onFull: 0 }], [added]);
    const statistic = bench.map(STAT.map).lookup(Buffer.alloc(4)) ?? Buffer.alloc(0);
    const bytes = 32 + 128 * 8;
    const sums = [0n, 0n];
    const buckets = new Map<number, bigint>();
    for (let at = 0; at < statistic.length; at += bytes) {
      sums[0] = (sums[0] ?? 0n) + statistic.readBigInt64LE(at + STATISTIC.count);
      sums[1] = (sums[1] ?? 0n) + statistic.readBigInt64LE(at + STATISTIC.sum);
      for (let bucket = 0; bucket < 128; bucket += 1) {
        const count = statistic.readBigInt64LE(at + STATISTIC.buckets + bucket * 8);
        if (count > 0n) buckets.set(bucket, (buckets.get(bucket) ?? 0n) + count);
      }
    }
    expect(sums).toEqual([4n, 1026n]);
    expect([...buckets].sort(([left], [right]) => left - right)).toEqual([
      [62, 1n],
      [64, 1n],
      [67, 1n],
      [75, 1n],
    ]);
    const add: Statement = {
      kind: 'aggregate',
      global: 3,
      keys: [long(argument(0))],
      value: argument(1),
      onFull: 5,
    };
    run([add, { ...add, value: constant(-8) }], [3n, 20n]);
    const key = Buffer.from('0300000000000000', 'hex');
    const element = bench.map(STATS.map).lookup(key) ?? Buffer.alloc(0);
    const counted: (readonly bigint[])[] = [];
    for (let at = 0; at < element.length; at += 40)
      if (element.readBigInt64LE(at + 8) > 0n)
        counted.push([0, 8, 16, 24].map((field) => element.readBigInt64LE(at + 8 + field)));
    expect(counted).toEqual([[2n, 12n, -8n, 20n]]);
  });

  test('loops, and what ends them', () => {
    const i: LongExpression = { kind: 'local', slot: 0 };
    const loop = (limit: number, body: readonly KernelStatement[] = []): Statement => ({
      kind: 'loop',
      condition: binary('<', i, argument(0)),
      body,
      step: [{ place: 'x:1:1', kind: 'set-local', slot: 0, value: binary('+', i, constant(1)) }],
      limit,
      onLimit: 6,
    });
    run([loop(1000), setCell(i)], [700n], { longSlots: 1 });
    expect(bench.cell(CELL)).toBe(700n);
    run([loop(1000), setCell(i)], [1001n], { longSlots: 1 });
    expect(bench.cell(CELL)).toBe(700n);
    expect(bench.records().map((record) => shown(record, []))).toEqual([[RECORD_KIND.error, 6]]);
    const place = 'x:2:2';
    const stop: KernelStatement = {
      place,
      kind: 'if',
      condition: binary('==', i, constant(9)),
      then: [{ place, kind: 'break' }],
      else: [{ place, kind: 'continue' }],
    };
    run([loop(1000, [stop, { place, kind: 'next' }]), setCell(i)], [1001n], { longSlots: 1 });
    expect(bench.cell(CELL)).toBe(9n);
    run(
      [
        { kind: 'exit' },
        { kind: 'fail', error: 2, arguments: [long(argument(0)), text(literal('why'))] },
        setCell(constant(1)),
      ],
      [5n],
    );
    expect(bench.cell(CELL)).toBe(9n);
    const [left, failed] = bench.records();
    expect(left?.readUInt32LE(4)).toBe(RECORD_KIND.exit);
    expect(shown(failed, ['long', 'string'])).toEqual([RECORD_KIND.error, 2, 5, 'why']);
    // After exit() no handler starts.
    run([setCell(constant(1))], []);
    expect(bench.cell(CELL)).toBe(9n);
  });
});

test('what eBPF cannot hold is refused', () => {
  const place = 'x:1:1';
  const inner: KernelStatement = {
    place,
    kind: 'loop',
    condition: constant(1),
    body: [{ place, kind: 'exit' }],
    step: [],
    limit: 1000,
    onLimit: 0,
  };
  expect(() => program([{ ...inner, body: [inner] }])).toThrow(UnwritableProgramError);
  expect(() => program([], { stringSlots: 70 })).toThrow('the scratch memory of 32768 bytes is too small');
});
