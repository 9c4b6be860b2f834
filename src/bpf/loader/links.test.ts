import { expect, describe, test } from 'vitest';
import type { KernelProgram } from '../../module/kernel-part.ts';
import { attachPerfEvent, attachRawTracepoint, attachTracing, attachUserSites } from './links.ts';
import { createMap } from './maps.ts';
import type { BpfMap } from './maps.ts';
import { onlineProcessors, openPerfEvent } from './perf-events.ts';
import { loadProgram } from './programs.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';
import { EXIT, instruction, loadConstant, program, set } from './testing/small-program.ts';

const calls = loadLoaderSystemCalls();
const PERF_TYPE_SOFTWARE = 1;
const CPU_CLOCK = 0;

/** A program that adds 1 to the first cell at every run. */
function counter(rest: Partial<KernelProgram>): KernelProgram {
  const code = [loadConstant(1), set(2, 1), instruction(0xdb, 1, 2), set(0, 0), EXIT];
  return program(code, { relocations: [{ instruction: 0, kind: 'map-value', map: 0 }], ...rest });
}

function cellsMap(): BpfMap {
  const shape = { keyBytes: 4, valueBytes: 8, maxEntries: 1, mapped: true } as const;
  return createMap(calls, { name: 'cells', type: 'array', ...shape });
}

describe.runIf(hasEbpf())('attaching in the kernel', () => {
  test('a raw tracepoint counts until its link is closed', () => {
    const map = cellsMap();
    const cells = new BigInt64Array(map.memory());
    const fd = loadProgram(calls, counter({}), [map]);
    const link = attachRawTracepoint(calls, fd, 'sys_enter');
    for (let round = 0; round < 100; round++) calls.ioctl(-1, 0, 0);
    link.close();
    const atEnd = cells[0] ?? 0n;
    expect(atEnd).toBeGreaterThanOrEqual(100n);
    link.close();
    calls.ioctl(-1, 0, 0);
    expect(cells[0]).toBe(atEnd);
    calls.close(fd);
    map.close();
  });

  test('a tracepoint that does not exist is named', () => {
    const fd = loadProgram(calls, program([set(0, 0), EXIT]), []);
    expect(() => attachRawTracepoint(calls, fd, 'no_such_event')).toThrow(
      'cannot attach to the tracepoint no_such_event: no such file or directory',
    );
    expect(() => attachTracing(calls, fd, 'nothing')).toThrow('cannot attach to nothing');
    calls.close(fd);
  });

  test('a perf event runs its program', () => {
    const map = cellsMap();
    const cells = new BigInt64Array(map.memory());
    const fd = loadProgram(calls, counter({ type: 'perf-event' }), [map]);
    const kind = { type: PERF_TYPE_SOFTWARE, config: CPU_CLOCK, sampleEvery: 1_000_000 };
    const event = openPerfEvent(calls, kind, process.pid, -1);
    const link = attachPerfEvent(calls, fd, event, 0, 'the processor clock');
    const until = performance.now() + 5000;
    while (cells[0] === 0n && performance.now() < until);
    link.close();
    expect(cells[0]).toBeGreaterThan(0n);
    calls.close(fd);
    map.close();
  });

  test('an event of an unknown kind is refused', () => {
    expect(() => openPerfEvent(calls, { type: 9999, config: 7 }, -1, 0)).toThrow(
      'there is no counter perf.type(9999).config(7) on this machine',
    );
  });

  test('a file that does not exist is named', () => {
    const fd = loadProgram(calls, program([set(0, 0), EXIT], { type: 'kprobe', isMulti: true }), []);
    const target = { path: '/nonexistent/program', isReturn: false };
    expect(() => attachUserSites(calls, fd, target, [{ offset: 64, cookie: 1 }])).toThrow(
      'cannot attach to /nonexistent/program',
    );
    calls.close(fd);
  });
});

test('the processor of this process is online', () => {
  expect(onlineProcessors()).toContain(0);
});
