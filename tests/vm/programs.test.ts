import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emitProgram } from '../../src/bpf/emit/emit-program.ts';
import type { EmitContext } from '../../src/bpf/emit/emit-program.ts';
import { mapShapes, ProgramBench } from '../../src/bpf/emit/testing/program-bench.ts';
import type { CaptureBody, KernelContext, LongExpression } from '../../src/bpf/ir.ts';
import { attachTracing } from '../../src/bpf/loader/links.ts';
import { RecordEvent } from '../../src/runtime/record-event.ts';
import { runningKernel } from '../../src/symbols/running-kernel.ts';
// What the other tests of programs say holds for the kernel of this machine as well.
import '../../src/bpf/emit/capture.test.ts';
import '../../src/bpf/emit/handler.test.ts';

const target: EmitContext = { architecture: 'x86_64', maps: mapShapes(), globals: [], maxStringLength: 512 };
const argument: LongExpression = { kind: 'argument', index: 1 };
const isHere: LongExpression = {
  kind: 'binary',
  operator: '==',
  left: { kind: 'fact', fact: 'pid' },
  right: { kind: 'constant', value: process.pid },
};

describe('programs at functions of the kernel', () => {
  let bench: ProgramBench;
  beforeAll(() => {
    bench = new ProgramBench();
  });
  afterAll(() => {
    bench.close();
  });

  /** Events of do_sys_openat2 while this file is read. */
  function events(
    context: Extract<KernelContext, 'fentry' | 'fexit'>,
    capture: CaptureBody,
  ): readonly RecordEvent[] {
    const btfId = runningKernel().functionFacts('do_sys_openat2')?.btfId;
    if (btfId === undefined) throw new Error('there is no do_sys_openat2');
    const code = emitProgram({ name: 'test', context, probe: 0, capture }, target);
    const fd = bench.load({ name: 'test', type: 'tracing', expectedAttach: context, btfId, ...code });
    const link = attachTracing(bench.calls, fd, 'do_sys_openat2');
    readFileSync('/etc/hostname');
    link.close();
    return bench.records().map((record) => {
      const event = new RecordEvent(capture.layout, () => -1);
      event.present(new DataView(record.buffer, record.byteOffset), 0, record.length);
      return event;
    });
  }

  const filename = {
    filter: isHere,
    layout: { words: ['argument:1'], pieces: [{ space: 'user', kind: 'string', size: 512 }] },
    words: [argument],
    pieces: [{ kind: 'memory', address: argument }],
  } as const;

  test('arguments at the entry', () => {
    const names = events('fentry', filename).map((event) =>
      event.readString('user', event.word('argument:1') ?? 0, 512),
    );
    expect(names).toContain('/etc/hostname');
  });

  test('arguments and the result at the return', () => {
    const result = { ...filename, layout: { ...filename.layout, words: ['result', 'argument:1'] } } as const;
    const [event] = events('fexit', { ...result, words: [{ kind: 'result' }, argument] }).filter(
      (each) => each.readString('user', each.word('argument:1') ?? 0, 512) === '/etc/hostname',
    );
    expect(Number(event?.word('result'))).toBeGreaterThan(2);
  });
});
