import type { GlobalDescription, ModuleDescription } from '../../control/protocol.ts';

/** A module `NAME` of the script `SCRIPT` with these globals; everything about it counts differently. */
export function describedModule(
  globals: readonly GlobalDescription[],
  { name = 'disk', script = '/opt/disk.stp', ...rest }: Partial<ModuleDescription['entry']> = {},
): ModuleDescription {
  return {
    entry: {
      formatVersion: 1,
      name,
      state: 'running',
      pid: 4711,
      startTicks: '1',
      uid: 0,
      startedAtMs: 1_795_420_298_637,
      script,
      directory: undefined,
      files: [],
      ...rest,
    },
    version: '0.1.0',
    options: [],
    scriptArguments: [],
    memoryBytes: 1001,
    openFiles: 2,
    clients: [],
    errors: 3,
    bufferedBytes: 4,
    lostBytes: 5,
    warnings: 6,
    skipped: { lostRecords: 7, nested: 8 },
    cpuSeconds: 9.5,
    outputBytes: 10,
    files: [{ path: 'most', mode: 0o600, reads: 11, writes: 12 }],
    globals,
    probes: [
      { index: 0, point: 'begin', location: 'disk.stp:1:1', on: true, hits: 1 },
      {
        ...{ index: 1, point: 'timer.s(1)', location: 'disk.stp:2:1', on: true, hits: 13 },
        ...{ timedHits: 4, totalNs: 8000, minNs: 1000, avgNs: 2000, maxNs: 3000 },
      },
    ],
  };
}

/** A scalar of a script. */
export function scalar(
  name: string,
  value: unknown,
  more: Partial<GlobalDescription> = {},
): GlobalDescription {
  const type = typeof value === 'string' ? 'string' : typeof value === 'object' ? 'stats' : 'long';
  return { name, type, keyTypes: [], value, ...more };
}
