import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBigInt, toBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { RECORD_KIND } from '../../module/event-record.ts';
import { STATISTIC } from '../../module/kernel-part.ts';
import type { KernelGlobal } from '../../module/kernel-part.ts';
import { recordArguments } from '../../runtime/record-arguments.ts';
import { emitProgram } from '../emit/emit-program.ts';
import { mapShapes, ProgramBench } from '../emit/testing/program-bench.ts';
import { hasEbpf } from '../loader/testing/ebpf-access.ts';
import type { KernelStatement } from '../ir.ts';
import { arbitraryHandler, ERRORS, int64 } from './arbitrary-handler.ts';
import type { HandlerWorld } from './arbitrary-handler.ts';
import { HandlerInterpreter, InterpretedGlobals } from './ir-interpreter.ts';
import type { InterpretedEvent, InterpretedRecord } from './ir-interpreter.ts';

const MAX_STRING_LENGTH = 64;
const MAX_ELEMENTS = 3;
const RUNS = 300;
const MEMORY = Buffer.from(`\x00\xff\x80 a text\0${'long text '.repeat(9)}\0and the end\0\0`, 'latin1');

const hash = { type: 'hash', maxEntries: MAX_ELEMENTS, mapped: false } as const;
const shapes = mapShapes([
  { ...hash, name: 'longs', keyBytes: 8, valueBytes: 16 },
  { ...hash, name: 'texts', keyBytes: MAX_STRING_LENGTH + 8, valueBytes: MAX_STRING_LENGTH + 8 },
  { ...hash, name: 'stat', type: 'per-cpu-array', keyBytes: 4, valueBytes: 32 },
]).map((shape) => (shape.name === 'stat' ? { ...shape, maxEntries: 1 } : shape));
const globals: readonly KernelGlobal[] = [
  { kind: 'array', global: 0, map: 4, keyBytes: [8], value: 'long' },
  { kind: 'array', global: 1, map: 5, keyBytes: [MAX_STRING_LENGTH, 8], value: 'string' },
  { kind: 'statistic', global: 2, map: 6 },
];
const world: HandlerWorld = {
  longSlots: 3,
  stringSlots: 2,
  cells: [512, 520, 528],
  memoryArgument: 3,
  memoryBytes: MEMORY.length,
  longArray: 0,
  stringArray: 1,
  statistic: 2,
};

/** What a handler left behind, comparable. */
interface Outcome<R> {
  readonly records: readonly R[];
  readonly cells: readonly bigint[];
  readonly longs: readonly string[];
  readonly texts: readonly string[];
  readonly statistic: readonly bigint[];
}

/** Runs it once for each event, in the kernel. */
function inKernel(
  statements: readonly KernelStatement[],
  events: readonly (readonly Int64[])[],
): Outcome<Buffer> {
  const bench = new ProgramBench(shapes);
  try {
    const source = {
      name: 'generated',
      context: 'tracepoint',
      probe: 0,
      capture: { layout: { words: [], pieces: [] }, words: [], pieces: [] },
      handler: { statements, longSlots: world.longSlots, stringSlots: world.stringSlots },
    } as const;
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
    const code = emitProgram(source, {
      architecture,
      maps: shapes,
      globals,
      maxStringLength: MAX_STRING_LENGTH,
    });
    const program = bench.load({ name: 'generated', type: 'raw-tracepoint', ...code });
    const records: Buffer[] = [];
    for (const event of events) {
      bench.run(program, [...event.map(toBigInt), bench.calls.address(MEMORY)]);
      records.push(...bench.records());
    }
    const [longs, texts]: [string[], string[]] = [[], []];
    bench.map(4).forEach((key, value) => longs.push(`${key.readBigInt64LE()}=${value.readBigInt64LE(8)}`));
    bench.map(5).forEach((key, value) => {
      texts.push(
        `${shownText(key)},${key.readBigInt64LE(MAX_STRING_LENGTH)}=${shownText(value.subarray(8))}`,
      );
    });
    const statistic = [0n, 0n, 2n ** 63n, -(2n ** 63n)];
    const parts = bench.map(6).lookup(Buffer.alloc(4)) ?? Buffer.alloc(0);
    for (let at = 0; at < parts.length; at += 32) addPart(statistic, parts, at);
    return {
      records,
      cells: world.cells.map((offset) => bench.cell(offset)),
      longs: longs.sort(),
      texts: texts.sort(),
      statistic,
    };
  } finally {
    bench.close();
  }
}

function addPart(statistic: bigint[], parts: Buffer, at: number): void {
  const [count = 0n, sum = 0n, min = 0n, max = 0n] = statistic;
  const field = (offset: number): bigint => parts.readBigInt64LE(at + offset);
  if (field(STATISTIC.count) === 0n) return;
  statistic[0] = count + field(STATISTIC.count);
  statistic[1] = BigInt.asIntN(64, sum + field(STATISTIC.sum));
  statistic[2] = field(STATISTIC.min) < min ? field(STATISTIC.min) : min;
  statistic[3] = field(STATISTIC.max) > max ? field(STATISTIC.max) : max;
}

function shownText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return JSON.stringify(bytes.toString('latin1', 0, end < 0 ? MAX_STRING_LENGTH : end));
}

/** The same by the reference interpreter. */
function interpreted(
  statements: readonly KernelStatement[],
  events: readonly (readonly Int64[])[],
  memoryAddress: bigint,
): Outcome<InterpretedRecord> {
  const reference = new InterpretedGlobals();
  const interpreter = new HandlerInterpreter(reference, {
    maxStringLength: MAX_STRING_LENGTH,
    maxElements: MAX_ELEMENTS,
  });
  const records = events.flatMap((event) =>
    interpreter.run(statements, eventOf([...event, fromBigInt(memoryAddress)], memoryAddress)),
  );
  const values = [...reference.statistics.values()].flat().map(toBigInt);
  const pairs = (global: number): string[] =>
    [...reference.array(global)].map(([key, value]) => {
      const [first = '', second = ''] = JSON.parse(key) as readonly string[];
      return global === 0
        ? `${first}=${String(value)}`
        : `${JSON.stringify(first)},${second}=${JSON.stringify(value)}`;
    });
  return {
    records,
    cells: world.cells.map((offset) => toBigInt(reference.cells.get(offset) ?? 0)),
    longs: pairs(0).sort(),
    texts: pairs(1).sort(),
    statistic: [
      BigInt(values.length),
      BigInt.asIntN(
        64,
        values.reduce((sum, value) => sum + value, 0n),
      ),
      values.reduce((least, value) => (value < least ? value : least), 2n ** 63n),
      values.reduce((most, value) => (value > most ? value : most), -(2n ** 63n)),
    ],
  };
}

function eventOf(args: readonly Int64[], memoryAddress: bigint): InterpretedEvent {
  const range = (address: Int64): number => Number(BigInt(address) - memoryAddress);
  const isInside = (at: number): boolean => at >= 0 && at < MEMORY.length;
  return {
    arguments: args,
    execname: process.title.slice(0, 15),
    fact: (fact) => (fact === 'uid' ? (process.getuid?.() ?? 0) : process.pid),
    memory: (_, address, size) => {
      const at = range(address);
      return isInside(at) ? MEMORY.subarray(at, at + size) : undefined;
    },
    text: (_, address, size) => {
      const at = range(address);
      if (!isInside(at)) return undefined;
      const end = MEMORY.indexOf(0, at);
      return MEMORY.toString('latin1', at, Math.min(end, at + size - 1));
    },
  };
}

/** Records of the kernel as the interpreter has them; what they hold is told by those. */
function readRecords(records: readonly Buffer[], like: readonly InterpretedRecord[]): readonly unknown[] {
  return records.map((record, index) => {
    const kind = record.readUInt32LE(4);
    if (kind === RECORD_KIND.exit) return { kind: 'exit' };
    const expected = like[index];
    const types =
      expected === undefined || expected.kind === 'exit'
        ? []
        : expected.arguments.map((value) => (typeof value === 'string' ? 'string' : 'long'));
    const view = new DataView(record.buffer, record.byteOffset, record.length);
    return {
      kind: kind === RECORD_KIND.print ? 'print' : 'error',
      index: record.readUInt32LE(32),
      arguments: recordArguments(view, 0, record.length, types),
    };
  });
}

describe.runIf(hasEbpf())('generated handlers in the kernel', () => {
  test('do what the reference interpreter does', { timeout: 120_000 }, () => {
    process.title = 'generated-title';
    const address = new ProgramBench(shapes);
    const memoryAddress = address.calls.address(MEMORY);
    address.close();
    let failed = 0;
    const events = fc.array(fc.tuple(int64, int64, int64), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(arbitraryHandler(world), events, (statements, each) => {
        const expected = interpreted(statements, each, memoryAddress);
        const actual = inKernel(statements, each);
        if (expected.records.some((record) => record.kind === 'error' && record.index !== ERRORS.failure))
          failed += 1;
        expect({ ...actual, records: readRecords(actual.records, expected.records) }).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
    // Both kinds of handlers are among them.
    expect(failed).toBeGreaterThan(RUNS / 20);
    expect(failed).toBeLessThan(RUNS);
  });
});
